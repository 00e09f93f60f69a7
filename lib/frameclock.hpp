/* gst-framewise: timestamps in nanoseconds -> ticks that an encoder takes.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "av.hpp"

#include <map>
#include <optional>
#include <string>

namespace framewise {

/* When a frame is shown and for how long, in nanoseconds. */
struct FrameTime {
  int64_t pts = AV_NOPTS_VALUE;
  int64_t duration = 0; /* 0: unknown */
  /* When it was taken, by a clock that others go by: ns since 1970. */
  std::optional<int64_t> reference_time = {};
};

/* What is known of a stream's timing before its first frame is encoded. */
struct StreamTiming {
  AVRational framerate{0, 1}; /* 0/1: variable */
  FrameTime first;
  std::optional<AVRational> source_time_base; /* where the frames come from a container */
  std::string timecode;                       /* of the first frame; empty: none is known */
};

/* What encoder and container can say of time. */
struct ClockLimits {
  bool fixed_rate = false; /* one tick is one frame, nothing else can be written */
  int max_denominator = INT_MAX;
  AVRational tick{0, 1}; /* seconds; the container's, where that may be a coarse one */
};

/* Gives each frame of a stream its own tick, strictly rising, so that no two frames meet and none
 * is lost; and remembers each frame's duration until its packet comes. */
class FRAMEWISE_INTERNAL FrameClock {
 public:
  /* With a framerate the tick is one frame, unless the first frame lies off that grid and the
   * limits leave a choice; else it is the source's time base or 1/90000 s. */
  FrameClock(const StreamTiming &timing, const ClockLimits &limits);

  AVRational time_base() const { return time_base_; }
  /* Whether each tick is one frame. */
  bool is_grid() const { return is_grid_; }

  struct Tick {
    int64_t pts;
    int64_t moved_from; /* where it would have been, had that tick been free; else `pts` */
  };
  /* Fails where a frame has no timestamp and there is no framerate to make one from. */
  Result<Tick> place(const FrameTime &time);
  /* The duration in ticks of the frame at `pts`, which is forgotten with that. */
  int64_t take_duration(int64_t pts);

  /* Tick of the last frame placed; AV_NOPTS_VALUE before the first. */
  int64_t last() const { return last_; }
  /* End of the last frame placed, in nanoseconds; 0 before the first. */
  int64_t end() const;

 private:
  int64_t to_ticks(int64_t ns) const;

  AVRational time_base_;
  bool is_grid_;
  int64_t step_ = 1;        /* ticks from a frame to one that should come with it, or before */
  int64_t frame_ticks_ = 0; /* of one frame by the framerate; 0: no framerate */
  int64_t last_ = AV_NOPTS_VALUE;
  bool last_duration_known_ = false;
  int64_t last_duration_ = 0;
  std::map<int64_t, int64_t> durations_;
};

} // namespace framewise
