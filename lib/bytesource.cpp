/* gst-framewise: input that is no file and no URL: memory, or a GInputStream.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "bytesource.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <mutex>

namespace framewise {

namespace {

class MemorySource final : public ByteSource {
 public:
  explicit MemorySource(GBytes *bytes) : bytes_(g_bytes_ref(bytes)) {
    gsize size = 0;
    data_ = static_cast<const uint8_t *>(g_bytes_get_data(bytes, &size));
    size_ = int64_t(size);
  }
  ~MemorySource() override { g_bytes_unref(bytes_); }

  std::string name() const override { return "memory"; }
  bool is_seekable() const override { return true; }
  int64_t size() const override { return size_; }
  int read(int64_t offset, uint8_t *data, int size, Interruption &) override {
    const int64_t left = size_ - std::clamp<int64_t>(offset, 0, size_);
    const int given = int(std::min<int64_t>(size, left));
    if (given > 0)
      memcpy(data, data_ + offset, size_t(given));
    return given;
  }

 private:
  GBytes *bytes_;
  const uint8_t *data_;
  int64_t size_;
};

int to_averror(const GError *error) {
  if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return AVERROR_EXIT;
  if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CLOSED))
    return AVERROR(EBADF);
  return AVERROR(EIO);
}

class StreamSource final : public ByteSource {
 public:
  explicit StreamSource(GInputStream *stream)
      : stream_(static_cast<GInputStream *>(g_object_ref(stream))) {
    if (!G_IS_SEEKABLE(stream) || !g_seekable_can_seek(G_SEEKABLE(stream)))
      return;
    seekable_ = g_seekable_seek(G_SEEKABLE(stream), 0, G_SEEK_END, nullptr, nullptr);
    if (seekable_)
      size_ = position_ = g_seekable_tell(G_SEEKABLE(stream));
  }
  ~StreamSource() override { g_object_unref(stream_); }

  std::string name() const override { return "input-stream"; }
  bool is_seekable() const override { return seekable_; }
  int64_t size() const override { return size_; }

  int read(int64_t offset, uint8_t *data, int size, Interruption &interruption) override {
    constexpr auto patience = std::chrono::milliseconds(5);
    std::unique_lock lock(lock_, std::defer_lock);
    while (!lock.try_lock_for(patience))
      if (interruption.is_set())
        return AVERROR_EXIT;
    GObjectPtr<GCancellable> cancellable(g_cancellable_new());
    InterruptionWatch watch(interruption, cancellable.get());
    GError *error = nullptr;
    if (offset != position_) {
      if (!seekable_)
        return AVERROR(ESPIPE);
      if (!g_seekable_seek(G_SEEKABLE(stream_), offset, G_SEEK_SET, cancellable.get(), &error))
        return give_up(error);
      position_ = offset;
    }
    const gssize got = g_input_stream_read(stream_, data, gsize(size), cancellable.get(), &error);
    if (got < 0)
      return give_up(error);
    position_ += got;
    return int(got);
  }

 private:
  int give_up(GError *error) {
    const int averror = to_averror(error);
    GST_INFO("reading a stream: %s", error->message);
    g_error_free(error);
    if (seekable_)
      position_ = -1; /* who knows */
    return averror;
  }

  GInputStream *stream_;
  bool seekable_ = false;
  int64_t size_ = -1;
  std::timed_mutex lock_; /* guards the stream and its position */
  int64_t position_ = 0;
};

} // namespace

std::shared_ptr<ByteSource> ByteSource::of_bytes(GBytes *bytes) {
  return std::make_shared<MemorySource>(bytes);
}

std::shared_ptr<ByteSource> ByteSource::of_stream(GInputStream *stream) {
  return std::make_shared<StreamSource>(stream);
}

tl::expected<std::unique_ptr<ByteInput>, int> ByteInput::open(std::shared_ptr<ByteSource> source,
                                                              Interruption &interruption) {
  const bool seekable = source->is_seekable();
  std::unique_ptr<ByteInput> input(new ByteInput(std::move(source), interruption));
  constexpr int buffer_size = 32 * 1024;
  auto *buffer = static_cast<uint8_t *>(av_malloc(buffer_size));
  if (buffer)
    input->io_ = avio_alloc_context(buffer, buffer_size, 0, input.get(), read, nullptr,
                                    seekable ? seek : nullptr);
  if (!input->io_) {
    av_free(buffer);
    return tl::unexpected(AVERROR(ENOMEM));
  }
  return input;
}

ByteInput::~ByteInput() {
  if (io_)
    av_freep(&io_->buffer);
  avio_context_free(&io_);
}

int ByteInput::read(void *opaque, uint8_t *data, int size) {
  auto *self = static_cast<ByteInput *>(opaque);
  if (self->interruption_.is_set())
    return AVERROR_EXIT;
  const int got = self->source_->read(self->position_, data, size, self->interruption_);
  if (got > 0)
    self->position_ += got;
  return got == 0 ? AVERROR_EOF : got;
}

int64_t ByteInput::seek(void *opaque, int64_t offset, int whence) {
  auto *self = static_cast<ByteInput *>(opaque);
  const int64_t size = self->source_->size();
  switch (whence & ~AVSEEK_FORCE) {
  case AVSEEK_SIZE:
    return size >= 0 ? size : AVERROR(ENOSYS);
  case SEEK_SET:
    break;
  case SEEK_CUR:
    offset += self->position_;
    break;
  case SEEK_END:
    if (size < 0)
      return AVERROR(ENOSYS);
    offset += size;
    break;
  default:
    return AVERROR(EINVAL);
  }
  if (offset < 0)
    return AVERROR(EINVAL);
  return self->position_ = offset;
}

} // namespace framewise
