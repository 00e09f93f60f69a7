/* gst-framewise: the time of each picture of a linear decode.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "streamclock.hpp"
#include "framebridge.hpp"

#include <algorithm>

namespace framewise {

constexpr int64_t ns_per_second = 1000000000;

static int64_t nominal_duration(const ContainerInput &input, int64_t ticks) {
  const AVStream *stream = input.stream();
  if (ticks > 0)
    return ticks_to_ns(ticks, stream->time_base);
  AVRational rate = input.constant_framerate();
  if (rate.num <= 0)
    rate = stream->avg_frame_rate;
  constexpr AVRational libav_default_rate = {25, 1};
  if (rate.num <= 0 || rate.den <= 0)
    rate = libav_default_rate;
  return av_rescale(ns_per_second, rate.den, rate.num);
}

StreamClock::Stamp StreamClock::stamp(const ContainerInput &input, int64_t pts,
                                      int64_t duration_ticks) {
  /* The step back that the ffmpeg command takes for a new start. */
  constexpr int64_t new_start = ns_per_second / 10;
  Stamp stamp{0, nominal_duration(input, duration_ticks)};
  if (pts != AV_NOPTS_VALUE) {
    const int64_t time = input.to_stream_time(pts);
    if (last_ && input.context()->iformat->flags & AVFMT_TS_DISCONT &&
        time + offset_ < last_->time - new_start)
      offset_ = last_->time + last_->duration - time;
    stamp.time = time + offset_;
  } else if (last_) {
    stamp.time = last_->time + last_->duration;
  }
  /* Timestamps that stand still or go back: each frame still gets a time of its own, and the next
   * true one counts again. */
  if (last_ && stamp.time <= last_->time)
    stamp.time = last_->time + 1;
  last_ = stamp;
  return stamp;
}

StreamClock::Stamp StreamClock::stamp_audio(const ContainerInput &input, int64_t pts, int samples,
                                            int sample_rate) {
  constexpr int64_t new_start = ns_per_second / 10; /* as for pictures */
  auto length_of = [&](int64_t n) {
    return av_rescale_rnd(n, ns_per_second, sample_rate, AV_ROUND_DOWN);
  };
  const AVRational tick = input.stream()->time_base;
  const int64_t tolerance =
      std::max(length_of(samples) / 2, 2 * av_rescale(ns_per_second, tick.num, tick.den));
  const int64_t expected = last_ ? last_->time + last_->duration : 0;
  int64_t time = expected;
  if (pts != AV_NOPTS_VALUE) {
    const int64_t told = input.to_stream_time(pts);
    if (last_ && input.context()->iformat->flags & AVFMT_TS_DISCONT &&
        told + offset_ < expected - new_start)
      offset_ = expected - told;
    if (!last_ || told + offset_ > expected + tolerance)
      time = told + offset_;
  }
  if (!last_ || time != expected || run_rate_ != sample_rate) {
    run_start_ = time;
    run_samples_ = 0;
    run_rate_ = sample_rate;
  }
  run_samples_ += samples;
  last_ = Stamp{time, std::max<int64_t>(run_start_ + length_of(run_samples_) - time, 1)};
  return *last_;
}

} // namespace framewise
