/* gst-framewise: what filters found out about a frame, as a buffer meta.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "filtermeta.hpp"

/**
 * gst_framewise_filter_meta_get_info:
 *
 * Registers the meta on the first call. Every element of the plugin has done so before it makes a
 * buffer. Safe from any thread.
 *
 * Returns: (transfer none): the description of #GST_FRAMEWISE_FILTER_META_NAME.
 *
 * Since: 0.1
 */
const GstMetaInfo *gst_framewise_filter_meta_get_info(void) {
  /* No tags: it says what was found when it was looked for, whatever the frame becomes. */
  static const gchar *tags[] = {nullptr};
  static const GstMetaInfo *info =
      gst_meta_register_custom(GST_FRAMEWISE_FILTER_META_NAME, tags, nullptr, nullptr, nullptr);
  return info;
}

/**
 * gst_framewise_buffer_get_filter_meta:
 * @buffer: a buffer
 *
 * Returns: (transfer none) (nullable): the fields of the buffer's #GST_FRAMEWISE_FILTER_META_NAME,
 *   valid as long as @buffer is; %NULL where it has none.
 *
 * Since: 0.1
 */
const GstStructure *gst_framewise_buffer_get_filter_meta(GstBuffer *buffer) {
  g_return_val_if_fail(GST_IS_BUFFER(buffer), nullptr);
  gst_framewise_filter_meta_get_info();
  GstCustomMeta *meta = gst_buffer_get_custom_meta(buffer, GST_FRAMEWISE_FILTER_META_NAME);
  return meta ? gst_custom_meta_get_structure(meta) : nullptr;
}

namespace framewise {

const GstStructure *add_filter_meta(GstBuffer *buffer, const AVFrame *frame) {
  GstStructure *fields = nullptr;
  const AVDictionaryEntry *item = nullptr;
  while ((item = av_dict_get(frame->metadata, "lavfi.", item, AV_DICT_IGNORE_SUFFIX))) {
    if (!fields) {
      gst_framewise_filter_meta_get_info();
      fields = gst_custom_meta_get_structure(
          gst_buffer_add_custom_meta(buffer, GST_FRAMEWISE_FILTER_META_NAME));
    }
    gst_structure_set(fields, item->key, G_TYPE_STRING, item->value, nullptr);
  }
  return fields;
}

void copy_filter_meta(AVFrame *frame, GstBuffer *buffer) {
  const GstStructure *fields = gst_framewise_buffer_get_filter_meta(buffer);
  const int n = fields ? gst_structure_n_fields(fields) : 0;
  for (int i = 0; i < n; i++) {
    const char *name = gst_structure_nth_field_name(fields, i);
    if (const char *value = gst_structure_get_string(fields, name))
      av_dict_set(&frame->metadata, name, value, 0);
  }
}

} // namespace framewise
