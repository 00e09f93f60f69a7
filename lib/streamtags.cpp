/* gst-framewise: libav's metadata as GStreamer tags.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "streamtags.hpp"

#include "coverart.hpp"
#include "orientation.hpp"
#include "tagnames.hpp"

#include <algorithm>

namespace framewise {

static const char *orientation(const AVStream *stream) {
  size_t size = 0;
  const uint8_t *data = compat::stream_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, &size);
  if (!data || size < sizeof(DisplayMatrix))
    return nullptr;
  DisplayMatrix matrix;
  std::copy_n(reinterpret_cast<const int32_t *>(data), matrix.size(), matrix.begin());
  return orientation_of(matrix);
}

static void add_bitrate(GstTagList *tags, const char *tag, int64_t rate) {
  if (rate > 0 && rate <= G_MAXUINT)
    gst_tag_list_add(tags, GST_TAG_MERGE_REPLACE, tag, guint(rate), nullptr);
}

/* The mean, and what the encoder was told to keep to, where the stream says so. */
static void add_bitrates(const AVStream *stream, GstTagList *tags) {
  add_bitrate(tags, GST_TAG_BITRATE, stream->codecpar->bit_rate);
  size_t size = 0;
  const uint8_t *data = compat::stream_side_data(stream, AV_PKT_DATA_CPB_PROPERTIES, &size);
  if (!data || size < sizeof(AVCPBProperties))
    return;
  const auto *properties = reinterpret_cast<const AVCPBProperties *>(data);
  add_bitrate(tags, GST_TAG_NOMINAL_BITRATE, properties->avg_bitrate);
  add_bitrate(tags, GST_TAG_MAXIMUM_BITRATE, properties->max_bitrate);
  add_bitrate(tags, GST_TAG_MINIMUM_BITRATE, properties->min_bitrate);
}

GstPtr<GstTagList> container_tags(const ContainerInput &input) {
  const AVFormatContext *context = input.context();
  GstPtr<GstTagList> tags(gst_tag_list_new_empty());
  gst_tag_list_set_scope(tags.get(), GST_TAG_SCOPE_GLOBAL);
  Dictionary entries;
  av_dict_copy(entries.address(), context->metadata, 0);
  if (const AVProgram *program = input.program()) /* `service_name` of MPEG-TS, and the like */
    av_dict_copy(entries.address(), program->metadata, AV_DICT_DONT_OVERWRITE);
  metadata_to_tags(entries.get(), tags.get());
  gst_tag_list_add(tags.get(), GST_TAG_MERGE_REPLACE, GST_TAG_CONTAINER_FORMAT,
                   context->iformat->long_name, nullptr);
  add_cover_pictures(input, tags.get());
  return tags;
}

GstPtr<GstTagList> stream_tags(const ContainerInput &input, const AVCodecContext *codec) {
  const AVStream *stream = input.stream();
  GstPtr<GstTagList> owned(gst_tag_list_new_empty());
  GstTagList *tags = owned.get();
  gst_tag_list_set_scope(tags, GST_TAG_SCOPE_STREAM);

  Dictionary entries;
  av_dict_copy(entries.address(), stream->metadata, 0);
  av_dict_set(entries.address(), "rotate", nullptr, 0); /* the orientation, once more */
  size_t size = 0;
  if (compat::stream_side_data(stream, AV_PKT_DATA_STEREO3D, &size))
    av_dict_set(entries.address(), "stereo_mode", nullptr,
                0); /* caps have it, and filters change it */
  metadata_to_tags(entries.get(), tags);

  gst_tag_list_add(tags, GST_TAG_MERGE_REPLACE, GST_TAG_CONTAINER_FORMAT,
                   input.context()->iformat->long_name, nullptr);
  const AVCodecDescriptor *descriptor = avcodec_descriptor_get(codec->codec_id);
  if (descriptor && descriptor->long_name)
    gst_tag_list_add(tags, GST_TAG_MERGE_REPLACE,
                     input.is_audio() ? GST_TAG_AUDIO_CODEC : GST_TAG_VIDEO_CODEC,
                     descriptor->long_name, nullptr);
  add_bitrates(stream, tags);
  if (const char *turned = orientation(stream))
    gst_tag_list_add(tags, GST_TAG_MERGE_REPLACE, GST_TAG_IMAGE_ORIENTATION, turned, nullptr);
  return owned;
}

} // namespace framewise
