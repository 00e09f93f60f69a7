/* gst-framewise: the time of each picture of a linear decode.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "containerinput.hpp"

#include <optional>

namespace framewise {

/* Turns the timestamps of pictures, in presentation order, into stream time. What has none goes on
 * from the one before. Times always rise, if by a nanosecond. In formats whose clock may start anew
 * on the way (parts joined byte by byte) all that follows goes on from there. */
class FRAMEWISE_INTERNAL StreamClock {
 public:
  struct Stamp {
    int64_t time;     /* ns */
    int64_t duration; /* ns, as stored or as the rate has it: not yet the way to the next frame */
  };
  Stamp stamp(const ContainerInput &input, int64_t pts, int64_t duration_ticks);
  /* Audio goes on sample by sample, whatever its timestamps are rounded to. Where they are off by
   * half a frame or more to the later there is a gap; to the earlier, it goes on all the same. */
  Stamp stamp_audio(const ContainerInput &input, int64_t pts, int samples, int sample_rate);
  /* Since when there was no gap before what was stamped last: stream time, ns, and samples. */
  int64_t run_start() const { return run_start_; }
  int64_t run_samples() const { return run_samples_; }
  void reset() { *this = {}; }
  /* As after a seek: the next picture follows on none. */
  void forget_last() { last_.reset(); }
  /* The clock has started anew since reset(): times depend on all that came before. */
  bool was_restarted() const { return offset_ != 0; }
  const std::optional<Stamp> &last() const { return last_; }

 private:
  int64_t offset_ = 0; /* ns, added since the clock started anew */
  /* Of audio: since when there was no gap. */
  int64_t run_start_ = 0, run_samples_ = 0;
  int run_rate_ = 0;
  std::optional<Stamp> last_;
};

} // namespace framewise
