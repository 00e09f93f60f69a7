/* gst-framewise: where in its container a frame comes from, as a buffer meta.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "framemeta.h"
#include "framemeta.hpp"

#include "framesidedata.hpp"

#include <cstring>

/**
 * gst_framewise_frame_meta_get_info:
 *
 * Registers the meta on the first call. Every element of the plugin has done so before it makes a
 * buffer. Safe from any thread.
 *
 * Returns: (transfer none): the description of #GST_FRAMEWISE_FRAME_META_NAME.
 *
 * Since: 0.1
 */
const GstMetaInfo *gst_framewise_frame_meta_get_info(void) {
  /* No tags: the meta holds for the frame whatever its size or colours become. */
  static const gchar *tags[] = {nullptr};
  static const GstMetaInfo *info =
      gst_meta_register_custom(GST_FRAMEWISE_FRAME_META_NAME, tags, nullptr, nullptr, nullptr);
  return info;
}

/**
 * gst_framewise_buffer_get_frame_meta:
 * @buffer: a buffer
 *
 * Returns: (transfer none) (nullable): the fields of the buffer's #GST_FRAMEWISE_FRAME_META_NAME,
 *   valid as long as @buffer is; %NULL where it has none.
 *
 * Since: 0.1
 */
const GstStructure *gst_framewise_buffer_get_frame_meta(GstBuffer *buffer) {
  g_return_val_if_fail(GST_IS_BUFFER(buffer), nullptr);
  gst_framewise_frame_meta_get_info();
  GstCustomMeta *meta = gst_buffer_get_custom_meta(buffer, GST_FRAMEWISE_FRAME_META_NAME);
  return meta ? gst_custom_meta_get_structure(meta) : nullptr;
}

namespace framewise {

struct PictureTypeName {
  AVPictureType type;
  const char *name;
};
static const PictureTypeName picture_types[] = {
    {AV_PICTURE_TYPE_I, "I"},   {AV_PICTURE_TYPE_P, "P"},   {AV_PICTURE_TYPE_B, "B"},
    {AV_PICTURE_TYPE_S, "S"},   {AV_PICTURE_TYPE_SI, "SI"}, {AV_PICTURE_TYPE_SP, "SP"},
    {AV_PICTURE_TYPE_BI, "BI"},
};

static const char *picture_type_name(AVPictureType type) {
  for (const auto &known : picture_types)
    if (known.type == type)
      return known.name;
  return "NONE";
}

static AVPictureType picture_type_from_name(const char *name) {
  for (const auto &known : picture_types)
    if (name && !strcmp(known.name, name))
      return known.type;
  return AV_PICTURE_TYPE_NONE;
}

void add_frame_meta(GstBuffer *buffer, const FrameOrigin &origin) {
  gst_framewise_frame_meta_get_info();
  GstCustomMeta *meta = gst_buffer_add_custom_meta(buffer, GST_FRAMEWISE_FRAME_META_NAME);
  GstStructure *fields = gst_custom_meta_get_structure(meta);
  gst_structure_set(fields, "frame", G_TYPE_INT64, origin.number, "time-base", GST_TYPE_FRACTION,
                    origin.time_base.num, origin.time_base.den, "key-frame", G_TYPE_BOOLEAN,
                    gboolean(compat::is_key_frame(origin.frame)), "picture-type", G_TYPE_STRING,
                    picture_type_name(origin.frame->pict_type), "interlaced", G_TYPE_BOOLEAN,
                    gboolean(compat::is_interlaced(origin.frame)), nullptr);
  if (origin.pts != AV_NOPTS_VALUE)
    gst_structure_set(fields, "pts", G_TYPE_INT64, origin.pts, nullptr);
  if (StructurePtr items = side_data_bytes(origin.frame))
    gst_structure_set(fields, "side-data", GST_TYPE_STRUCTURE, items.get(), nullptr);
}

void set_picture_type(AVFrame *frame, GstBuffer *buffer) {
  const GstStructure *fields = gst_framewise_buffer_get_frame_meta(buffer);
  gboolean is_key = TRUE;
  if (fields)
    gst_structure_get_boolean(fields, "key-frame", &is_key);
  frame->pict_type = fields
                         ? picture_type_from_name(gst_structure_get_string(fields, "picture-type"))
                         : AV_PICTURE_TYPE_I;
  compat::set_key_frame(frame, is_key);
}

std::optional<AVRational> frame_meta_time_base(GstBuffer *buffer) {
  const GstStructure *fields = gst_framewise_buffer_get_frame_meta(buffer);
  int num, den;
  if (!fields || !gst_structure_get_fraction(fields, "time-base", &num, &den) || num <= 0)
    return std::nullopt;
  return AVRational{num, den};
}

} // namespace framewise
