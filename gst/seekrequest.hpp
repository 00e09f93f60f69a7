/* gst-framewise: seeks, as events ask for them and as segments say them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "playrange.hpp"

#include <gst/gst.h>

#include <mutex>

namespace framewise {

/* What a SEEK event says. */
struct SeekRequest {
  gdouble rate = 1.0;
  GstFormat format = GST_FORMAT_TIME;
  GstSeekFlags flags = GST_SEEK_FLAG_NONE;
  GstSeekType start_type = GST_SEEK_TYPE_NONE, stop_type = GST_SEEK_TYPE_NONE;
  gint64 start = 0, stop = -1;
  guint32 seqnum = 0;

  static SeekRequest from_event(GstEvent *event);

  /* Why it cannot be done, as far as is known before it is tried. `index` may be null. */
  Result<void> check(const FrameIndex *index) const;
  bool wants_rate_only() const { return flags & GST_SEEK_FLAG_INSTANT_RATE_CHANGE; }
  /* What is to be played after what was asked for `before`, if that stands at stream time
   * `position`; nothing there where it was never reached. */
  PlayRequest applied_to(const PlayRequest &before, std::optional<int64_t> position) const;
  /* The segment that follows on `old`. */
  GstSegment segment_after(const GstSegment &old, const PlayBounds &bounds) const;
  /* What bounds can be told while there is no index. */
  PlayBounds guess(const PlayRequest &wanted, const GstSegment &old) const;
};

void set_bounds(GstSegment &segment, const PlayBounds &bounds);

/* The base class shows do_seek() a segment only, in which most of what the event said is lost. So
 * it is given a seek that it cannot do anything with by itself, and the true one goes past it. */
class SeekHandover {
 public:
  /* While it exists, seeks that the base class performs in this thread are `request`. */
  class Passing {
   public:
    Passing(const SeekHandover &handover, const SeekRequest &request);
    ~Passing();
    Passing(const Passing &) = delete;
    Passing &operator=(const Passing &) = delete;

   private:
    friend class SeekHandover;
    const SeekHandover &handover_;
    const SeekRequest &request_;
    const Passing *outer_;
  };

  /* The one that the base class keeps until it starts. */
  void keep(const SeekRequest &request);
  /* In do_seek(): the request of this seek; none where it is no seek but the beginning. */
  std::optional<SeekRequest> take();
  /* This thread is in the middle of one. */
  bool is_passing_here() const;
  /* The event for the base class. */
  static GstEvent *envelope(const SeekRequest &request);

 private:
  std::mutex lock_;
  std::optional<SeekRequest> kept_;
};

} // namespace framewise
