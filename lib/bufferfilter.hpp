/* gst-framewise: GstBuffers through a filter graph.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "filtercommand.hpp"
#include "filtergraph.hpp"
#include "framebridge.hpp"
#include "framepool.hpp"

#include <deque>
#include <memory>

namespace framewise {

/* Buffers in and out of one FilterGraph after the other: it keeps the times, metas and flags of
 * buffers through the graph and copies pictures only where nothing else is possible. Times are in
 * ns, rise, and may be negative. One thread at a time.
 *
 * Pull until nothing comes before each push(). drain(), and pull again, before adopt() or wherever
 * the stream is interrupted and nothing may get lost; discard() where it may. */
class FRAMEWISE_INTERNAL BufferFilter {
 public:
  BufferFilter(FilterDescription description, const FilterGraphOptions &options);

  /* What is being built; commands have changed it. */
  const FilterDescription &description() const { return description_; }

  /* Filters that take time 0 for the beginning: sources, and `tpad` with frames before the first.
   */
  bool begins_at_zero() const;
  /* Filters that go on for ever by themselves: sources, `loop=-1`, `tpad=stop=-1`. */
  bool may_never_end() const;

  /* What comes out for `input` where one of `formats` is allowed. Changes nothing for the buffers
   * on their way. Asked the same again it remembers. */
  Result<VideoParams> negotiate(const VideoParams &input,
                                const std::vector<AVPixelFormat> &formats);
  /* From the next push() on buffers are as negotiated last, and come out as `output`, which differs
   * from what negotiate() said in nothing but what caps add to it. */
  void adopt(const VideoParams &output);
  /* Whether those who take the buffers read GstVideoMeta. */
  void set_downstream(WithVideoMeta takes);
  /* Takes over from `before`, which has been drained: buffers without a time follow its last. */
  void follow(const BufferFilter &before);

  /* A graph has buffers; the next push() is not the first. */
  bool started() const { return graph_.has_value(); }
  /* `start`: the time; GST_CLOCK_STIME_NONE where the buffer has none. */
  Result<void> push(BufferPtr buffer, GstClockTimeDiff start);
  enum class Drain {
    to_the_end, /* of all that the filters have to give */
    in_passing, /* The stream goes on: filters that may_never_end() end with it. */
  };
  /* Everything that is still inside comes out by pull(); the next push() finds a fresh graph. */
  Result<void> drain(Drain how);
  /* What is inside is dropped, and the time it had come to is forgotten. */
  void discard();

  struct Pulled {
    BufferPtr buffer;       /* NULL: nothing more for now. PTS is not set, DURATION is */
    GstClockTimeDiff start; /* time; GST_CLOCK_STIME_NONE where the graph gives none */
    /* Filters found out something new about the frame: fields of a meta on the buffer, or NULL. */
    const GstStructure *found = nullptr;
    /* There is no buffer, as the ones to come differ from what was adopted: accept() that, or
     * discard(). */
    std::optional<VideoParams> changed = std::nullopt;
  };
  Result<Pulled> pull();
  /* Buffers come out as `output` from now on, which pull() has said. */
  void accept(const VideoParams &output);
  /* The graph has ended by itself and everything is pulled: it takes no more buffers. */
  bool finished() const { return finished_; }

  /* Everything that went in has come out. */
  bool is_empty() const { return !graph_ || newest_out_; }
  /* The time at which the newest input ends; NONE before the first. */
  GstClockTimeDiff end_of_input() const { return newest_end_; }

  struct CommandOutcome {
    std::string answer;
    /* The command is not done, as it would change the size of frames inside the graph: it takes a
     * graph of this description. */
    std::optional<FilterDescription> rebuild = std::nullopt;
  };
  /* Between two frames. What the command sets holds for graphs to come as well: those after a
   * flush or a caps change. */
  Result<CommandOutcome> command(const FilterCommand &command);

  /* The most that output has been behind the newest input so far. */
  GstClockTime latency() const { return latency_; }
  /* The same in frames. */
  unsigned lag() const { return lag_; }
  /* Text of the running graph, or of the one last negotiated; empty where there is none. */
  std::string dump() const;
  std::string dot() const;

 private:
  struct Passenger;

  const FilterGraph *newest_graph() const;
  void end_graph();
  AVRational time_base_for(GstBuffer *buffer) const;
  Result<void> start_graph(GstBuffer *first, GstClockTimeDiff start);
  GstClockTimeDiff frame_length() const;
  std::shared_ptr<const Passenger> passenger_of(const AVFrame *frame, int64_t ticks) const;
  enum class KnowsPassenger { no, yes }; /* by opaque_ref; else it goes by the time */
  void pass_on_metas(GstBuffer *buffer, const AVFrame *frame, const Passenger *passenger,
                     KnowsPassenger knows) const;
  GstClockTime duration_of(const AVFrame *frame, const Passenger *exact) const;
  Result<BufferPtr> to_buffer(const AVFrame *frame);
  Result<Pulled> deliver(FramePtr frame);
  void note_lag(const Passenger &passenger, GstClockTimeDiff out);

  FilterDescription description_;
  FilterGraphOptions options_;
  bool output_is_written_;            /* filters write into frames that have come out */
  bool moves_pictures_, has_sources_; /* as filterreach says */

  VideoParams negotiated_input_;
  std::vector<AVPixelFormat> negotiated_formats_;
  std::optional<VideoParams> negotiated_output_;
  std::optional<FilterGraph> negotiated_; /* not fed yet */
  bool negotiated_is_old_ = false;        /* A command came that it has not heard. */

  VideoParams input_, output_;
  std::vector<AVPixelFormat> formats_;
  std::optional<FilterGraph> graph_; /* none before the first buffer and after a drain */
  bool finished_ = false;
  bool draining_ = false;
  bool cut_at_end_ = false;                            /* of the input, while draining */
  FramePtr changed_frame_;                             /* waits for accept() */
  GstClockTimeDiff grid_ = 0;                          /* time of tick 0 */
  GstClockTimeDiff newest_ = GST_CLOCK_STIME_NONE;     /* time of the last input */
  GstClockTimeDiff newest_end_ = GST_CLOCK_STIME_NONE; /* and of its end */
  int64_t first_ticks_ = 0;                            /* of the graph's first input */
  uint64_t pushed_ = 0;
  bool any_out_ = false;
  GstClockTimeDiff next_out_ = GST_CLOCK_STIME_NONE; /* the end of the last output */
  bool counts_from_zero_ = false; /* the filters count time from their first frame */
  bool newest_out_ = true;        /* the last input has come out */
  std::deque<std::shared_ptr<const Passenger>> recent_; /* oldest first */

  FrameImporter importer_;
  WithVideoMeta downstream_takes_meta_ = WithVideoMeta::no;
  GstPtr<GstBufferPool> pool_; /* for copies; made when the first one is needed */
  GstClockTime latency_ = 0;
  unsigned lag_ = 0;
};

} // namespace framewise
