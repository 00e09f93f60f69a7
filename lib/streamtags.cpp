/* gst-framewise: libav's metadata as GStreamer tags.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "streamtags.hpp"

extern "C" {
#include <libavutil/display.h>
}

#include <gst/tag/tag.h>

#include <cmath>
#include <map>

namespace framewise {

struct TagName {
  const char *av;
  const char *gst;
};
static const TagName tag_names[] = {
    {"album", GST_TAG_ALBUM},
    {"album_artist", GST_TAG_ALBUM_ARTIST},
    {"artist", GST_TAG_ARTIST},
    {"comment", GST_TAG_COMMENT},
    {"composer", GST_TAG_COMPOSER},
    {"copyright", GST_TAG_COPYRIGHT},
    {"creation_time", GST_TAG_DATE_TIME},
    {"date", GST_TAG_DATE_TIME},
    {"description", GST_TAG_DESCRIPTION},
    {"encoder", GST_TAG_ENCODER},
    {"encoded_by", GST_TAG_ENCODED_BY},
    {"genre", GST_TAG_GENRE},
    {"performer", GST_TAG_PERFORMER},
    {"publisher", GST_TAG_PUBLISHER},
    {"title", GST_TAG_TITLE},
};

static bool add_mapped(GstTagList *tags, const char *gst_tag, const char *text) {
  const GType type = gst_tag_get_type(gst_tag);
  if (type == G_TYPE_STRING) {
    gst_tag_list_add(tags, GST_TAG_MERGE_REPLACE, gst_tag, text, nullptr);
    return true;
  }
  if (type == GST_TYPE_DATE_TIME) {
    GstDateTime *time = gst_date_time_new_from_iso8601_string(text);
    if (!time)
      return false;
    gst_tag_list_add(tags, GST_TAG_MERGE_REPLACE, gst_tag, time, nullptr);
    gst_date_time_unref(time);
    return true;
  }
  return false;
}

static void add_entry(GstTagList *tags, const char *key, const char *text) {
  for (const auto &name : tag_names)
    if (g_ascii_strcasecmp(name.av, key) == 0 && add_mapped(tags, name.gst, text))
      return;
  CString comment(g_strdup_printf("%s=%s", key, text));
  gst_tag_list_add(tags, GST_TAG_MERGE_APPEND, GST_TAG_EXTENDED_COMMENT, comment.get(), nullptr);
}

/* GStreamer's word for a display matrix: how to turn the picture so that it stands upright. */
static const char *orientation(const AVStream *stream) {
  size_t size = 0;
  const uint8_t *data = compat::stream_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, &size);
  if (!data || size < 9 * sizeof(int32_t))
    return nullptr;
  int32_t matrix[9];
  std::copy_n(reinterpret_cast<const int32_t *>(data), 9, matrix);
  const double determinant = double(matrix[0]) * matrix[4] - double(matrix[1]) * matrix[3];
  const bool flipped = determinant < 0;
  if (flipped)
    av_display_matrix_flip(matrix, 1, 0);
  const double angle = av_display_rotation_get(matrix); /* counterclockwise, -180 to 180 */
  if (std::isnan(angle))
    return nullptr;
  static const char *const turned[2][4] = {
      {"rotate-0", "rotate-270", "rotate-180", "rotate-90"},
      {"flip-rotate-0", "flip-rotate-270", "flip-rotate-180", "flip-rotate-90"}};
  const int quarter = (int(std::lround(angle / 90)) % 4 + 4) % 4;
  return turned[flipped][quarter];
}

GstPtr<GstTagList> stream_tags(const ContainerInput &input, const AVCodecContext *codec) {
  const AVFormatContext *context = input.context();
  const AVStream *stream = input.stream();
  GstTagList *tags = gst_tag_list_new_empty();
  gst_tag_list_set_scope(tags, GST_TAG_SCOPE_STREAM);

  std::map<std::string, std::string> entries;
  for (const AVDictionary *dict : {context->metadata, stream->metadata}) {
    const AVDictionaryEntry *entry = nullptr;
    while ((entry = av_dict_get(dict, "", entry, AV_DICT_IGNORE_SUFFIX)))
      entries[entry->key] = entry->value;
  }
  for (const auto &[key, text] : entries) {
    /* A file may hold anything. */
    const bool printable = g_utf8_validate(key.c_str(), gssize(key.size()), nullptr) &&
                           g_utf8_validate(text.c_str(), gssize(text.size()), nullptr);
    if (!printable || text.empty())
      continue;
    if (key == "language") {
      const char *code = gst_tag_get_language_code(text.c_str());
      if (text != "und")
        gst_tag_list_add(tags, GST_TAG_MERGE_REPLACE, GST_TAG_LANGUAGE_CODE,
                         code ? code : text.c_str(), nullptr);
    } else if (key != "rotate") {
      add_entry(tags, key.c_str(), text.c_str());
    }
  }

  gst_tag_list_add(tags, GST_TAG_MERGE_REPLACE, GST_TAG_CONTAINER_FORMAT,
                   context->iformat->long_name, nullptr);
  const AVCodecDescriptor *descriptor = avcodec_descriptor_get(codec->codec_id);
  if (descriptor && descriptor->long_name)
    gst_tag_list_add(tags, GST_TAG_MERGE_REPLACE, GST_TAG_VIDEO_CODEC, descriptor->long_name,
                     nullptr);
  if (stream->codecpar->bit_rate > 0 && stream->codecpar->bit_rate <= G_MAXUINT)
    gst_tag_list_add(tags, GST_TAG_MERGE_REPLACE, GST_TAG_BITRATE,
                     guint(stream->codecpar->bit_rate), nullptr);
  if (const char *turned = orientation(stream))
    gst_tag_list_add(tags, GST_TAG_MERGE_REPLACE, GST_TAG_IMAGE_ORIENTATION, turned, nullptr);
  return GstPtr<GstTagList>(tags);
}

} // namespace framewise
