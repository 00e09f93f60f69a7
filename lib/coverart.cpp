/* gst-framewise: pictures that belong to a file as a whole: covers and the like.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "coverart.hpp"

extern "C" {
#include <libavutil/opt.h>
}

#include <gst/tag/tag.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

namespace framewise {

struct PictureFormat {
  AVCodecID codec;
  const char *media_type, *extension;
};
static const PictureFormat picture_formats[] = {
    {AV_CODEC_ID_MJPEG, "image/jpeg", "jpg"}, {AV_CODEC_ID_PNG, "image/png", "png"},
    {AV_CODEC_ID_BMP, "image/bmp", "bmp"},    {AV_CODEC_ID_GIF, "image/gif", "gif"},
    {AV_CODEC_ID_TIFF, "image/tiff", "tif"},  {AV_CODEC_ID_WEBP, "image/webp", "webp"},
};

static const PictureFormat *format_of(AVCodecID codec) {
  auto found = std::find_if(std::begin(picture_formats), std::end(picture_formats),
                            [&](const PictureFormat &format) { return format.codec == codec; });
  return found == std::end(picture_formats) ? nullptr : found;
}

/* The kinds of pictures that ID3v2 numbers, under the names by which libavformat tells them: what
 * it reads and writes as `comment` of the picture's stream. FLAC has taken them over. */
static constexpr std::array kind_names{
    "Other",
    "32x32 pixels 'file icon'",
    "Other file icon",
    "Cover (front)",
    "Cover (back)",
    "Leaflet page",
    "Media (e.g. label side of CD)",
    "Lead artist/lead performer/soloist",
    "Artist/performer",
    "Conductor",
    "Band/Orchestra",
    "Composer",
    "Lyricist/text writer",
    "Recording Location",
    "During recording",
    "During performance",
    "Movie/video screen capture",
    "A bright coloured fish",
    "Illustration",
    "Band/artist logotype",
    "Publisher/Studio logotype",
};
constexpr int kind_icon = 1, kind_other_icon = 2, kind_front = 3;

static bool is_icon(int kind) { return kind == kind_icon || kind == kind_other_icon; }

/* GStreamer has the same list without the icons. */
static GstTagImageType to_image_type(int kind) {
  return kind < kind_front ? GST_TAG_IMAGE_TYPE_UNDEFINED
                           : GstTagImageType(GST_TAG_IMAGE_TYPE_FRONT_COVER + kind - kind_front);
}

static int to_kind(int image_type) {
  const int kind = image_type - GST_TAG_IMAGE_TYPE_FRONT_COVER + kind_front;
  return kind >= kind_front && kind < int(kind_names.size()) ? kind : 0;
}

/* ---- libavformat -> GStreamer --------------------------------------------------------------- */

static const char *entry(const AVStream *stream, const char *key) {
  const AVDictionaryEntry *found = av_dict_get(stream->metadata, key, nullptr, 0);
  return found && g_utf8_validate(found->value, -1, nullptr) ? found->value : nullptr;
}

/* The kind as the name of a file in Matroska, which calls the covers so, and tells no others apart:
 * those are named here as ID3 has them, `cover_back` or `leaflet_page`. */
static std::string file_name_of(int kind) {
  if (is_icon(kind))
    return "small_cover";
  if (kind == kind_front)
    return "cover";
  std::string name;
  for (const char *c = kind_names[size_t(kind)]; *c; c++)
    if (g_ascii_isalnum(*c))
      name += g_ascii_tolower(*c);
    else if (!name.empty() && name.back() != '_')
      name += '_';
  while (!name.empty() && name.back() == '_')
    name.pop_back();
  return name;
}

/* Without its ending, and the number that tells it from others of that kind. */
static std::string stem_of(std::string file) {
  if (const auto dot = file.rfind('.'); dot != std::string::npos)
    file.erase(dot);
  const auto word = file.find_last_not_of("0123456789");
  if (word != std::string::npos && word + 1 < file.size() && file[word] == '_')
    file.erase(word);
  return file;
}

/* A picture of which nothing is said is the cover. */
static int kind_of(const AVStream *stream) {
  if (const char *comment = entry(stream, "comment"))
    for (size_t kind = 0; kind < kind_names.size(); kind++)
      if (g_ascii_strcasecmp(comment, kind_names[kind]) == 0)
        return int(kind);
  const char *file = entry(stream, "filename");
  if (!file)
    return kind_front;
  if (g_str_has_prefix(file, "small_cover"))
    return kind_other_icon;
  const std::string stem = stem_of(file);
  for (size_t kind = 0; kind < kind_names.size(); kind++)
    if (stem == file_name_of(int(kind)))
      return int(kind);
  return kind_front;
}

