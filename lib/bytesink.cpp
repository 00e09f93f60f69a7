/* gst-framewise: output that is no file and no URL: memory, or a GOutputStream.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "bytesink.hpp"

#include <gio/gfiledescriptorbased.h>

#include <fcntl.h>

#include <algorithm>

namespace framewise {

/* A file that is opened for appending lets itself be sought in, and writes at its end all the same.
 */
static bool only_appends(GOutputStream *stream) {
  if (!G_IS_FILE_DESCRIPTOR_BASED(stream))
    return false;
  const int flags = fcntl(g_file_descriptor_based_get_fd(G_FILE_DESCRIPTOR_BASED(stream)), F_GETFL);
  return flags >= 0 && (flags & O_APPEND);
}

ByteSink::ByteSink(GOutputStream *stream, bool is_memory)
    : stream_(stream), cancellable_(g_cancellable_new()), is_memory_(is_memory) {
  if (!G_IS_SEEKABLE(stream) || !g_seekable_can_seek(G_SEEKABLE(stream)) || only_appends(stream))
    return;
  seekable_ = G_SEEKABLE(stream);
  begin_ = g_seekable_tell(seekable_);
}

std::unique_ptr<ByteSink> ByteSink::of_stream(GOutputStream *stream) {
  return std::unique_ptr<ByteSink>(
      new ByteSink(static_cast<GOutputStream *>(g_object_ref(stream)), false));
}

std::unique_ptr<ByteSink> ByteSink::of_memory() {
  return std::unique_ptr<ByteSink>(new ByteSink(g_memory_output_stream_new_resizable(), true));
}

ByteSink::~ByteSink() { close(); }

AVIOContext *ByteSink::open() {
  constexpr int buffer_size = 64 * 1024;
  auto *buffer = static_cast<uint8_t *>(av_malloc(buffer_size));
  if (buffer)
    io_ = avio_alloc_context(buffer, buffer_size, 1, this, nullptr, write,
                             seekable_ ? seek : nullptr);
  if (!io_)
    av_free(buffer);
  return io_;
}

int ByteSink::close() {
  if (!io_)
    return 0;
  avio_flush(io_);
  int result = does_not_go_back_ && io_->error >= 0 ? AVERROR(ESPIPE) : io_->error;
  av_freep(&io_->buffer);
  avio_context_free(&io_);
  GError *error = nullptr;
  const int64_t end = begin_ + size_;
  if (result >= 0 && seekable_ && !is_memory_) {
    bool placed = true;
    if (g_seekable_can_truncate(seekable_))
      placed = g_seekable_truncate(seekable_, end, cancellable_.get(), &error);
    if (!placed || !g_seekable_seek(seekable_, end, G_SEEK_SET, cancellable_.get(), &error))
      result = fail_with(error);
  }
  if (result >= 0 && !g_output_stream_flush(stream_.get(), cancellable_.get(), &error))
    result = fail_with(error);
  return result;
}

GBytes *ByteSink::take_bytes() {
  if (!is_memory_ || !g_output_stream_close(stream_.get(), nullptr, nullptr))
    return nullptr;
  return g_memory_output_stream_steal_as_bytes(G_MEMORY_OUTPUT_STREAM(stream_.get()));
}

static int to_averror(const GError *error) {
  const struct {
    GIOErrorEnum code;
    int averror;
  } known[] = {{G_IO_ERROR_NO_SPACE, AVERROR(ENOSPC)},
               {G_IO_ERROR_BROKEN_PIPE, AVERROR(EPIPE)},
               {G_IO_ERROR_CLOSED, AVERROR(EBADF)},
               {G_IO_ERROR_CANCELLED, AVERROR_EXIT}};
  for (const auto &[code, averror] : known)
    if (g_error_matches(error, G_IO_ERROR, code))
      return averror;
  return AVERROR(EIO);
}

int ByteSink::fail_with(GError *error) {
  const int averror = to_averror(error);
  if (error_.empty())
    error_ = error->message;
  g_error_free(error);
  return averror;
}

int ByteSink::write_here(const uint8_t *data, int size) {
  GError *error = nullptr;
  busy_since_ = g_get_monotonic_time();
  const bool written = g_output_stream_write_all(stream_.get(), data, gsize(size), nullptr,
                                                 cancellable_.get(), &error);
  busy_since_ = 0;
  if (!written)
    return fail_with(error);
  position_ += size;
  size_ = std::max(size_, position_);
  return size;
}

int ByteSink::seek_to(int64_t offset) {
  GError *error = nullptr;
  if (!g_seekable_seek(seekable_, begin_ + offset, G_SEEK_SET, cancellable_.get(), &error)) {
    does_not_go_back_ = !g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    return fail_with(error);
  }
  position_ = offset;
  return 0;
}

/* Muxers go back in the end, and most do not look whether they got there. So the last byte is
 * written once more, at the beginning, when nothing is lost yet. */
int ByteSink::try_going_back(uint8_t last) {
  tried_going_back_ = true;
  if (int sought = seek_to(size_ - 1); sought < 0)
    return sought;
  if (int written = write_here(&last, 1); written < 0)
    return written;
  if (g_seekable_tell(seekable_) == begin_ + size_)
    return 0;
  does_not_go_back_ = true;
  error_ = "what was written after a seek is not where it was sought to";
  return AVERROR(ESPIPE);
}

int ByteSink::write(void *opaque, uint8_t *data, int size) {
  auto *self = static_cast<ByteSink *>(opaque);
  if (self->does_not_go_back_)
    return AVERROR(ESPIPE);
  if (int written = self->write_here(data, size); written < 0)
    return written;
  if (self->seekable_ && !self->tried_going_back_ && size > 0)
    if (int tried = self->try_going_back(data[size - 1]); tried < 0)
      return tried;
  return size;
}

int64_t ByteSink::seek(void *opaque, int64_t offset, int whence) {
  auto *self = static_cast<ByteSink *>(opaque);
  switch (whence & ~AVSEEK_FORCE) {
  case AVSEEK_SIZE:
    return self->size_;
  case SEEK_SET:
    break;
  case SEEK_CUR:
    offset += self->position_;
    break;
  case SEEK_END:
    offset += self->size_;
    break;
  default:
    return AVERROR(EINVAL);
  }
  if (offset < 0)
    return AVERROR(EINVAL);
  const int sought = self->seek_to(offset);
  return sought < 0 ? sought : offset;
}

void ByteSink::watch(std::stop_token stop, int64_t grace) {
  constexpr gulong interval = 20000; /* us */
  const int64_t hurried = g_get_monotonic_time();
  for (; !stop.stop_requested(); g_usleep(interval)) {
    const int64_t busy_since = busy_since_;
    if (busy_since && g_get_monotonic_time() > std::max(busy_since, hurried) + grace) {
      g_cancellable_cancel(cancellable_.get());
      return;
    }
  }
}

void ByteSink::hurry(int64_t grace) {
  if (!watcher_.joinable())
    watcher_ = std::jthread([this, grace](std::stop_token stop) { watch(stop, grace); });
}

} // namespace framewise
