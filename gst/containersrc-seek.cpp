/* gst-framewise: containersrc: seeks and queries.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "containersrc.hpp"

#include "framequeries.hpp"

#define GST_CAT_DEFAULT containersrc_debug

using namespace framewise;

/* ---- Seeking and queries ----------------------------------------------------------------------
 */

gboolean container_src_is_seekable(GstBaseSrc *src) { return PRIV(src)->seekable; }

/* do_seek() makes the segment; here is only nothing that it needs. */
gboolean container_src_prepare_seek_segment(GstBaseSrc *, GstEvent *, GstSegment *) { return TRUE; }

/* Only notes where to go; the streaming thread goes there, as it may take reading, or waiting for
 * the index. */
gboolean container_src_do_seek(GstBaseSrc *src, GstSegment *segment) {
  auto *self = SELF(src);
  ContainerSrcState *state = PRIV(src)->state.get();
  if (!state)
    return FALSE;
  PRIV(src)->said_why = false;
  GST_OBJECT_LOCK(src);
  const GstSegment old = src->segment;
  GST_OBJECT_UNLOCK(src);
  *segment = old;

  auto request = PRIV(src)->seeks.take();
  if (!request)
    return TRUE;
  FramePlayer &player = *state->player;
  if (!player.can_seek()) {
    container_src_warn(self, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SEEK,
                       "This input cannot seek: it is played from its start.");
    return TRUE;
  }
  std::optional<int64_t> position;
  if (player.is_there())
    position = old.position;
  state->seqnum = request->seqnum;
  state->segment_waits = true;
  state->frame.reset();
  state->audio_end.reset();
  state->any_frame_in_pass = true; /* a seek to the end goes on with the next pass */
  player.request(request->applied_to(player.requested(), position));
  auto range = player.foresee();
  *segment = request->segment_after(old, range ? range->bounds()
                                               : request->guess(player.requested(), old));
  return TRUE;
}

/* Another rate from now on, without a new segment: those downstream do that. */
static bool change_rate_instantly(GstContainerSrc *self, const SeekRequest &request) {
  auto *src = GST_BASE_SRC(self);
  GST_OBJECT_LOCK(self);
  const gdouble rate = src->segment.rate;
  GST_OBJECT_UNLOCK(self);
  if ((request.rate > 0) != (rate > 0)) {
    GST_WARNING_OBJECT(self, "an instant change of rate cannot turn back");
    return false;
  }
  GstEvent *event = gst_event_new_instant_rate_change(
      request.rate / rate, GstSegmentFlags(request.flags & GST_SEGMENT_INSTANT_FLAGS));
  gst_event_set_seqnum(event, request.seqnum);
  return gst_pad_push_event(GST_BASE_SRC_PAD(src), event);
}

enum class SeekVerdict { perform, keep, done, refuse, later };

/* Before the base class flushes anything for a seek that cannot be done, or touches a stream that
 * is being opened. One that comes so early is kept, the last one of several. Blocks on nothing: who
 * sends an event holds up changes of the state. */
static SeekVerdict judge_seek(GstContainerSrc *self, GstEvent *event, const SeekRequest &request) {
  GstPad *pad = GST_BASE_SRC_PAD(self);
  GST_OBJECT_LOCK(pad);
  const bool is_active = GST_PAD_MODE(pad) == GST_PAD_MODE_PUSH;
  GST_OBJECT_UNLOCK(pad);
  if (is_active) {
    std::lock_guard lock(self->priv->open_lock);
    if (self->priv->opening) {
      self->priv->early_seek.reset(gst_event_ref(event));
      return SeekVerdict::later;
    }
  }
  if (is_active && !self->priv->seekable) {
    GST_DEBUG_OBJECT(self, "this input cannot seek");
    return SeekVerdict::refuse;
  }
  if (request.wants_rate_only())
    return is_active && change_rate_instantly(self, request) ? SeekVerdict::done
                                                             : SeekVerdict::refuse;
  if (auto possible = request.check(self->priv->index.current().get()); !possible) {
    possible.error().post_warning(GST_ELEMENT(self));
    return SeekVerdict::refuse;
  }
  return is_active ? SeekVerdict::perform : SeekVerdict::keep;
}

/* `perform` shows the base class an event that stands for the seek. */
template <typename Perform>
static gboolean seek(GstContainerSrc *self, GstEvent *event, Perform perform) {
  const SeekRequest request = SeekRequest::from_event(event);
  const SeekVerdict verdict = judge_seek(self, event, request);
  if (verdict == SeekVerdict::keep)
    self->priv->seeks.keep(request);
  if (verdict != SeekVerdict::keep && verdict != SeekVerdict::perform)
    return verdict != SeekVerdict::refuse;
  /* The base class lets one flushing seek end the flush of another that still waits for the
   * streaming thread, which then waits for ever: one at a time. Others need no turn, and one that
   * is made within a seek, or by the streaming thread itself, must not wait for it. */
  const bool takes_turns = request.flags & GST_SEEK_FLAG_FLUSH &&
                           !self->priv->seeks.is_passing_here() &&
                           self->priv->streaming_thread != std::this_thread::get_id();
  std::unique_lock turn(self->priv->flush_lock, std::defer_lock);
  if (takes_turns)
    turn.lock();
  SeekHandover::Passing passing(self->priv->seeks, request);
  GstPtr<GstEvent> envelope(SeekHandover::envelope(request));
  return perform(envelope.get());
}

/* Seeks that come up the pipeline. */
gboolean container_src_event(GstBaseSrc *src, GstEvent *event) {
  auto *base_class = container_src_base_class();
  if (GST_EVENT_TYPE(event) != GST_EVENT_SEEK)
    return base_class->event(src, event);
  return seek(SELF(src), event,
              [&](GstEvent *envelope) { return base_class->event(src, envelope); });
}

/* Seeks sent to the element itself. */
gboolean container_src_send_event(GstElement *element, GstEvent *event) {
  auto *base_class = GST_ELEMENT_CLASS(container_src_base_class());
  if (GST_EVENT_TYPE(event) != GST_EVENT_SEEK)
    return base_class->send_event(element, event);
  GstPtr<GstEvent> owned(event);
  return seek(SELF(element), event, [&](GstEvent *envelope) {
    return base_class->send_event(element, gst_event_ref(envelope));
  });
}

static StreamFacts facts(GstContainerSrc *self) {
  const auto *priv = self->priv;
  return {priv->seekable, priv->duration, self->priv->index.current(), priv->last_frame};
}

gboolean container_src_query(GstBaseSrc *src, GstQuery *query) {
  switch (GST_QUERY_TYPE(query)) {
  case GST_QUERY_URI: {
    std::string location;
    {
      std::lock_guard lock(PRIV(src)->settings_lock);
      location = PRIV(src)->settings.location;
    }
    if (location.empty())
      return FALSE;
    CString uri(gst_uri_is_valid(location.c_str())
                    ? g_strdup(location.c_str())
                    : gst_filename_to_uri(location.c_str(), nullptr));
    gst_query_set_uri(query, uri.get());
    return uri != nullptr;
  }
  default:
    if (auto answered = answer_query(query, facts(SELF(src))))
      return *answered;
    return container_src_base_class()->query(src, query);
  }
}