static GstSample *new_sample(const AVStream *stream, const PictureFormat &format, int kind) {
  const AVPacket &picture = stream->attached_pic;
  BufferPtr buffer(gst_buffer_new_memdup(picture.data, gsize(picture.size)));
  CapsPtr caps(gst_caps_new_empty_simple(format.media_type));
  const AVCodecParameters *codec = stream->codecpar;
  if (codec->width > 0 && codec->height > 0)
    gst_caps_set_simple(caps.get(), "width", G_TYPE_INT, codec->width, "height", G_TYPE_INT,
                        codec->height, nullptr);
  GstStructure *info = gst_structure_new("GstTagImageInfo", "image-type", GST_TYPE_TAG_IMAGE_TYPE,
                                         to_image_type(kind), nullptr);
  if (const char *description = entry(stream, "title"))
    gst_structure_set(info, "image-description", G_TYPE_STRING, description, nullptr);
  return gst_sample_new(buffer.get(), caps.get(), nullptr, info);
}

void add_cover_pictures(const ContainerInput &input, GstTagList *tags) {
  const AVFormatContext *context = input.context();
  for (unsigned i = 0; i < context->nb_streams; i++) {
    const AVStream *stream = context->streams[i];
    const PictureFormat *format = format_of(stream->codecpar->codec_id);
    if (!(stream->disposition & AV_DISPOSITION_ATTACHED_PIC) || stream->attached_pic.size <= 0 ||
        !format)
      continue;
    const int kind = kind_of(stream);
    GstPtr<GstSample> sample(new_sample(stream, *format, kind));
    gst_tag_list_add(tags, GST_TAG_MERGE_APPEND,
                     is_icon(kind) ? GST_TAG_PREVIEW_IMAGE : GST_TAG_IMAGE, sample.get(), nullptr);
  }
}

/* ---- GStreamer -> libavformat --------------------------------------------------------------- */

bool find_size(CoverPicture &picture) {
  if (picture.width > 0 && picture.height > 0)
    return true;
  const AVCodec *decoder = avcodec_find_decoder(picture.codec);
  CodecContextPtr codec = decoder ? new_codec_context(decoder) : nullptr;
  PacketPtr packet = new_packet();
  const gsize size = gst_buffer_get_size(picture.data.get());
  if (!codec || !packet || size > INT_MAX || av_new_packet(packet.get(), int(size)) < 0)
    return false;
  gst_buffer_extract(picture.data.get(), 0, packet->data, size);
  codec->thread_count = 1;
  FramePtr frame = new_frame();
  if (avcodec_open2(codec.get(), decoder, nullptr) < 0 ||
      avcodec_send_packet(codec.get(), packet.get()) < 0)
    return false;
  avcodec_send_packet(codec.get(), nullptr);
  if (avcodec_receive_frame(codec.get(), frame.get()) < 0)
    return false;
  picture.width = frame->width;
  picture.height = frame->height;
  return true;
}

static std::optional<CoverPicture> picture_of(GstSample *sample, bool is_preview) {
  GstBuffer *buffer = gst_sample_get_buffer(sample);
  GstCaps *caps = gst_sample_get_caps(sample);
  if (!buffer || !caps || gst_caps_is_empty(caps) || gst_caps_is_any(caps) ||
      gst_buffer_get_size(buffer) == 0)
    return std::nullopt;
  const GstStructure *type = gst_caps_get_structure(caps, 0);
  auto format = std::find_if(
      std::begin(picture_formats), std::end(picture_formats),
      [&](const PictureFormat &known) { return gst_structure_has_name(type, known.media_type); });
  if (format == std::end(picture_formats))
    return std::nullopt;
  CoverPicture picture;
  picture.data.reset(gst_buffer_ref(buffer));
  picture.codec = format->codec;
  gst_structure_get_int(type, "width", &picture.width);
  gst_structure_get_int(type, "height", &picture.height);
  picture.kind = is_preview ? kind_other_icon : kind_front;
  if (const GstStructure *info = gst_sample_get_info(sample)) {
    int image_type = GST_TAG_IMAGE_TYPE_NONE;
    if (!is_preview &&
        gst_structure_get_enum(info, "image-type", GST_TYPE_TAG_IMAGE_TYPE, &image_type))
      picture.kind = to_kind(image_type);
    if (const char *description = gst_structure_get_string(info, "image-description"))
      picture.description = description;
  }
  return picture;
}

std::vector<CoverPicture> cover_pictures_in(const GstTagList *tags) {
  std::vector<CoverPicture> pictures;
  for (const char *tag : {GST_TAG_IMAGE, GST_TAG_PREVIEW_IMAGE})
    for (guint i = 0; i < gst_tag_list_get_tag_size(tags, tag); i++) {
      GstSample *sample = nullptr;
      if (!gst_tag_list_get_sample_index(tags, tag, i, &sample))
        continue;
      GstPtr<GstSample> owned(sample);
      if (auto picture = picture_of(sample, std::string_view(tag) == GST_TAG_PREVIEW_IMAGE))
        pictures.push_back(std::move(*picture));
    }
  return pictures;
}

static bool has_id3(const AVFormatContext *muxer) {
  int64_t on = 1;
  if (std::string_view(muxer->oformat->name) == "aiff")
    av_opt_get_int(muxer->priv_data, "write_id3v2", 0, &on);
  else
    av_opt_get_int(muxer->priv_data, "id3v2_version", 0, &on);
  return on != 0;
}

