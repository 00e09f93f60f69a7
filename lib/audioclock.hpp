/* gst-framewise: where in a stream of samples each buffer belongs.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "frameclock.hpp"

namespace framewise {

/* Whether a buffer goes on where the one before it ended, for all that is known. */
enum class Continuity {
  assumed,
  broken, /* upstream says itself that something is missing, or there was silence before it */
};

/* Samples have no times of their own: they are counted from the first one's. Timestamps are asked
 * only whether some are missing or too many. */
class FRAMEWISE_INTERNAL AudioClock {
 public:
  /* What timestamps may be off by before samples are added or left out. Containers round them to a
   * millisecond, capture takes them from a clock that is not the sound card's, live sources from
   * when a buffer arrived: nobody meant a hole or an overlap by any of that, and each one that is
   * made of it is a click. 40 ms is what GstAudioAggregator allows as well (alignment-threshold);
   * it is one picture of 25 Hz, less than people notice between picture and sound. */
  static constexpr int64_t tolerance = 40 * GST_MSECOND;
  /* The same where the flow is known to be broken: no more than the rounding of containers. */
  static constexpr int64_t tolerance_when_broken = GST_MSECOND;

  /* `start`: nanoseconds. */
  AudioClock(int sample_rate, int64_t start) : sample_rate_(sample_rate), start_(start) {}

  struct Place {
    int64_t silence = 0; /* samples that are missing before these */
    int cut = 0;         /* samples of these that there are already */
    int64_t off = 0;     /* ns that the timestamp is off; for messages */
  };
  /* Of `samples` with the time of the first. Counts nothing. */
  Place place(const FrameTime &time, int samples, Continuity continuity) const;
  void count(int64_t samples) { samples_ += samples; }

  /* How many are missing until `time`, in nanoseconds; 0 where it is past. */
  int64_t missing_until(int64_t time) const;
  /* End of the samples counted so far, in nanoseconds. */
  int64_t end() const;

 private:
  int sample_rate_;
  int64_t start_;
  int64_t samples_ = 0;
};

} // namespace framewise
