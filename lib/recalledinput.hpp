/* gst-framewise: input that cannot seek, but back over what has just been read.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "av.hpp"

#include <memory>
#include <string>
#include <vector>

namespace framewise {

/* Some demuxers (GIF) look a frame through and then go back to read it, and do not ask whether the
 * input can. libavformat lets them within its buffer, wherever that happens to begin; here they can
 * go back by `reach` bytes at any place. To all others it says that it cannot seek. Owned and used
 * by one thread at a time. */
class FRAMEWISE_INTERNAL RecalledInput {
 public:
  static constexpr size_t reach = 8 << 20;

  /* Over `inner`, which must outlive this; or an input of its own from `url`, taking from `options`
   * what its protocol knows. Both fail with an AVERROR. */
  static tl::expected<std::unique_ptr<RecalledInput>, int> over(AVIOContext *inner);
  static tl::expected<std::unique_ptr<RecalledInput>, int>
  open(const std::string &url, const AVIOInterruptCB &interrupt, Dictionary &options);
  RecalledInput(const RecalledInput &) = delete;
  RecalledInput &operator=(const RecalledInput &) = delete;
  ~RecalledInput();

  /* For AVFormatContext.pb; this object must outlive the format context. */
  AVIOContext *io() const { return io_; }

 private:
  RecalledInput(AVIOContext *inner, bool owned) : inner_(inner), owned_(owned) {}
  static tl::expected<std::unique_ptr<RecalledInput>, int> make(AVIOContext *inner, bool owned);
  static int read(void *self, uint8_t *data, int size);
  static int64_t seek(void *self, int64_t offset, int whence);

  AVIOContext *inner_;
  bool owned_;
  AVIOContext *io_ = nullptr; /* owned */
  /* The last bytes of inner_, which end at `known_`. */
  std::vector<uint8_t> recent_;
  int64_t known_ = 0;
  int64_t position_ = 0;
};

} // namespace framewise
