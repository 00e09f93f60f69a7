/* gst-framewise: the time that filters see.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "filtertimeline.hpp"

#include <algorithm>
#include <cmath>

namespace framewise {
namespace {

GstClockTimeDiff signed_time(guint64 time) {
  return GST_CLOCK_TIME_IS_VALID(time) ? GstClockTimeDiff(time) : 0;
}

/* Progress of the segment's first frame. */
GstClockTimeDiff progress_before(const GstSegment &segment) {
  const double speed = std::abs(segment.rate);
  return speed == 1.0 ? signed_time(segment.base)
                      : std::llround(double(signed_time(segment.base)) * speed);
}

GstClockTimeDiff first_position(const GstSegment &segment) {
  return segment.rate > 0 ? signed_time(segment.start) + signed_time(segment.offset)
                          : signed_time(segment.stop) - signed_time(segment.offset);
}

} // namespace

GstClockTimeDiff progress_at(const GstSegment &segment, GstClockTime pts) {
  if (!GST_CLOCK_TIME_IS_VALID(pts))
    return GST_CLOCK_STIME_NONE;
  if (segment.format != GST_FORMAT_TIME)
    return GstClockTimeDiff(pts);
  const GstClockTimeDiff gone = GstClockTimeDiff(pts) - first_position(segment);
  return progress_before(segment) + (segment.rate > 0 ? gone : -gone);
}

GstClockTime position_at(const GstSegment &segment, GstClockTimeDiff progress) {
  if (!GST_CLOCK_STIME_IS_VALID(progress))
    return GST_CLOCK_TIME_NONE;
  GstClockTimeDiff position = progress;
  if (segment.format == GST_FORMAT_TIME) {
    const GstClockTimeDiff gone = progress - progress_before(segment);
    position = first_position(segment) + (segment.rate > 0 ? gone : -gone);
  }
  return GstClockTime(std::max<GstClockTimeDiff>(position, 0));
}

GstClockTime running_time_at(const GstSegment &segment, GstClockTimeDiff progress) {
  if (!GST_CLOCK_STIME_IS_VALID(progress))
    return GST_CLOCK_TIME_NONE;
  const double speed = segment.format == GST_FORMAT_TIME ? std::abs(segment.rate) : 1.0;
  const GstClockTimeDiff time = speed == 1.0 ? progress : std::llround(double(progress) / speed);
  return GstClockTime(std::max<GstClockTimeDiff>(time, 0));
}

bool continues(const GstSegment &before, const GstSegment &after) {
  if (before.format != GST_FORMAT_TIME || after.format != GST_FORMAT_TIME ||
      before.rate != after.rate || before.applied_rate != after.applied_rate)
    return false;
  const guint64 probe = after.rate > 0 ? after.start : after.stop;
  if (!GST_CLOCK_TIME_IS_VALID(probe))
    return before.base == after.base && before.offset == after.offset &&
           before.start == after.start && before.stop == after.stop;
  /* A base at another speed is rounded. */
  const auto tolerance = GstClockTimeDiff(std::ceil(std::abs(after.rate) - 1));
  return std::abs(progress_at(before, probe) - progress_at(after, probe)) <= tolerance;
}

void FilterTimeline::begin(const GstSegment &segment, GstClockTime pts, Origin origin) {
  if (!GST_CLOCK_TIME_IS_VALID(pts)) /* It follows the frame before. */
    return;
  if (origin == Origin::zero) {
    ahead_ = -progress_at(segment, pts);
    return;
  }
  ahead_ = 0;
  if (segment.format != GST_FORMAT_TIME)
    return;
  guint64 stream_time;
  int sign = gst_segment_to_stream_time_full(&segment, GST_FORMAT_TIME, pts, &stream_time);
  if (sign != 0)
    ahead_ = sign * GstClockTimeDiff(stream_time) - progress_at(segment, pts);
}

GstClockTimeDiff FilterTimeline::to_filters(const GstSegment &segment, GstClockTime pts) const {
  const GstClockTimeDiff progress = progress_at(segment, pts);
  return GST_CLOCK_STIME_IS_VALID(progress) ? progress + ahead_ : progress;
}

GstClockTimeDiff FilterTimeline::come_out(GstClockTimeDiff time) {
  if (!GST_CLOCK_STIME_IS_VALID(time))
    return time;
  GstClockTimeDiff progress = to_progress(time);
  if (GST_CLOCK_STIME_IS_VALID(barrier_)) {
    if (progress <= barrier_)
      progress = ++barrier_;
    else
      barrier_ = GST_CLOCK_STIME_NONE;
  }
  latest_ = GST_CLOCK_STIME_IS_VALID(latest_) ? std::max(latest_, progress) : progress;
  return progress;
}

} // namespace framewise
