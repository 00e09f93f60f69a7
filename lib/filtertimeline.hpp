/* gst-framewise: the time that filters see.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Pure: numbers in, numbers out. All times are nanoseconds and may be negative.
 */
#pragma once

#include "visibility.hpp"

#include <gst/gst.h>

namespace framewise {

/* How far playing has come at `pts`, at normal speed: running time x |rate|. It rises through a
 * segment in either direction, is exact to the nanosecond whatever the rate, and goes on through
 * segments that follow each other without a gap in running time. GST_CLOCK_STIME_NONE where there
 * is no pts. In a segment that is not of time, the pts itself. */
FRAMEWISE_INTERNAL GstClockTimeDiff progress_at(const GstSegment &segment, GstClockTime pts);
/* The pts at which playing has come that far; 0 where that would be before 0. */
FRAMEWISE_INTERNAL GstClockTime position_at(const GstSegment &segment, GstClockTimeDiff progress);
/* Progress -> running time; 0 where that would be before 0. */
FRAMEWISE_INTERNAL GstClockTime running_time_at(const GstSegment &segment,
                                                GstClockTimeDiff progress);
/* Whether a frame of one segment would have the same progress in the other. */
FRAMEWISE_INTERNAL bool continues(const GstSegment &before, const GstSegment &after);

/* The `t` of filters' expressions is the stream time of the first frame that a graph gets, and goes
 * on from there as playing does: forwards it is stream time itself, so that `between(t,10,20)`
 * means the same after a seek; backwards it rises as well, as filters require. Where the graph has
 * sources (`color`, `movie`), which begin with 0, it begins with 0 itself: filters with several
 * inputs would want all that the sources have to give from there on otherwise.
 *
 * It also sees to it that times do not go back where one graph takes over from another. */
class FRAMEWISE_INTERNAL FilterTimeline {
 public:
  enum class Origin {
    stream, /* stream time */
    zero,   /* the first frame's time is 0 */
  };
  /* A graph gets its first frame, at `pts`. */
  void begin(const GstSegment &segment, GstClockTime pts, Origin origin);
  GstClockTimeDiff to_filters(const GstSegment &segment, GstClockTime pts) const;

  /* The progress of a frame that came out at the filters' time `time`. Where the graph before had
   * got farther already (`tpad` adds frames at its end, `setpts` may make it slower), one
   * nanosecond after the frame before. NONE where there is no time. */
  GstClockTimeDiff come_out(GstClockTimeDiff time);
  /* The same of a time that is not a frame's. */
  GstClockTimeDiff to_progress(GstClockTimeDiff time) const { return time - ahead_; }

  /* Another graph takes over in the same segment. */
  void hand_over() { barrier_ = latest_; }
  /* Nothing that was before counts any more: a flush, or a segment that does not continue. */
  void restart() { latest_ = barrier_ = GST_CLOCK_STIME_NONE; }

 private:
  GstClockTimeDiff ahead_ = 0;                      /* of the filters' time, before progress */
  GstClockTimeDiff latest_ = GST_CLOCK_STIME_NONE;  /* progress that has come out */
  GstClockTimeDiff barrier_ = GST_CLOCK_STIME_NONE; /* what comes out must be later */
};

} // namespace framewise
