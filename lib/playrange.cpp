/* gst-framewise: which frames a seek asks for, and where its segment begins and ends.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "playrange.hpp"

#include <algorithm>

namespace framewise {

/* As buffers carry it: frames from before the container's start are shown at its start. */
static int64_t shown_time(int64_t number, const FrameIndex &index) {
  const int64_t time = number < index.n_units() ? index.unit_time(number) : index.end_time();
  return std::max<int64_t>(time, 0);
}

/* The last frame that begins before `time`; PlayRange::none where there is none. */
static int64_t last_before(int64_t time, const FrameIndex &index) {
  int64_t number = index.unit_at(time);
  while (number + 1 < index.n_units() && index.unit_time(number + 1) < time)
    number++;
  while (number >= 0 && index.unit_time(number) >= time)
    number--;
  return number;
}

/* The key frame to begin with instead of `number`, which is shown at `time`; `number` itself where
 * no key frame is known. */
static int64_t snap_to_key(KeySnap snap, int64_t number, int64_t time, const FrameIndex &index) {
  const int64_t before = index.key_frame_until(number);
  const bool is_behind = index.time(number) < time;
  const int64_t after = index.key_frame_from(is_behind ? number + 1 : number);
  if (before < 0 && after < 0)
    return number;
  if (before < 0)
    return snap == KeySnap::before ? 0 : after;
  if (after < 0 || snap == KeySnap::before)
    return before;
  if (snap == KeySnap::after)
    return after;
  return time - index.time(before) <= index.time(after) - time ? before : after;
}

static int64_t from_start(int64_t number, int64_t n_frames) {
  return std::clamp<int64_t>(number < 0 ? number + n_frames : number, 0, n_frames);
}

/* The frame that a bound names; none where it names a time. Not yet within the stream. */
static int64_t named_frame(const PlayBound &bound, int64_t n_frames) {
  switch (bound.kind) {
  case PlayBound::Kind::frame:
    return bound.value;
  case PlayBound::Kind::from_end:
    return n_frames + bound.value;
  default:
    return PlayRange::none;
  }
}

static bool names_frame(const PlayBound &bound) {
  return bound.kind == PlayBound::Kind::frame || bound.kind == PlayBound::Kind::from_end;
}

static bool is_missing(const PlayBound &start, int64_t n_frames) {
  const int64_t number = named_frame(start, n_frames);
  const bool is_the_end = start.kind == PlayBound::Kind::from_end && start.value == 0;
  return names_frame(start) && (number < 0 || (number >= n_frames && !is_the_end));
}

Result<PlayRange> PlayRange::resolve(const PlayRequest &request, const FrameLimits &limits,
                                     const FrameIndex &index) {
  const int64_t n = index.n_units();
  if (is_missing(request.start, n))
    return FRAMEWISE_FAIL_RESOURCE(
        SEEK, format("There is no %s %" G_GINT64_FORMAT ": the stream has %" G_GINT64_FORMAT
                     ", from 0 to %" G_GINT64_FORMAT ".",
                     index.is_audio() ? "sample" : "frame", request.start.value, n, n - 1));

  PlayRange range;
  range.backwards_ = request.is_backwards();
  const bool knows_keys = index.has_key_units();
  range.key_frames_only_ = request.key_frames_only && knows_keys;
  range.begin_ = from_start(limits.begin, n);
  range.end_ = std::max(from_start(limits.end, n), range.begin_);
  range.begins_past_the_end_ = range.begin_ >= n;

  const int64_t earliest = range.begin_ == 0 ? 0 : shown_time(range.begin_, index);
  const int64_t latest = shown_time(range.end_, index);
  auto edge_of = [&](const PlayBound &bound, Edge open) -> Edge {
    auto within = [&](int64_t time) { return std::clamp(time, earliest, latest); };
    switch (bound.kind) {
    case PlayBound::Kind::time:
      return {within(bound.value), none};
    case PlayBound::Kind::time_from_end:
      return {within(index.end_time() + bound.value), none};
    case PlayBound::Kind::frame:
    case PlayBound::Kind::from_end: {
      const int64_t number = std::clamp(named_frame(bound, n), range.begin_, range.end_);
      return {shown_time(number, index), number};
    }
    default:
      return open;
    }
  };
  range.start_ = edge_of(request.start, {earliest, range.begin_});
  range.stop_ = edge_of(request.stop, {latest, range.end_});
  range.stop_.time = std::max(range.stop_.time, range.start_.time);

  range.bounds_ = {range.start_.time, range.stop_.time, range.start_.time};
  if (range.backwards_)
    range.resolve_backwards(request, index);
  else
    range.resolve_forwards(request, index);
  const bool stop_is_open = request.stop.kind == PlayBound::Kind::open && range.end_ == n;
  if (!range.backwards_ && stop_is_open)
    range.bounds_.stop = PlayBounds::open;
  return range;
}

