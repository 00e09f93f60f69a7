/* gst-framewise: input that cannot seek, but back over what has just been read.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "recalledinput.hpp"

#include <algorithm>
#include <cstring>

namespace framewise {

tl::expected<std::unique_ptr<RecalledInput>, int> RecalledInput::make(AVIOContext *inner,
                                                                      bool owned) {
  std::unique_ptr<RecalledInput> input(new RecalledInput(inner, owned));
  constexpr int buffer_size = 32 * 1024;
  auto *buffer = static_cast<uint8_t *>(av_malloc(buffer_size));
  if (buffer)
    input->io_ = avio_alloc_context(buffer, buffer_size, 0, input.get(), read, nullptr, seek);
  if (!input->io_) {
    av_free(buffer);
    return tl::unexpected(AVERROR(ENOMEM));
  }
  input->io_->seekable = 0;
  return input;
}

tl::expected<std::unique_ptr<RecalledInput>, int> RecalledInput::over(AVIOContext *inner) {
  return make(inner, false);
}

tl::expected<std::unique_ptr<RecalledInput>, int>
RecalledInput::open(const std::string &url, const AVIOInterruptCB &interrupt, Dictionary &options) {
  AVIOContext *inner = nullptr;
  if (int ret = avio_open2(&inner, url.c_str(), AVIO_FLAG_READ, &interrupt, options.address());
      ret < 0)
    return tl::unexpected(ret);
  return make(inner, true);
}

RecalledInput::~RecalledInput() {
  if (io_)
    av_freep(&io_->buffer);
  avio_context_free(&io_);
  if (owned_)
    avio_closep(&inner_);
}

int RecalledInput::read(void *opaque, uint8_t *data, int size) {
  auto *self = static_cast<RecalledInput *>(opaque);
  if (self->position_ < self->known_) {
    const int64_t behind = self->known_ - self->position_;
    const int given = int(std::min<int64_t>(size, behind));
    memcpy(data, self->recent_.data() + (self->recent_.size() - size_t(behind)), size_t(given));
    self->position_ += given;
    return given;
  }
  const int got = avio_read_partial(self->inner_, data, size);
  if (got <= 0)
    return got < 0 ? got : AVERROR_EOF;
  /* Half is dropped at a time, so that bytes are moved seldom. */
  auto &recent = self->recent_;
  if (recent.size() + size_t(got) > 2 * reach)
    recent.erase(recent.begin(), recent.end() - reach);
  recent.insert(recent.end(), data, data + got);
  self->known_ += got;
  self->position_ = self->known_;
  return got;
}

int64_t RecalledInput::seek(void *opaque, int64_t offset, int whence) {
  auto *self = static_cast<RecalledInput *>(opaque);
  if (whence == AVSEEK_SIZE)
    return avio_size(self->inner_);
  const int64_t first = self->known_ - int64_t(self->recent_.size());
  if (whence != SEEK_SET || offset < first || offset > self->known_)
    return AVERROR(ENOSYS);
  self->position_ = offset;
  return offset;
}

} // namespace framewise
