/* gst-framewise: input that is no file and no URL: memory, or a GInputStream.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "interruption.hpp"

#include <gio/gio.h>

#include <memory>
#include <string>

namespace framewise {

/* Read by any number of ByteInputs at once, each from a place of its own: any thread may call
 * read(). */
class FRAMEWISE_INTERNAL ByteSource {
 public:
  virtual ~ByteSource() = default;
  /* Both take a reference. A stream is read from its beginning where it can seek, else from where
   * it stands. Nobody else may read it meanwhile; it is not closed. */
  static std::shared_ptr<ByteSource> of_bytes(GBytes *bytes);
  static std::shared_ptr<ByteSource> of_stream(GInputStream *stream);

  /* For messages. */
  virtual std::string name() const = 0;
  virtual bool is_seekable() const = 0;
  /* -1 where it is not known. */
  virtual int64_t size() const = 0;
  /* Up to `size` bytes from `offset` on, which must be where the last read ended where the source
   * cannot seek. 0 at the end; else an AVERROR. `interruption` breaks it. */
  virtual int read(int64_t offset, uint8_t *data, int size, Interruption &interruption) = 0;
};

/* A ByteSource for libavformat. Owned and used by one thread at a time. */
class FRAMEWISE_INTERNAL ByteInput {
 public:
  /* Fails with an AVERROR. `interruption` must outlive it. */
  static tl::expected<std::unique_ptr<ByteInput>, int> open(std::shared_ptr<ByteSource> source,
                                                            Interruption &interruption);
  ByteInput(const ByteInput &) = delete;
  ByteInput &operator=(const ByteInput &) = delete;
  ~ByteInput();

  /* For AVFormatContext.pb; this object must outlive the format context. */
  AVIOContext *io() const { return io_; }

 private:
  ByteInput(std::shared_ptr<ByteSource> source, Interruption &interruption)
      : source_(std::move(source)), interruption_(interruption) {}
  static int read(void *self, uint8_t *data, int size);
  static int64_t seek(void *self, int64_t offset, int whence);

  std::shared_ptr<ByteSource> source_;
  Interruption &interruption_;
  int64_t position_ = 0;
  AVIOContext *io_ = nullptr; /* owned */
};

} // namespace framewise
