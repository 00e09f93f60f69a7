/* gst-framewise: the frames of a source through filters, in a run.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "filtergraph.hpp"
#include "framereader.hpp"

#include <deque>
#include <memory>

namespace framewise {

/* Frames before filtering, by number. */
class FrameSource {
 public:
  virtual ~FrameSource() = default;
  virtual Result<bool> holds(int64_t number) = 0;        /* may wait for an index */
  virtual Result<DecodedFrame> read(int64_t number) = 0; /* one it holds */
  virtual Result<int64_t> n_frames() = 0;                /* may wait for the whole index */
  virtual AVRational time_base() const = 0;              /* of the stream */
};

/* What all runs of one description over one source have in common. */
struct FRAMEWISE_INTERNAL FilterSetup {
  FilterDescription description;
  FilterGraphOptions options;
  std::vector<AVPixelFormat> formats;
  FrameSource *source = nullptr;
  bool may_never_end = false;
  bool output_is_written = false; /* filters write into frames that have come out */

  /* Found out on the way. */
  std::optional<int64_t> grid;                              /* ns from tick 0 to stream time 0 */
  AVRational time_base{0, 1};                               /* of the first graph's output */
  std::vector<std::pair<VideoParams, VideoParams>> outputs; /* what comes out for what goes in */
  int64_t pushed = 0, graphs = 0;
};

/* Takes the frames of a source one by one from `begin` on, as graphfilter would. Where their params
 * change, the graph is drained and another one begins: a section. */
class FRAMEWISE_INTERNAL FilterRun {
 public:
  FilterRun(FilterSetup &setup, int64_t begin) : setup_(setup), next_(begin) {}

  struct Output {
    FramePtr picture;
    int64_t pts;  /* of stream time, in the setup's time base; AV_NOPTS_VALUE where there is none */
    int64_t time; /* ns */
    int64_t nominal_duration; /* ns, as the rate has it; 0: not known */
    VideoParams params;
    int64_t section; /* number of its first input */
    int64_t like;    /* number of the input that has the same time; -1: none */
  };
  enum class Status { output, limit, end };
  struct Next {
    Status status;
    std::optional<Output> output = std::nullopt;
  };
  /* Pushes no input whose number is `limit` or higher. Errors of the source change nothing; those
   * of the filters come again. */
  Result<Next> next(int64_t limit = INT64_MAX);

  /* The filters failed: nothing more comes. */
  bool is_broken() const { return broken_.has_value(); }
  /* The source has no more. */
  bool has_taken_all() const { return source_ended_; }
  /* Number of the input that goes in next. */
  int64_t position() const { return next_; }
  /* Goes on with input `number`. Nothing may be inside. */
  void jump(int64_t number);

 private:
  struct Input {
    int64_t number, ticks, time, duration;
  };

  Result<bool> fetch();
  Result<void> begin_graph();
  Result<void> push();
  Result<void> drain(bool in_passing);
  void end_graph();
  Result<std::optional<Output>> present(FramePtr picture);
  const Input *input_at(int64_t pts) const;

  FilterSetup &setup_;
  int64_t next_;
  std::optional<DecodedFrame> waiting_; /* input `next_` */
  std::optional<FilterGraph> graph_;
  VideoParams input_, output_;
  bool source_ended_ = false, ended_ = false;
  bool draining_ = false, cut_at_end_ = false;
  std::optional<Error> broken_;

  int64_t section_ = 0;
  int64_t first_ticks_ = 0;
  bool any_out_ = false, counts_from_zero_ = false;
  int64_t newest_end_ = 0;   /* ns, of the inputs */
  int64_t next_out_ = 0;     /* ns, the end of the last output */
  std::deque<Input> recent_; /* of the section, oldest first */
};

} // namespace framewise
