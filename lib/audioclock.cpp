/* gst-framewise: where in a stream of samples each buffer belongs.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "audioclock.hpp"

#include "framebridge.hpp"

#include <algorithm>
#include <cstdlib>

namespace framewise {

int64_t AudioClock::end() const { return start_ + ticks_to_ns(samples_, {1, sample_rate_}); }

int64_t AudioClock::missing_until(int64_t time) const {
  return std::max<int64_t>(0, ns_to_ticks(time - start_, {1, sample_rate_}) - samples_);
}

AudioClock::Place AudioClock::place(const FrameTime &time, int samples,
                                    Continuity continuity) const {
  Place place;
  if (time.pts == AV_NOPTS_VALUE)
    return place;
  place.off = time.pts - end();
  if (std::abs(place.off) <= (continuity == Continuity::broken ? tolerance_when_broken : tolerance))
    return place;
  const int64_t position = ns_to_ticks(time.pts - start_, {1, sample_rate_});
  if (position > samples_)
    place.silence = position - samples_;
  else
    place.cut = int(std::min<int64_t>(samples_ - position, samples));
  return place;
}

} // namespace framewise
