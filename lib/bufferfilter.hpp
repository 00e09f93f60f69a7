/* gst-framewise: GstBuffers through a filter graph.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "filtergraph.hpp"
#include "framebridge.hpp"
#include "framepool.hpp"

#include <deque>
#include <memory>

namespace framewise {

/* Buffers in and out of one FilterGraph after the other: it keeps the times, metas and flags of
 * buffers through the graph and copies pictures only where nothing else is possible. Times are
 * running times in ns and may be negative. One thread at a time.
 *
 * Pull until nothing comes before each push(). drain(), and pull again, before adopt() or wherever
 * the stream is interrupted and nothing may get lost; discard() where it may. */
class FRAMEWISE_INTERNAL BufferFilter {
 public:
  BufferFilter(FilterDescription description, const FilterGraphOptions &options)
      : description_(std::move(description)), options_(options) {}

  /* What comes out for `input` where one of `formats` is allowed. Changes nothing for the buffers
   * on their way. */
  Result<VideoParams> negotiate(const VideoParams &input,
                                const std::vector<AVPixelFormat> &formats);
  /* From the next push() on buffers are as negotiated last, and come out as `output`, which differs
   * from what negotiate() said in nothing but what caps add to it. */
  void adopt(const VideoParams &output);
  /* Whether those who take the buffers read GstVideoMeta. */
  void set_downstream(WithVideoMeta takes);

  /* `start`: the running time; GST_CLOCK_STIME_NONE where the buffer has none. */
  Result<void> push(BufferPtr buffer, GstClockTimeDiff start);
  /* Everything that is still inside comes out by pull(); the next push() finds a fresh graph. */
  Result<void> drain();
  void discard();

  struct Pulled {
    BufferPtr buffer;       /* NULL: nothing more for now. PTS is not set, DURATION is */
    GstClockTimeDiff start; /* running time; GST_CLOCK_STIME_NONE where the graph gives none */
  };
  Result<Pulled> pull();
  /* The graph has ended by itself and everything is pulled: it takes no more buffers. */
  bool finished() const { return finished_; }

  /* The most that output has been behind the newest input so far. */
  GstClockTime latency() const { return latency_; }
  /* The same in frames. */
  unsigned lag() const { return lag_; }
  /* Text of the running graph, or of the one last negotiated; empty where there is none. */
  std::string dump() const;

 private:
  struct Passenger;

  AVRational time_base_for(GstBuffer *buffer) const;
  Result<void> start_graph(GstBuffer *first, GstClockTimeDiff start);
  GstClockTimeDiff frame_length() const;
  std::shared_ptr<const Passenger> passenger_of(const AVFrame *frame, int64_t ticks) const;
  GstClockTime duration_of(const AVFrame *frame, const Passenger *exact) const;
  Result<BufferPtr> to_buffer(const AVFrame *frame);
  void note_lag(const Passenger &passenger);

  FilterDescription description_;
  FilterGraphOptions options_;

  VideoParams negotiated_input_;
  std::vector<AVPixelFormat> negotiated_formats_;
  std::optional<FilterGraph> negotiated_; /* not fed yet */

  VideoParams input_, output_;
  std::vector<AVPixelFormat> formats_;
  std::optional<FilterGraph> graph_; /* none before the first buffer and after a drain */
  bool finished_ = false;
  bool draining_ = false;
  GstClockTimeDiff grid_ = 0;                          /* running time of tick 0 */
  GstClockTimeDiff newest_ = GST_CLOCK_STIME_NONE;     /* running time of the last input */
  GstClockTimeDiff newest_end_ = GST_CLOCK_STIME_NONE; /* and of its end */
  uint64_t pushed_ = 0;
  std::deque<std::shared_ptr<const Passenger>> recent_; /* oldest first */

  FrameImporter importer_;
  WithVideoMeta downstream_takes_meta_ = WithVideoMeta::no;
  GstPtr<GstBufferPool> pool_; /* for copies; made when the first one is needed */
  GstClockTime latency_ = 0;
  unsigned lag_ = 0;
};

} // namespace framewise
