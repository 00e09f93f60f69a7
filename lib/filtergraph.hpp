/* gst-framewise: a libavfilter graph with one video input and one video output.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Knows nothing of GStreamer's buffers and segments: AVFrames in, AVFrames out. One thread at a
 * time.
 */
#pragma once

#include "filterbuilder.hpp"
#include "videoparams.hpp"

#include <string>
#include <vector>

namespace framewise {

struct FilterInput {
  VideoParams params;
  AVRational time_base;
};

/* Whether graphs of it write files or listen to ports, of which a second graph, made to try
 * something, would take them away from the first. */
FRAMEWISE_INTERNAL bool writes_files(const FilterDescription &description);

class FRAMEWISE_INTERNAL FilterGraph {
 public:
  /* Creates and links the filters without configuring them: all that can be found wrong before the
   * input is known. Filters may open files. */
  static Result<void> check(const FilterDescription &description,
                            const FilterGraphOptions &options);

  /* `formats`: the pixel formats that may come out, as formats_in_caps() gives them; none: any. */
  static Result<FilterGraph> create(const FilterDescription &description, const FilterInput &input,
                                    const std::vector<AVPixelFormat> &formats,
                                    const FilterGraphOptions &options);
  /* The same; where only the frames themselves tell the colours and interlacing of the output, a
   * throw-away graph is fed black frames to see, and output() has them right as well. */
  static Result<FilterGraph> create_observed(const FilterDescription &description,
                                             const FilterInput &input,
                                             const std::vector<AVPixelFormat> &formats,
                                             const FilterGraphOptions &options);

  const FilterInput &input() const { return input_; }
  /* What comes out; framerate 0/1 where it is unknown. */
  const VideoParams &output() const { return output_; }
  AVRational output_time_base() const { return output_time_base_; }
  /* Frames that have to be in before the first comes out, as far as create_observed() has seen. */
  unsigned observed_lag() const { return observed_lag_; }
  /* libavfilter's picture of the configured graph, in text. */
  std::string dump() const;
  /* The same for Graphviz. */
  std::string dot() const;

  /* Gives a command to the filter at `place` of the description, between two frames. Returns what
   * the filter answers, which mostly is nothing. A filter that has no such command is a
   * LIBRARY/SETTINGS error, and so is a value that it does not take. */
  Result<std::string> command(const NodePlace &place, const std::string &name,
                              const std::string &argument);

  /* The next frame, its pts in the input's time base and its format, size and colours those of the
   * input. The graph has to be emptied by pull() first. */
  Result<void> push(FramePtr frame);
  /* No frames will follow; the last one ended at `end`, in the input's time base. */
  Result<void> send_eof(int64_t end);

  enum class Status {
    frame,    /* and there may be more */
    wants,    /* nothing before another push() */
    finished, /* nothing ever again: after send_eof(), or because a filter has had enough */
  };
  struct Pulled {
    Status status;
    FramePtr frame; /* pts in output_time_base() */
  };
  Result<Pulled> pull();

  /* A frame without contents for the next push(). The graph keeps one AVFrame for that and for
   * pull(), as long as recycle() brings it back. */
  FramePtr blank_frame();
  void recycle(FramePtr frame);

 private:
  FilterGraph() = default;
  void read_output();
  struct Observation {
    FramePtr frame; /* NULL where none came */
    unsigned lag;
  };
  Result<Observation> first_output_of_black();

  FilterInput input_;
  VideoParams output_;
  AVRational output_time_base_{0, 1};
  FilterGraphPtr graph_;
  AVFilterContext *source_ = nullptr; /* the graph's */
  AVFilterContext *sink_ = nullptr;   /* the graph's */
  std::vector<BuiltNode> nodes_;
  unsigned observed_lag_ = 0;
  bool finished_ = false;
  FramePtr blank_; /* may be NULL */
};

} // namespace framewise
