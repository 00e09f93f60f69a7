/* gst-framewise: seeks, as events ask for them and as segments say them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "seekrequest.hpp"

#include <algorithm>

namespace framewise {

SeekRequest SeekRequest::from_event(GstEvent *event) {
  SeekRequest request;
  gst_event_parse_seek(event, &request.rate, &request.format, &request.flags, &request.start_type,
                       &request.start, &request.stop_type, &request.stop);
  request.seqnum = gst_event_get_seqnum(event);
  return request;
}

Result<void> SeekRequest::check(const FrameIndex *index) const {
  if (format != GST_FORMAT_TIME && format != GST_FORMAT_DEFAULT)
    return FRAMEWISE_FAIL_RESOURCE(
        SEEK, framewise::format("Seeking in %s is not possible. Use TIME, or DEFAULT for frames.",
                                gst_format_get_name(format)));
  const bool both_are_set =
      start_type == GST_SEEK_TYPE_SET && stop_type == GST_SEEK_TYPE_SET && stop != -1;
  const bool comparable = format == GST_FORMAT_TIME || (start >= 0 && stop >= 0);
  if (both_are_set && comparable && start > stop)
    return FRAMEWISE_FAIL_RESOURCE(
        SEEK, framewise::format("A seek cannot start at %" G_GINT64_FORMAT
                                " and stop before that, at %" G_GINT64_FORMAT ".",
                                start, stop));
  if (index && format == GST_FORMAT_DEFAULT) {
    auto range = PlayRange::resolve(applied_to({}, std::nullopt), {}, *index);
    if (!range)
      return Failure(range.error());
  }
  return {};
}

static PlayBound bound_of(GstFormat format, GstSeekType type, gint64 value) {
  using Kind = PlayBound::Kind;
  if (type == GST_SEEK_TYPE_END)
    return {format == GST_FORMAT_TIME ? Kind::time_from_end : Kind::from_end, value};
  if (format == GST_FORMAT_TIME)
    return {Kind::time, value};
  return {value < 0 ? Kind::from_end : Kind::frame, value};
}

static KeySnap snap_of(GstSeekFlags flags) {
  if (!(flags & GST_SEEK_FLAG_KEY_UNIT))
    return KeySnap::none;
  switch (flags & GST_SEEK_FLAG_SNAP_NEAREST) {
  case GST_SEEK_FLAG_SNAP_AFTER:
    return KeySnap::after;
  case GST_SEEK_FLAG_SNAP_NEAREST:
    return KeySnap::nearest;
  default:
    return KeySnap::before;
  }
}

PlayRequest SeekRequest::applied_to(const PlayRequest &before,
                                    std::optional<int64_t> position) const {
  PlayRequest wanted;
  wanted.rate = rate;
  wanted.snap = snap_of(flags);
  wanted.key_frames_only = flags & GST_SEEK_FLAG_TRICKMODE_KEY_UNITS;
  wanted.accurate = flags & GST_SEEK_FLAG_ACCURATE || format == GST_FORMAT_DEFAULT;

  const bool is_open_stop = stop_type == GST_SEEK_TYPE_SET && stop == -1;
  if (start_type == GST_SEEK_TYPE_NONE)
    wanted.start = before.start;
  else
    wanted.start = bound_of(format, start_type, start);
  if (stop_type == GST_SEEK_TYPE_NONE)
    wanted.stop = before.stop;
  else if (!is_open_stop)
    wanted.stop = bound_of(format, stop_type, stop);

  const bool goes_on = wanted.is_backwards()
                           ? start_type == GST_SEEK_TYPE_NONE && stop_type == GST_SEEK_TYPE_NONE
                           : start_type == GST_SEEK_TYPE_NONE;
  if (goes_on)
    wanted.position = position ? position : before.position;
  return wanted;
}

void set_bounds(GstSegment &segment, const PlayBounds &bounds) {
  segment.start = segment.time = bounds.start;
  segment.stop = bounds.stop == PlayBounds::open ? GST_CLOCK_TIME_NONE : guint64(bounds.stop);
  segment.position = bounds.position;
  if (segment.rate > 0)
    segment.offset = bounds.position - bounds.start;
  else
    segment.offset = bounds.stop == PlayBounds::open ? 0 : bounds.stop - bounds.position;
}

GstSegment SeekRequest::segment_after(const GstSegment &old, const PlayBounds &bounds) const {
  GstSegment segment = old;
  /* For flags and base; the bounds, which it would bring within what the headers say, after it. */
  gst_segment_do_seek(&segment, rate, GST_FORMAT_TIME, flags, GST_SEEK_TYPE_SET, 0,
                      GST_SEEK_TYPE_SET, GST_CLOCK_TIME_NONE, nullptr);
  set_bounds(segment, bounds);
  return segment;
}

PlayBounds SeekRequest::guess(const PlayRequest &wanted, const GstSegment &old) const {
  const gint64 duration = GST_CLOCK_TIME_IS_VALID(old.duration) ? gint64(old.duration) : -1;
  auto time_of = [&](const PlayBound &bound, gint64 otherwise) {
    switch (bound.kind) {
    case PlayBound::Kind::time:
      return std::max<gint64>(bound.value, 0);
    case PlayBound::Kind::time_from_end:
      return duration < 0 ? otherwise : std::max<gint64>(duration + bound.value, 0);
    default:
      return otherwise;
    }
  };
  PlayBounds bounds;
  bounds.start = time_of(wanted.start, 0);
  bounds.stop = time_of(wanted.stop, PlayBounds::open);
  if (wanted.is_backwards() && bounds.stop == PlayBounds::open)
    bounds.stop = std::max(duration, bounds.start);
  if (bounds.stop != PlayBounds::open)
    bounds.stop = std::max(bounds.stop, bounds.start);
  bounds.position = wanted.is_backwards() ? bounds.stop : bounds.start;
  if (wanted.position) {
    bounds.position = std::max(*wanted.position, bounds.start);
    if (bounds.stop != PlayBounds::open)
      bounds.position = std::min(bounds.position, bounds.stop);
  }
  return bounds;
}

/* ---- Past the base class ----------------------------------------------------------------------
 */

/* The innermost of this thread: a seek may make other elements seek, in the same thread. */
static thread_local const SeekHandover::Passing *passing = nullptr;

SeekHandover::Passing::Passing(const SeekHandover &handover, const SeekRequest &request)
    : handover_(handover), request_(request), outer_(passing) {
  passing = this;
}

SeekHandover::Passing::~Passing() { passing = outer_; }

void SeekHandover::keep(const SeekRequest &request) {
  std::lock_guard lock(lock_);
  kept_ = request;
}

std::optional<SeekRequest> SeekHandover::take() {
  std::lock_guard lock(lock_);
  if (!passing || &passing->handover_ != this)
    return std::exchange(kept_, std::nullopt);
  if (kept_ && kept_->seqnum == passing->request_.seqnum)
    kept_.reset();
  return passing->request_;
}

bool SeekHandover::is_passing_here() const {
  for (const Passing *seek = passing; seek; seek = seek->outer_)
    if (&seek->handover_ == this)
      return true;
  return false;
}

GstEvent *SeekHandover::envelope(const SeekRequest &request) {
  /* In frames, which the base class hands on unread. */
  GstEvent *event =
      gst_event_new_seek(request.rate, GST_FORMAT_DEFAULT, request.flags, GST_SEEK_TYPE_SET, 0,
                         GST_SEEK_TYPE_NONE, GST_CLOCK_TIME_NONE);
  gst_event_set_seqnum(event, request.seqnum);
  return event;
}

} // namespace framewise