void PlayRange::resolve_forwards(const PlayRequest &request, const FrameIndex &index) {
  int64_t time = start_.time;
  int64_t number = start_.number;
  if (request.position) {
    time = std::clamp(*request.position, start_.time, stop_.time);
    number = none;
  }
  bounds_.position = time;
  const bool begins_at_stop = number == none && time >= stop_.time;
  if (begin_ >= end_ || begins_at_stop)
    return;
  if (number == none)
    number = std::max(index.unit_at(time), begin_);
  if (number >= end_)
    return;
  const bool knows_keys = index.has_key_units();
  if (request.snap != KeySnap::none && knows_keys) {
    number = std::max(snap_to_key(request.snap, number, time, index), begin_);
    const int64_t snapped = shown_time(number, index);
    bounds_.position = snapped;
    bounds_.start = request.position ? std::min(bounds_.start, snapped) : snapped;
    bounds_.stop = std::max(bounds_.stop, bounds_.start);
  }
  if (key_frames_only_)
    number = index.key_frame_from(number);
  last_ = stop_.number != none ? stop_.number - 1 : last_before(stop_.time, index);
  last_ = std::min(last_, end_ - 1);
  if (number >= 0 && number <= last_)
    first_ = number;
}

void PlayRange::resolve_backwards(const PlayRequest &request, const FrameIndex &index) {
  int64_t time = stop_.time;
  int64_t number = stop_.number == none ? none : stop_.number - 1;
  if (request.position) {
    time = std::clamp(*request.position, start_.time, stop_.time);
    number = none;
  }
  bounds_.position = time;
  const bool begins_at_start = number == none && time <= start_.time;
  if (begin_ >= end_ || begins_at_start)
    return;
  if (number == none)
    number = last_before(time, index);
  number = std::min(number, end_ - 1);
  if (number < begin_)
    return;
  const bool knows_keys = index.has_key_units();
  if (request.snap != KeySnap::none && knows_keys) {
    number = snap_to_key(request.snap, number, index.time(number), index);
    number = std::clamp(number, begin_, end_ - 1);
    bounds_.position = shown_time(number + 1, index);
    bounds_.stop = request.position ? std::max(bounds_.stop, bounds_.position) : bounds_.position;
    bounds_.start = std::min(bounds_.start, bounds_.stop);
  }
  if (key_frames_only_)
    number = index.key_frame_until(number);
  last_ = start_.number != none ? start_.number : index.unit_at(start_.time);
  last_ = std::max(last_, begin_);
  if (number >= last_)
    first_ = number;
}

PlayRange::Piece PlayRange::piece_at(int64_t number, const FrameIndex &index) const {
  if (!index.is_audio())
    return {number, 0, 1, after(number, index)};
  const int64_t frame = index.frame_of(number);
  const int64_t first = index.first_unit(frame), end = first + index.units_in(frame);
  if (backwards_) {
    const int64_t begin = std::max(first, last_);
    return {frame, int32_t(begin - first), int32_t(number + 1 - begin),
            begin > last_ ? begin - 1 : none};
  }
  const int64_t stop = std::min(end, last_ + 1);
  return {frame, int32_t(number - first), int32_t(stop - number), stop <= last_ ? stop : none};
}

int64_t PlayRange::after(int64_t number, const FrameIndex &index) const {
  int64_t next;
  if (backwards_) {
    next = number - 1;
    if (key_frames_only_ && next >= 0)
      next = index.key_frame_until(next);
    return next >= last_ ? next : none;
  }
  next = number + 1;
  if (key_frames_only_)
    next = index.key_frame_from(next);
  return next >= 0 && next <= last_ ? next : none;
}

} // namespace framewise
