/* gst-framewise: pads that were requested and that nothing comes from.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "absentpads.hpp"

#include <algorithm>
#include <vector>

GST_DEBUG_CATEGORY_EXTERN(container_mux_debug);
#define GST_CAT_DEFAULT container_mux_debug

namespace framewise {

struct AbsentPads::Absent {
  std::vector<GstPtr<GstPad>> unlinked, silent;
};

/* Behind a ghost pad, that is. */
static bool is_linked(GstPad *pad) {
  GstPtr<GstPad> inner(gst_pad_get_peer(pad));
  GstPtr<GstPad> outer(inner ? GST_PAD(gst_object_get_parent(GST_OBJECT(inner.get()))) : nullptr);
  return outer && GST_IS_GHOST_PAD(outer.get()) ? gst_pad_is_linked(outer.get()) : inner != nullptr;
}

AbsentPads::Absent AbsentPads::find() {
  std::lock_guard lock(lock_);
  Absent absent;
  int giving = 0, ended = 0;
  for (const auto &[pad, state] : states_) {
    giving += state == State::gave_data;
    ended += state == State::ended;
    if (state == State::silent)
      (is_linked(pad) ? absent.silent : absent.unlinked).emplace_back(GST_PAD(gst_object_ref(pad)));
  }
  if (!absent.silent.empty() || giving + ended == 0)
    absent.unlinked.clear(); /* it may be linked by then */
  if (giving + ended == 0)
    absent.silent.clear();
  return absent;
}

void AbsentPads::leave_out(GstAggregatorPad *pad, const char *why) {
  {
    std::lock_guard lock(lock_);
    auto entry = states_.find(GST_PAD(pad));
    if (entry == states_.end() || entry->second != State::silent)
      return;
    entry->second = State::left_out;
  }
  const std::string message =
      format("%s %s, so the file is written without it.", GST_PAD_NAME(pad), why);
  GST_WARNING_OBJECT(mux_, "%s", message.c_str());
  GstPtr<GstElement> parent(GST_ELEMENT(gst_object_get_parent(GST_OBJECT(mux_))));
  GST_ELEMENT_WARNING(parent ? parent.get() : GST_ELEMENT(mux_), STREAM, MUX,
                      ("%s", message.c_str()), (nullptr));
  gst_pad_send_event(GST_PAD(pad), gst_event_new_eos());
}

/* Whatever it is in: while a stream is missing, it does not get farther than PAUSED. */
static bool is_meant_to_play(gpointer element) {
  GstObject *top = GST_OBJECT(gst_object_ref(element));
  while (GstObject *parent = gst_object_get_parent(top)) {
    gst_object_unref(top);
    top = parent;
  }
  GST_OBJECT_LOCK(top);
  const bool plays = !GST_IS_ELEMENT(top) || GST_STATE_TARGET(top) == GST_STATE_PLAYING;
  GST_OBJECT_UNLOCK(top);
  gst_object_unref(top);
  return plays;
}

/* On the clock's thread, which others wait for. */
gboolean AbsentPads::run_out_of_patience(GstClock *, GstClockTime, GstClockID, gpointer self) {
  gst_element_call_async(
      GST_ELEMENT(static_cast<AbsentPads *>(self)->mux_),
      +[](GstElement *, gpointer self) { static_cast<AbsentPads *>(self)->end_patience(); }, self,
      nullptr);
  return TRUE;
}

void AbsentPads::end_patience() {
  {
    std::lock_guard lock(lock_);
    if (!patience_)
      return; /* the run has ended meanwhile */
    g_clear_pointer(&patience_, gst_clock_id_unref);
  }
  const Absent absent = find();
  if (absent.silent.empty())
    return;
  if (!is_meant_to_play(mux_))
    return begin_patience();
  const std::string why =
      format("had no data for %.1f s in which all others had, or had ended (`pad-timeout`)",
             double(timeout_) / GST_SECOND);
  for (const auto &pad : absent.silent)
    leave_out(GST_AGGREGATOR_PAD(pad.get()), why.c_str());
}

void AbsentPads::look() {
  const Absent absent = find();
  for (const auto &pad : absent.unlinked)
    leave_out(GST_AGGREGATOR_PAD(pad.get()), "is not linked");
  if (!absent.silent.empty())
    begin_patience();
}

void AbsentPads::begin_patience() {
  const GstClockTime timeout = timeout_;
  if (!GST_CLOCK_TIME_IS_VALID(timeout))
    return;
  GObjectPtr<GstClock> clock(gst_system_clock_obtain());
  std::lock_guard lock(lock_);
  if (patience_)
    return;
  GST_INFO_OBJECT(mux_, "some pads have no data yet, all others have or have ended");
  const GstClockTime now = gst_clock_get_time(clock.get());
  patience_ = gst_clock_new_single_shot_id(
      clock.get(), now + std::min<GstClockTime>(timeout, GST_CLOCK_TIME_NONE - 1 - now));
  /* the reference holds the aggregator, and so this */
  gst_object_ref(mux_);
  gst_clock_id_wait_async(
      patience_, run_out_of_patience, this,
      +[](gpointer self) { gst_object_unref(static_cast<AbsentPads *>(self)->mux_); });
}

void AbsentPads::note(GstAggregatorPad *pad, State state) {
  {
    std::lock_guard lock(lock_);
    auto entry = states_.find(GST_PAD(pad));
    if (entry == states_.end() || entry->second == State::left_out)
      return;
    entry->second = state;
  }
  look();
}

GstPadProbeReturn AbsentPads::see_buffer(GstPad *pad, GstPadProbeInfo *, gpointer self) {
  static_cast<AbsentPads *>(self)->note(GST_AGGREGATOR_PAD(pad), State::gave_data);
  return GST_PAD_PROBE_REMOVE;
}

void AbsentPads::note_end(GstAggregatorPad *pad) { note(pad, State::ended); }

void AbsentPads::watch(GstAggregatorPad *pad) {
  {
    std::lock_guard lock(lock_);
    auto [entry, is_new] = states_.try_emplace(GST_PAD(pad), State::silent);
    const bool has_probe = !is_new && entry->second == State::silent;
    entry->second = State::silent;
    if (has_probe)
      return;
  }
  gst_pad_add_probe(GST_PAD(pad), GST_PAD_PROBE_TYPE_BUFFER, see_buffer, this, nullptr);
}

void AbsentPads::forget(GstAggregatorPad *pad) {
  std::lock_guard lock(lock_);
  states_.erase(GST_PAD(pad));
}

void AbsentPads::stop() {
  std::lock_guard lock(lock_);
  if (!patience_)
    return;
  gst_clock_id_unschedule(patience_);
  g_clear_pointer(&patience_, gst_clock_id_unref);
}

} // namespace framewise