/* Which of libavformat's muxers hold what was tried out; those that do not would refuse the file,
 * or make one more video of it. */
CoverPlace cover_place(const AVFormatContext *muxer, AVCodecID codec) {
  const std::string_view name = muxer->oformat->name;
  if (name == "matroska")
    return CoverPlace::attachment;
  if (name == "ogg" || name == "ogv" || name == "oga" || name == "opus" || name == "spx")
    return CoverPlace::entry;
  const bool is_mp4 = name == "mp4" || name == "ipod";
  const bool is_common =
      codec == AV_CODEC_ID_MJPEG || codec == AV_CODEC_ID_PNG || codec == AV_CODEC_ID_BMP;
  if (is_mp4)
    return is_common ? CoverPlace::stream : CoverPlace::none;
  const bool has_id3_name = is_common || codec == AV_CODEC_ID_GIF || codec == AV_CODEC_ID_TIFF;
  if (name == "flac" || ((name == "mp3" || name == "aiff") && has_id3(muxer)))
    return has_id3_name ? CoverPlace::stream : CoverPlace::none;
  return CoverPlace::none;
}

Result<AVStream *> add_cover_stream(AVFormatContext *muxer, CoverPlace place,
                                    const CoverPicture &picture) {
  const PictureFormat *format = format_of(picture.codec);
  AVStream *stream = avformat_new_stream(muxer, nullptr);
  if (!stream)
    return FRAMEWISE_FAIL_RESOURCE(FAILED, "Out of memory.");
  AVCodecParameters *codec = stream->codecpar;
  codec->codec_id = picture.codec;
  stream->time_base = {1, 90000};
  if (!picture.description.empty())
    av_dict_set(&stream->metadata, "title", picture.description.c_str(), 0);
  if (place == CoverPlace::stream) {
    codec->codec_type = AVMEDIA_TYPE_VIDEO;
    codec->width = picture.width;
    codec->height = picture.height;
    stream->disposition = AV_DISPOSITION_ATTACHED_PIC;
    av_dict_set(&stream->metadata, "comment", kind_names[size_t(picture.kind)], 0);
    return stream;
  }
  const gsize size = gst_buffer_get_size(picture.data.get());
  codec->codec_type = AVMEDIA_TYPE_ATTACHMENT;
  codec->extradata = static_cast<uint8_t *>(av_mallocz(size + AV_INPUT_BUFFER_PADDING_SIZE));
  if (!codec->extradata)
    return FRAMEWISE_FAIL_RESOURCE(FAILED, "Out of memory.");
  codec->extradata_size = int(gst_buffer_extract(picture.data.get(), 0, codec->extradata, size));
  std::string file = file_name_of(picture.kind);
  unsigned same = 0;
  for (unsigned i = 0; i < muxer->nb_streams; i++)
    if (const AVDictionaryEntry *other =
            av_dict_get(muxer->streams[i]->metadata, "filename", nullptr, 0);
        other && stem_of(other->value) == file)
      same++;
  if (same > 0)
    file += "_" + std::to_string(same);
  av_dict_set(&stream->metadata, "filename", (file + "." + format->extension).c_str(), 0);
  av_dict_set(&stream->metadata, "mimetype", format->media_type, 0);
  return stream;
}

/* The block that FLAC has for pictures, in letters, as Ogg's comments have it. */
void add_cover_entry(AVDictionary **metadata, const CoverPicture &picture) {
  const std::string_view media_type = format_of(picture.codec)->media_type;
  std::string block;
  auto number = [&](size_t value) {
    for (int shift = 24; shift >= 0; shift -= 8)
      block += char(value >> shift & 0xff);
  };
  auto text = [&](std::string_view value) {
    number(value.size());
    block += value;
  };
  number(size_t(picture.kind));
  text(media_type);
  text(picture.description);
  number(size_t(picture.width));
  number(size_t(picture.height));
  number(24); /* bits of a pixel, which nobody needs to know */
  number(0);  /* colours of a palette */
  std::string data(gst_buffer_get_size(picture.data.get()), '\0');
  gst_buffer_extract(picture.data.get(), 0, data.data(), data.size());
  text(data);
  CString letters(
      g_base64_encode(reinterpret_cast<const guchar *>(block.data()), gsize(block.size())));
  av_dict_set(metadata, "METADATA_BLOCK_PICTURE", letters.get(), 0);
}

Result<PacketPtr> cover_packet(const AVStream *stream, const CoverPicture &picture) {
  PacketPtr packet = new_packet();
  const gsize size = gst_buffer_get_size(picture.data.get());
  if (!packet || size > INT_MAX || av_new_packet(packet.get(), int(size)) < 0)
    return FRAMEWISE_FAIL_RESOURCE(FAILED, "Out of memory.");
  gst_buffer_extract(picture.data.get(), 0, packet->data, size);
  packet->stream_index = stream->index;
  packet->pts = packet->dts = 0;
  packet->flags = AV_PKT_FLAG_KEY;
  return packet;
}

} // namespace framewise
