/* gst-framewise: timestamps in nanoseconds -> ticks that an encoder takes.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "frameclock.hpp"

#include "framebridge.hpp"

#include <algorithm>

namespace framewise {

/* Containers round to as much as a millisecond; a twentieth of a frame is nobody's intention. */
static bool lies_on_grid(int64_t ns, AVRational framerate) {
  AVRational frame = av_inv_q(framerate);
  int64_t off = std::abs(ns - ticks_to_ns(ns_to_ticks(ns, frame), frame));
  return off <= std::max<int64_t>(1000000, ticks_to_ns(1, frame) / 20);
}

FrameClock::FrameClock(const StreamTiming &timing, const ClockLimits &limits) {
  const bool has_rate = timing.framerate.num > 0;
  const AVRational frame = has_rate ? av_inv_q(timing.framerate) : AVRational{0, 1};
  is_grid_ = has_rate && frame.den <= limits.max_denominator &&
             (limits.fixed_rate || timing.first.pts == AV_NOPTS_VALUE ||
              lies_on_grid(timing.first.pts, timing.framerate));
  if (is_grid_) {
    time_base_ = frame;
  } else if (timing.source_time_base && timing.source_time_base->den <= limits.max_denominator) {
    time_base_ = *timing.source_time_base;
  } else {
    /* What MPEG systems count in; 60000 holds whole frames of 24, 25, 30 and 60 Hz. */
    time_base_ = {1, limits.max_denominator >= 90000 ? 90000 : 60000};
  }
  if (!is_grid_ && limits.tick.num > 0)
    step_ = std::max<int64_t>(1, av_rescale_q_rnd(1, limits.tick, time_base_, AV_ROUND_UP));
  if (has_rate)
    frame_ticks_ = std::max<int64_t>(1, av_rescale_q(1, frame, time_base_));
}

int64_t FrameClock::to_ticks(int64_t ns) const { return ns_to_ticks(ns, time_base_); }

Result<FrameClock::Tick> FrameClock::place(const FrameTime &time) {
  int64_t wanted;
  const bool first = last_ == AV_NOPTS_VALUE;
  if (time.pts != AV_NOPTS_VALUE) {
    wanted = to_ticks(time.pts);
  } else if (frame_ticks_ > 0 || (!first && last_duration_known_)) {
    wanted = first ? 0 : last_ + last_duration_;
  } else {
    return FRAMEWISE_FAIL_STREAM(
        MUX, "A frame has no timestamp, and there is no frame rate to make one from: set "
             "framerate=.");
  }
  Tick tick{first || wanted > last_ ? wanted : last_ + step_, wanted};

  if (!first && !last_duration_known_)
    if (auto entry = durations_.find(last_); entry != durations_.end())
      entry->second = tick.pts - last_;

  int64_t duration;
  last_duration_known_ = time.duration > 0 || frame_ticks_ > 0;
  if (time.duration > 0)
    duration = time.pts == AV_NOPTS_VALUE ? to_ticks(time.duration)
                                          : to_ticks(time.pts + time.duration) - wanted;
  else
    duration = frame_ticks_ > 0 ? frame_ticks_ : first ? 0 : tick.pts - last_;
  if (last_duration_known_)
    duration = std::max<int64_t>(duration, 1);

  last_ = tick.pts;
  last_duration_ = duration;
  durations_[tick.pts] = duration;
  return tick;
}

int64_t FrameClock::take_duration(int64_t pts) {
  auto entry = durations_.find(pts);
  if (entry == durations_.end())
    return 0;
  int64_t duration = entry->second;
  durations_.erase(entry);
  return duration;
}

int64_t FrameClock::end() const {
  return last_ == AV_NOPTS_VALUE ? 0 : ticks_to_ns(last_ + last_duration_, time_base_);
}

} // namespace framewise
