/* gst-framewise: containersrc: what an application asks of single frames.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "containersrc.hpp"

#define GST_CAT_DEFAULT containersrc_debug

using namespace framewise;

/* Any thread, in any state; playing goes on beside it. */
static Result<StructurePtr> inspect(GstContainerSrc *self, int64_t number) {
  ContainerSrcPrivate &priv = *self->priv;
  std::lock_guard lock(priv.inspector_lock);
  /* Opening input that can be read only once would take it away from the stream. */
  if (!priv.inspector_settings || !priv.seekable)
    return FRAMEWISE_FAIL_RESOURCE(
        SEEK, "Frames can be told of once the element is PAUSED, of input that can be read twice.");
  if (!priv.inspector) {
    auto opened = FrameInspector::open(*priv.inspector_settings, priv.inspector_interruption);
    if (!opened)
      return Failure(opened.error());
    priv.inspector = std::move(*opened);
  }
  return priv.inspector->frame_metadata(number, priv.index.current());
}

GstStructure *container_src_frame_metadata(GstContainerSrc *self, gint64 number) {
  auto fields = inspect(self, number);
  if (fields)
    return fields->release();
  if (!fields.error().is_cancelled())
    GST_WARNING_OBJECT(self, "no metadata of frame %" G_GINT64_FORMAT ": %s", number,
                       fields.error().message.c_str());
  return nullptr;
}

void container_src_begin_inspecting(GstContainerSrc *self, const PlayerSettings &settings) {
  std::lock_guard lock(self->priv->inspector_lock);
  self->priv->inspector_settings = settings;
}

void container_src_end_inspecting(GstContainerSrc *self) {
  ContainerSrcPrivate &priv = *self->priv;
  priv.inspector_interruption.set(Interruption::closing);
  std::lock_guard lock(priv.inspector_lock);
  priv.inspector.reset();
  priv.inspector_settings.reset();
  priv.inspector_interruption.clear(Interruption::closing);
}
