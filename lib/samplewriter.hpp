/* gst-framewise: GstSamples, through filters, into a container.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "bufferfilter.hpp"
#include "framewriter.hpp"

namespace framewise {

/* One stream of a FrameWriter, fed with samples. Settings' framerate is that of the samples, and
 * goes before what their caps say; behind filters the stream has the rate that they make of it. One
 * thread at a time, but for stats() and cancel(). After an error of write() or finish() the file is
 * closed and every call fails. */
class FRAMEWISE_INTERNAL SampleWriter {
 public:
  /* As FrameWriter::open(). */
  static Result<std::unique_ptr<SampleWriter>> open(FrameWriterSettings settings);

  /* Filters between what is written and the encoder. Only before the first frame. */
  Result<void> set_filter(FilterDescription description);
  /* A sample without PTS comes one frame after the one before it, the first at 0. */
  Result<void> write(GstSample *sample);
  /* Writes what filters and encoder hold back, and completes the file. */
  Result<void> finish();
  /* As FrameWriter::abort(). */
  void abort();

  /* See FrameWriter::take_bytes(). */
  GBytes *take_bytes() { return writer_->take_bytes(); }
  /* See FrameWriter::take_remark(). */
  std::string take_remark() { return writer_->take_remark(); }

  /* Any thread. */
  FrameWriterStats stats() const { return writer_->stats(); }
  /* Any thread: what is being done fails, as soon as its frame is encoded; nobody waits for a
   * server or for the reader of a FIFO any more. */
  void cancel();

 private:
  enum class State { open, finished, failed };
  struct Input {
    BufferPtr buffer;
    VideoParams params;
  };

  SampleWriter(std::unique_ptr<FrameWriter> writer, AVRational framerate)
      : writer_(std::move(writer)), framerate_(framerate) {}
  Result<void> check_open() const;
  Result<Input> take(GstSample *sample) const;
  Result<int64_t> time_of(GstBuffer *buffer);
  Result<void> feed(Input input);
  Result<void> change_input(const VideoParams &params);
  Result<void> take_kind(const VideoParams &params);
  Result<void> drain_filter();
  Result<void> pull_all();
  Result<void> encode(BufferPtr buffer, const VideoParams &params, const FrameTime &time);
  Result<void> fail_once(Result<void> outcome);

  std::unique_ptr<FrameWriter> writer_;
  AVRational framerate_; /* 0/1: the caps' */
  State state_ = State::open;
  std::atomic<bool> cancelled_ = false;

  std::optional<VideoParams> input_;  /* of the last sample */
  std::optional<VideoParams> output_; /* of what goes to the encoder; differs behind filters */
  std::unique_ptr<BufferFilter> filter_;

  /* The last frame came `since_` frames after `anchor_` ns. */
  int64_t anchor_ = 0;
  int64_t since_ = -1;

  FrameImporter importer_;
  int stream_ = -1;
  VideoParams kind_; /* of the stream's frames */
};

} // namespace framewise
