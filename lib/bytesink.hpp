/* gst-framewise: output that is no file and no URL: memory, or a GOutputStream.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "av.hpp"

#include <gio/gio.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>

namespace framewise {

/* What libavformat writes goes into a stream, from where that stands. Owned and used by one thread
 * at a time, but for hurry(). */
class FRAMEWISE_INTERNAL ByteSink {
 public:
  /* Takes a reference. Nobody else may write to the stream meanwhile; it is flushed in the end, and
   * not closed. */
  static std::unique_ptr<ByteSink> of_stream(GOutputStream *stream);
  static std::unique_ptr<ByteSink> of_memory();
  ByteSink(const ByteSink &) = delete;
  ByteSink &operator=(const ByteSink &) = delete;
  ~ByteSink();

  const char *name() const { return is_memory_ ? "memory" : "output-stream"; }
  /* For AVFormatContext.pb, which must not outlive this; NULL where there is no memory. */
  AVIOContext *open();
  /* Flushes all there is, cuts off what an older and longer content has left behind it, and closes
   * open()'s context. 0 or an AVERROR. */
  int close();
  /* What was written to memory; once, after close(). NULL of a stream. */
  GBytes *take_bytes();
  /* Why writing failed; empty where it did not. */
  const std::string &error() const { return error_; }
  /* The stream says that it can seek, and does not go back. */
  bool does_not_go_back() const { return does_not_go_back_; }

  /* Any thread: from now on each write may take so long, in microseconds; after that it fails. */
  void hurry(int64_t grace);

 private:
  ByteSink(GOutputStream *stream, bool is_memory);
  static int write(void *self, uint8_t *data, int size);
  static int64_t seek(void *self, int64_t offset, int whence);
  int fail_with(GError *error);
  int write_here(const uint8_t *data, int size);
  int try_going_back(uint8_t last);
  int seek_to(int64_t offset);
  void watch(std::stop_token stop, int64_t grace);

  GObjectPtr<GOutputStream> stream_;
  GObjectPtr<GCancellable> cancellable_;
  bool is_memory_;
  GSeekable *seekable_ = nullptr; /* the stream, where it can seek */
  int64_t begin_ = 0;             /* where the stream stood */
  int64_t position_ = 0, size_ = 0;
  AVIOContext *io_ = nullptr;
  std::string error_;
  bool tried_going_back_ = false, does_not_go_back_ = false;
  std::atomic<int64_t> busy_since_ = 0; /* by g_get_monotonic_time(); 0: nothing is being written */
  std::jthread watcher_;                /* once hurried */
};

} // namespace framewise
