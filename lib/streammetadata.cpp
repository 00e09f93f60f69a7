/* gst-framewise: what the headers say of a stream, as a structure.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "streammetadata.hpp"

namespace framewise {

static void set_text(GstStructure *structure, const char *field, const char *text) {
  if (text && g_utf8_validate(text, -1, nullptr))
    gst_structure_set(structure, field, G_TYPE_STRING, text, nullptr);
}

static void set_tags(GstStructure *structure, const char *field, const AVDictionary *tags) {
  StructurePtr nested(gst_structure_new_empty(field));
  for (AVDictionaryEntry *tag = nullptr; (tag = av_dict_get(tags, "", tag, AV_DICT_IGNORE_SUFFIX));)
    if (*tag->key && g_utf8_validate(tag->key, -1, nullptr))
      set_text(nested.get(), tag->key, tag->value);
  gst_structure_set(structure, field, GST_TYPE_STRUCTURE, nested.get(), nullptr);
}

/* As the pads of containersink take it. */
static std::string disposition_of(const AVStream *stream) {
  std::string names;
  for (int bit = 0; bit < 31; bit++) {
    const int flag = stream->disposition & (1 << bit);
    if (const char *name = flag ? av_disposition_to_string(flag) : nullptr)
      names += (names.empty() ? "" : "+") + std::string(name);
  }
  return names;
}

/* What is the same for pictures and sound. */
static StructurePtr new_metadata(const ContainerInput &input) {
  const AVCodecParameters *codec = input.stream()->codecpar;
  StructurePtr metadata(gst_structure_new_empty("GstFramewiseMetadata"));
  GstStructure *fields = metadata.get();
  if (const AVCodecDescriptor *descriptor = avcodec_descriptor_get(codec->codec_id)) {
    set_text(fields, "codec", descriptor->name);
    set_text(fields, "long-codec", descriptor->long_name);
  }
  set_text(fields, "profile", avcodec_profile_name(codec->codec_id, codec->profile));
  if (const int64_t end = input.stream_end(); end > 0)
    gst_structure_set(fields, "duration", G_TYPE_UINT64, guint64(end), nullptr);
  set_tags(fields, "container", input.context()->metadata);
  set_tags(fields, "stream", input.stream()->metadata);
  if (const AVProgram *program = input.program(); program && program->metadata)
    set_tags(fields, "program", program->metadata);
  if (const std::string disposition = disposition_of(input.stream()); !disposition.empty())
    set_text(fields, "disposition", disposition.c_str());
  return metadata;
}

StructurePtr stream_metadata(const ContainerInput &input, const VideoParams &delivered) {
  StructurePtr metadata = new_metadata(input);
  GstStructure *fields = metadata.get();
  const AVCodecParameters *codec = input.stream()->codecpar;
  set_text(fields, "video-format", av_get_pix_fmt_name(delivered.format));
  set_text(fields, "coded-format", av_get_pix_fmt_name(AVPixelFormat(codec->format)));
  AVRational fps = input.constant_framerate();
  if (fps.num <= 0)
    fps = input.stream()->avg_frame_rate;
  if (fps.num > 0 && fps.den > 0)
    gst_structure_set(fields, "fps", GST_TYPE_FRACTION, fps.num, fps.den, nullptr);
  return metadata;
}

StructurePtr stream_metadata(const ContainerInput &input, const AudioParams &delivered) {
  StructurePtr metadata = new_metadata(input);
  GstStructure *fields = metadata.get();
  const AVCodecParameters *codec = input.stream()->codecpar;
  set_text(fields, "audio-format", av_get_sample_fmt_name(delivered.format));
  set_text(fields, "coded-format", av_get_sample_fmt_name(AVSampleFormat(codec->format)));
  if (delivered.sample_rate > 0)
    gst_structure_set(fields, "sample-rate", G_TYPE_INT, delivered.sample_rate, nullptr);
  if (delivered.channels() > 0) {
    gst_structure_set(fields, "channels", G_TYPE_INT, delivered.channels(), nullptr);
    set_text(fields, "channel-layout", delivered.layout.describe().c_str());
  }
  return metadata;
}

} // namespace framewise
