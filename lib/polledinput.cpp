/* gst-framewise: bytes from a FIFO, a pipe or a terminal, for libavformat to read.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "polledinput.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace framewise {

constexpr const char *pipe_protocol = "pipe:";

bool PolledInput::suits(const std::string &location) {
  if (location.starts_with(pipe_protocol))
    return true;
  struct stat status;
  return stat(location.c_str(), &status) == 0 &&
         (S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode));
}

tl::expected<std::unique_ptr<PolledInput>, int> PolledInput::open(const std::string &location,
                                                                  Interruption &interruption) {
  const bool is_pipe = location.starts_with(pipe_protocol);
  /* Not to wait for a writer; reading waits for one. */
  const int fd = is_pipe ? atoi(location.c_str() + strlen(pipe_protocol))
                         : ::open(location.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0)
    return tl::unexpected(AVERROR(errno));
  std::unique_ptr<PolledInput> input(new PolledInput(fd, !is_pipe, interruption));

  constexpr int buffer_size = 32 * 1024;
  auto *buffer = static_cast<uint8_t *>(av_malloc(buffer_size));
  if (buffer)
    input->io_ = avio_alloc_context(buffer, buffer_size, 0, input.get(), read, nullptr, nullptr);
  if (!input->io_) {
    av_free(buffer);
    return tl::unexpected(AVERROR(ENOMEM));
  }
  return input;
}

PolledInput::~PolledInput() {
  if (io_)
    av_freep(&io_->buffer);
  avio_context_free(&io_);
  if (owned_)
    close(fd_);
}

int PolledInput::read(void *opaque, uint8_t *data, int size) {
  constexpr int patience = 50; /* ms */
  auto *self = static_cast<PolledInput *>(opaque);
  for (;;) {
    if (self->interruption_.is_set())
      return AVERROR_EXIT;
    pollfd wanted{self->fd_, POLLIN, 0};
    const int ready = poll(&wanted, 1, patience);
    if (ready < 0 && errno != EINTR)
      return AVERROR(errno);
    if (ready <= 0)
      continue;
    const ssize_t got = ::read(self->fd_, data, size_t(size));
    if (got > 0)
      return int(got);
    if (got == 0)
      return AVERROR_EOF;
    if (errno != EAGAIN && errno != EINTR)
      return AVERROR(errno);
  }
}

} // namespace framewise
