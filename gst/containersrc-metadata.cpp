/* gst-framewise: containersrc: what it tells of a stream before any of its frames.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "containersrc.hpp"

#include "chapters.hpp"
#include "streammetadata.hpp"
#include "streampromise.hpp"
#include "streamtags.hpp"

#include <utility>

#define GST_CAT_DEFAULT containersrc_debug

using namespace framewise;

/* ---- Properties -------------------------------------------------------------------------------
 */

static bool is_same(const std::optional<GstFramewiseLayout> &a,
                    const std::optional<GstFramewiseLayout> &b) {
  if (!a || !b)
    return !a && !b;
  return a->frame.format() == b->frame.format() &&
         a->frame.pixel_width() == b->frame.pixel_width() &&
         a->frame.pixel_height() == b->frame.pixel_height();
}

static bool is_same(const StructurePtr &a, const StructurePtr &b) {
  return a && b ? bool(gst_structure_is_equal(a.get(), b.get())) : !a && !b;
}

static void publish(GstContainerSrc *self, std::optional<GstFramewiseLayout> layout,
                    StructurePtr metadata) {
  bool new_layout, new_metadata;
  {
    std::lock_guard lock(self->priv->told_lock);
    new_layout = !is_same(self->priv->layout, layout);
    new_metadata = !is_same(self->priv->metadata, metadata);
    self->priv->layout = layout;
    self->priv->metadata = std::move(metadata);
  }
  if (new_layout)
    g_object_notify(G_OBJECT(self), "frame-layout");
  if (new_metadata)
    g_object_notify(G_OBJECT(self), "metadata");
}

void container_src_publish(GstContainerSrc *self, const ContainerInput &input,
                           const VideoParams &delivered) {
  auto layout = layout_of(delivered);
  publish(self, layout ? std::optional(*layout) : std::nullopt, stream_metadata(input, delivered));
}

void container_src_publish(GstContainerSrc *self, const ContainerInput &input,
                           const AudioParams &delivered) {
  publish(self, std::nullopt, stream_metadata(input, delivered));
}

void container_src_unpublish(GstContainerSrc *self) {
  if (gulong probe = std::exchange(self->priv->toc_probe, 0))
    gst_pad_remove_probe(GST_BASE_SRC_PAD(self), probe);
  publish(self, std::nullopt, nullptr);
}

/* As the first frame will be delivered, if it keeps what the headers promise. */
static void publish_promise(GstContainerSrc *self, const ContainerSrcState &state) {
  const FramePlayer &player = *state.player;
  const ContainerInput &input = player.input();
  CapsPtr accepted(gst_pad_peer_query_caps(GST_BASE_SRC_PAD(self), nullptr));
  if (!accepted)
    accepted.reset(gst_caps_new_any());
  if (input.is_audio()) {
    AudioParams params = promised_audio(input, player.reader().codec());
    const bool is_known = params.format != AV_SAMPLE_FMT_NONE && params.sample_rate > 0;
    if (is_known)
      if (auto delivery = AudioDelivery::choose(params, accepted.get()))
        params = delivery->output();
    container_src_publish(self, input, params);
    return;
  }
  VideoParams params = promised_video(input);
  const bool is_known = params.format != AV_PIX_FMT_NONE && params.width > 0 && params.height > 0;
  if (!is_known) {
    publish(self, std::nullopt, stream_metadata(input, params));
    return;
  }
  /* What downstream does not take is told of with the first frame. */
  if (auto output = FrameDelivery::output_for(state.pixel_format, params, accepted.get()))
    params = *output;
  container_src_publish(self, input, params);
}

/* ---- Events ------------------------------------------------------------------------------------
 */

/* Queued by the base class for after the segment. Not through gst_element_send_event(), whose lock
 * is held by whoever changes the state and waits for this thread. */
static void queue_event(GstContainerSrc *self, GstEvent *event) {
  GST_ELEMENT_CLASS(container_src_base_class())->send_event(GST_ELEMENT(self), event);
}

/* The base class queues no such event. Buffers come after the segment. */
static GstPadProbeReturn push_toc(GstPad *pad, GstPadProbeInfo *, gpointer toc) {
  PRIV(GST_OBJECT_PARENT(pad))->toc_probe = 0;
  gst_pad_push_event(pad, gst_event_new_toc(static_cast<GstToc *>(toc), FALSE));
  return GST_PAD_PROBE_REMOVE;
}

static void queue_toc(GstContainerSrc *self, TocPtr toc) {
  gst_element_post_message(GST_ELEMENT(self),
                           gst_message_new_toc(GST_OBJECT(self), toc.get(), FALSE));
  GstPad *pad = GST_BASE_SRC_PAD(self);
  self->priv->toc_probe =
      gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, push_toc, toc.release(),
                        [](gpointer toc) { gst_toc_unref(static_cast<GstToc *>(toc)); });
}

void container_src_tell(GstContainerSrc *self, const ContainerSrcState &state) {
  const FramePlayer &player = *state.player;
  publish_promise(self, state);
  queue_event(self,
              gst_event_new_tag(stream_tags(player.input(), player.reader().codec()).release()));
  queue_event(self, gst_event_new_tag(container_tags(player.input()).release()));
  if (TocPtr toc = container_toc(player.input()))
    queue_toc(self, std::move(toc));
}
