/* gst-framewise: tells the application how the index comes along.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "indexreport.hpp"

#include <algorithm>
#include <utility>

GST_DEBUG_CATEGORY_EXTERN(containersrc_debug);
#define GST_CAT_DEFAULT containersrc_debug

namespace framewise {

std::shared_ptr<const FrameIndex> IndexReport::current() const {
  std::lock_guard lock(lock_);
  return index_;
}

void IndexReport::post(GstProgressType type, const std::string &text) {
  gst_element_post_message(
      GST_ELEMENT(element_),
      gst_message_new_progress(GST_OBJECT(element_), type, "index", text.c_str()));
}

void IndexReport::begin() {
  {
    std::lock_guard lock(lock_);
    if (std::exchange(in_progress_, true))
      return;
    told_percent_ = 0;
    told_at_ = g_get_monotonic_time();
  }
  post(GST_PROGRESS_TYPE_START, "Indexing");
}

void IndexReport::begin_quietly() {
  std::lock_guard lock(lock_);
  quiet_until_ = g_get_monotonic_time() + G_USEC_PER_SEC;
}

void IndexReport::progress(int percent) {
  /* Applications print these: few of a short scan, and a long one is seen to move. */
  constexpr int step = 10;
  constexpr gint64 pause_us = 250000;
  const gint64 now = g_get_monotonic_time();
  {
    std::lock_guard lock(lock_);
    if (now < quiet_until_)
      return;
  }
  begin(); /* where it is done anew on the way */
  {
    std::lock_guard lock(lock_);
    const bool is_news =
        percent >= told_percent_ + step || (percent > told_percent_ && now >= told_at_ + pause_us);
    if (!is_news)
      return;
    told_percent_ = percent;
    told_at_ = now;
  }
  post(GST_PROGRESS_TYPE_CONTINUE, framewise::format("%d %%", percent));
}

void IndexReport::end(GstProgressType type, const std::string &text) {
  {
    std::lock_guard lock(lock_);
    if (!std::exchange(in_progress_, false))
      return;
  }
  post(type, text);
}

void IndexReport::publish(std::shared_ptr<const FrameIndex> index) {
  {
    std::lock_guard lock(lock_);
    if (index_ == index)
      return;
    index_ = std::move(index);
  }
  g_object_notify(G_OBJECT(element_), "n-frames");
  g_object_notify(G_OBJECT(element_), "index");
}

void IndexReport::finish(const Result<FramePlayer::IndexPtr> &made) {
  tell(made);
  {
    std::lock_guard lock(lock_);
    is_finished_ = true;
  }
  finished_.notify_all();
}

void IndexReport::await(std::chrono::milliseconds most, const Interruption &waiter) {
  /* An Interruption cannot be waited for: it is looked at now and then. */
  constexpr auto look = std::chrono::milliseconds(5);
  const auto until = std::chrono::steady_clock::now() + most;
  std::unique_lock lock(lock_);
  while (!is_finished_ && !waiter.is_set() && std::chrono::steady_clock::now() < until)
    finished_.wait_for(lock, look);
}

void IndexReport::tell(const Result<FramePlayer::IndexPtr> &made) {
  if (!made) {
    GST_WARNING_OBJECT(element_, "no index: %s", made.error().message.c_str());
    end(GST_PROGRESS_TYPE_ERROR, made.error().message);
    return;
  }
  const FrameIndex &index = **made;
  GST_INFO_OBJECT(element_, "%" G_GINT64_FORMAT " %s, ending at %" GST_TIME_FORMAT ", %s %s",
                  index.n_units(), index.is_audio() ? "samples" : "frames",
                  GST_TIME_ARGS(index.end_time()), index.is_exact() ? "exact" : "not exact",
                  index.distrust().c_str());
  GST_OBJECT_LOCK(element_);
  element_->segment.duration = std::max<int64_t>(index.end_time(), 0);
  GST_OBJECT_UNLOCK(element_);
  publish(*made);
  gst_element_post_message(GST_ELEMENT(element_),
                           gst_message_new_duration_changed(GST_OBJECT(element_)));
  end(GST_PROGRESS_TYPE_COMPLETE, framewise::format("%" G_GINT64_FORMAT " %s", index.n_units(),
                                                    index.is_audio() ? "samples" : "frames"));
}

void IndexReport::forget() {
  end(GST_PROGRESS_TYPE_CANCELED, "Indexing was broken off");
  publish(nullptr);
  std::lock_guard lock(lock_);
  is_finished_ = false;
}

} // namespace framewise
