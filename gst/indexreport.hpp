/* gst-framewise: tells the application how the index comes along.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "frameplayer.hpp"

#include <gst/base/gstbasesrc.h>

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace framewise {

/* Posts PROGRESS and DURATION_CHANGED, notifies `n-frames` and `index`, and keeps the index for
 * whoever asks. Any thread may call anything; no lock is held while something is posted. */
class IndexReport {
 public:
  /* `element`, which owns this, has those properties. */
  explicit IndexReport(GstBaseSrc *element) : element_(element) {}

  /* Null while there is none. */
  std::shared_ptr<const FrameIndex> current() const;

  void begin();
  /* The same, but with nothing said of it before it has taken a second. Who waits for the end of
   * all progress before playing, as gst-launch-1.0 does, would wait for what need not be there. */
  void begin_quietly();
  void progress(int percent);
  void finish(const Result<FramePlayer::IndexPtr> &made);
  /* The stream is closed. */
  void forget();
  /* Blocks until finish() has told of it, or for `most`, or until `waiter` is set. Not to be called
   * unless an index is being made. */
  void await(std::chrono::milliseconds most, const Interruption &waiter);

 private:
  void post(GstProgressType type, const std::string &text);
  void end(GstProgressType type, const std::string &text);
  void tell(const Result<FramePlayer::IndexPtr> &made);
  void publish(std::shared_ptr<const FrameIndex> index);

  GstBaseSrc *element_;
  mutable std::mutex lock_;
  std::condition_variable finished_;
  bool is_finished_ = false; /* what is posted and notified over it was */
  std::shared_ptr<const FrameIndex> index_;
  bool in_progress_ = false; /* START was posted, and nothing yet that ends it */
  int told_percent_ = 0;     /* since then */
  gint64 told_at_ = 0;       /* monotonic time, us */
  gint64 quiet_until_ = 0;   /* the same */
};

} // namespace framewise
