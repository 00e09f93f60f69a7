/* gst-framewise: bytes from a FIFO, a pipe or a terminal, for libavformat to read.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "interruption.hpp"

#include <memory>
#include <string>

namespace framewise {

/* libavformat's own reading of these blocks in open(2) and read(2), where nothing can break it off.
 * This one waits in poll(2), a short while at a time. Cannot seek. Owned and used by one thread at
 * a time. */
class FRAMEWISE_INTERNAL PolledInput {
 public:
  /* A FIFO, a character device, or `pipe:` with the number of a descriptor (0 if there is none). */
  static bool suits(const std::string &location);
  /* Does not wait for a writer. Fails with an AVERROR. */
  static tl::expected<std::unique_ptr<PolledInput>, int> open(const std::string &location,
                                                              Interruption &interruption);
  PolledInput(const PolledInput &) = delete;
  PolledInput &operator=(const PolledInput &) = delete;
  ~PolledInput();

  /* For AVFormatContext.pb; this object must outlive the format context. */
  AVIOContext *io() const { return io_; }

 private:
  PolledInput(int fd, bool owned, Interruption &interruption)
      : fd_(fd), owned_(owned), interruption_(interruption) {}
  static int read(void *self, uint8_t *data, int size);

  int fd_;
  bool owned_;
  Interruption &interruption_;
  AVIOContext *io_ = nullptr; /* owned */
};

} // namespace framewise
