/* gst-framewise: what a frame carries beside its picture: libav's side data <-> buffer metas.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "framesidedata.hpp"

#include "framemeta.h"

#include <gst/video/gstvideometa.h>
#include <gst/video/video-anc.h>
#include <gst/video/video.h>

extern "C" {
#include <libavutil/detection_bbox.h>
#include <libavutil/dovi_meta.h>
#include <libavutil/film_grain_params.h>
#include <libavutil/hdr_dynamic_metadata.h>
#include <libavutil/hdr_dynamic_vivid_metadata.h>
#include <libavutil/mastering_display_metadata.h>
#include <libavutil/motion_vector.h>
#include <libavutil/spherical.h>
#include <libavutil/stereo3d.h>
#include <libavutil/timecode.h>
#include <libavutil/video_enc_params.h>
}

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace framewise {

GST_DEBUG_CATEGORY_STATIC(side_data_debug);
#define GST_CAT_DEFAULT side_data_debug

static void init_debug() {
  static const bool done = [] {
    GST_DEBUG_CATEGORY_INIT(side_data_debug, "framewisesidedata", 0, "side data of frames");
    return true;
  }();
  (void)done;
}

/* ---- Types and names --------------------------------------------------------------------------
 */

namespace {

/* What comes back from where. */
enum class Home {
  bytes, /* the frame meta */
  meta,  /* a meta of GStreamer's */
  caps,
};

/* What an item is about, and what it does not outlive. */
enum class Bound {
  nothing,
  places, /* in the picture, whatever its size */
  pixels,
  colors,
};

struct SideDataType {
  AVFrameSideDataType type;
  const char *name;
  size_t least; /* bytes that those who read it take for granted */
  Home home = Home::bytes;
  Bound bound = Bound::nothing;
};

/* libav copies each kind byte by byte (av_frame_copy_props()), so none of them has pointers in it,
 * and bytes are all there is to it; inner references are offsets. */
const SideDataType side_data_types[] = {
    {AV_FRAME_DATA_PANSCAN, "panscan", sizeof(AVPanScan), Home::bytes, Bound::pixels},
    {AV_FRAME_DATA_A53_CC, "a53-cc", 0, Home::meta},
    {AV_FRAME_DATA_STEREO3D, "stereo3d", sizeof(AVStereo3D), Home::caps, Bound::places},
    {AV_FRAME_DATA_MATRIXENCODING, "matrixencoding", sizeof(int)},
    {AV_FRAME_DATA_DOWNMIX_INFO, "downmix-info", 0},
    {AV_FRAME_DATA_REPLAYGAIN, "replaygain", 0},
    {AV_FRAME_DATA_DISPLAYMATRIX, "displaymatrix", 9 * sizeof(int32_t), Home::bytes, Bound::places},
    {AV_FRAME_DATA_AFD, "afd", 1, Home::meta, Bound::places},
    {AV_FRAME_DATA_MOTION_VECTORS, "motion-vectors", 0, Home::bytes, Bound::pixels},
    {AV_FRAME_DATA_SKIP_SAMPLES, "skip-samples", 0},
    {AV_FRAME_DATA_AUDIO_SERVICE_TYPE, "audio-service-type", sizeof(int)},
    {AV_FRAME_DATA_MASTERING_DISPLAY_METADATA, "mastering-display-metadata",
     sizeof(AVMasteringDisplayMetadata), Home::caps},
    {AV_FRAME_DATA_GOP_TIMECODE, "gop-timecode", sizeof(int64_t), Home::meta},
    {AV_FRAME_DATA_SPHERICAL, "spherical", sizeof(AVSphericalMapping), Home::bytes, Bound::places},
    {AV_FRAME_DATA_CONTENT_LIGHT_LEVEL, "content-light-level", sizeof(AVContentLightMetadata),
     Home::caps},
    {AV_FRAME_DATA_ICC_PROFILE, "icc-profile", 0, Home::bytes, Bound::colors},
    {AV_FRAME_DATA_S12M_TIMECODE, "s12m-timecode", 4 * sizeof(uint32_t), Home::meta},
    {AV_FRAME_DATA_DYNAMIC_HDR_PLUS, "dynamic-hdr-plus", sizeof(AVDynamicHDRPlus), Home::bytes,
     Bound::colors},
    {AV_FRAME_DATA_REGIONS_OF_INTEREST, "regions-of-interest", sizeof(AVRegionOfInterest),
     Home::meta, Bound::pixels},
    {AV_FRAME_DATA_VIDEO_ENC_PARAMS, "video-enc-params", sizeof(AVVideoEncParams), Home::bytes,
     Bound::pixels},
    {AV_FRAME_DATA_SEI_UNREGISTERED, "sei-unregistered", 16},
    {AV_FRAME_DATA_FILM_GRAIN_PARAMS, "film-grain-params", sizeof(AVFilmGrainParams)},
    {AV_FRAME_DATA_DETECTION_BBOXES, "detection-bboxes", sizeof(AVDetectionBBoxHeader), Home::bytes,
     Bound::pixels},
    {AV_FRAME_DATA_DOVI_RPU_BUFFER, "dovi-rpu-buffer", 0, Home::bytes, Bound::colors},
    {AV_FRAME_DATA_DOVI_METADATA, "dovi-metadata", sizeof(AVDOVIMetadata), Home::bytes,
     Bound::colors},
    {AV_FRAME_DATA_DYNAMIC_HDR_VIVID, "dynamic-hdr-vivid", sizeof(AVDynamicHDRVivid), Home::bytes,
     Bound::colors},
};

const SideDataType *find_type(AVFrameSideDataType type) {
  for (const auto &known : side_data_types)
    if (known.type == type)
      return &known;
  return nullptr;
}

/* `name`, or the second and later ones of it: `name-2`. */
const SideDataType *find_type(std::string_view name) {
  if (const size_t dash = name.rfind('-');
      dash != name.npos && dash + 1 < name.size() &&
      name.find_first_not_of("0123456789", dash + 1) == name.npos)
    name = name.substr(0, dash);
  for (const auto &known : side_data_types)
    if (name == known.name)
      return &known;
  return nullptr;
}

void unref_buffer(gpointer data) {
  auto *buffer = static_cast<AVBufferRef *>(data);
  av_buffer_unref(&buffer);
}

void unref_bytes(void *bytes, uint8_t *) { g_bytes_unref(static_cast<GBytes *>(bytes)); }

void set_bytes(StructurePtr &fields, const SideDataType &type, const AVFrameSideData *item) {
  if (!fields)
    fields.reset(gst_structure_new_empty("side-data"));
  std::string name = type.name;
  for (int n = 2; gst_structure_has_field(fields.get(), name.c_str()); n++)
    name = format("%s-%d", type.name, n);
  AVBufferRef *ref = av_buffer_ref(item->buf);
  GBytes *bytes = ref ? g_bytes_new_with_free_func(item->data, item->size, unref_buffer, ref)
                      : g_bytes_new(item->data, item->size);
  gst_structure_set(fields.get(), name.c_str(), G_TYPE_BYTES, bytes, nullptr);
  g_bytes_unref(bytes);
}

void add_bytes(AVFrame *frame, const SideDataType &type, GBytes *bytes) {
  gsize size = 0;
  gconstpointer data = g_bytes_get_data(bytes, &size);
  if (size == 0 || size < type.least) {
    GST_WARNING("%" G_GSIZE_FORMAT " bytes are no %s, which has %" G_GSIZE_FORMAT
                " or more: left out",
                size, type.name, type.least);
    return;
  }
  AVBufferRef *ref = av_buffer_create(static_cast<uint8_t *>(const_cast<gpointer>(data)), size,
                                      unref_bytes, g_bytes_ref(bytes), AV_BUFFER_FLAG_READONLY);
  if (!ref) {
    g_bytes_unref(bytes);
    return;
  }
  if (!av_frame_new_side_data_from_buf(frame, type.type, ref))
    av_buffer_unref(&ref);
}

void add_copy(AVFrame *frame, AVFrameSideDataType type, const void *data, size_t size) {
  if (AVFrameSideData *item = size > 0 ? av_frame_new_side_data(frame, type, size) : nullptr)
    std::memcpy(item->data, data, size);
}

const GstStructure *side_data_field(GstBuffer *buffer) {
  const GstStructure *fields = gst_framewise_buffer_get_frame_meta(buffer);
  const GValue *value = fields ? gst_structure_get_value(fields, "side-data") : nullptr;
  return value && GST_VALUE_HOLDS_STRUCTURE(value) ? gst_value_get_structure(value) : nullptr;
}

} // namespace

StructurePtr side_data_bytes(const AVFrame *frame) {
  StructurePtr fields;
  for (int i = 0; i < frame->nb_side_data; i++)
    if (const SideDataType *type = find_type(frame->side_data[i]->type))
      set_bytes(fields, *type, frame->side_data[i]);
  return fields;
}

/* ---- Regions of interest ----------------------------------------------------------------------
 */

namespace {

/* Parameters of a region are named after the element that they are for. */
#define REGION_PARAMETERS "roi/containersink"
constexpr int qp_range = 51; /* of 8 bit H.264 and HEVC, which `delta-qp` is in */

void add_region(GstBuffer *buffer, const AVRegionOfInterest &region) {
  if (region.right <= region.left || region.bottom <= region.top)
    return;
  const int left = std::max(region.left, 0), top = std::max(region.top, 0);
  GstVideoRegionOfInterestMeta *meta = gst_buffer_add_video_region_of_interest_meta(
      buffer, "roi", guint(left), guint(top), guint(region.right - left),
      guint(region.bottom - top));
  gst_video_region_of_interest_meta_add_param(
      meta, gst_structure_new(REGION_PARAMETERS, "qoffset", GST_TYPE_FRACTION, region.qoffset.num,
                              region.qoffset.den, "delta-qp", G_TYPE_INT,
                              int(std::lrint(av_q2d(region.qoffset) * qp_range)), nullptr));
}

/* Ours, or else the `delta-qp` that is meant for some other encoder; none where the region is not
 * about encoding. */
std::optional<AVRational> quality_offset(GstVideoRegionOfInterestMeta *meta) {
  if (const GstStructure *ours =
          gst_video_region_of_interest_meta_get_param(meta, REGION_PARAMETERS)) {
    AVRational offset;
    if (gst_structure_get_fraction(ours, "qoffset", &offset.num, &offset.den))
      return offset;
  }
  for (const GList *param = meta->params; param; param = param->next) {
    auto *fields = static_cast<const GstStructure *>(param->data);
    int delta = 0;
    if (g_str_has_prefix(gst_structure_get_name(fields), "roi/") &&
        gst_structure_get_int(fields, "delta-qp", &delta))
      return AVRational{std::clamp(delta, -qp_range, qp_range), qp_range};
  }
  return std::nullopt;
}

void append_region(std::vector<AVRegionOfInterest> &regions, GstVideoRegionOfInterestMeta *meta) {
  auto offset = quality_offset(meta);
  constexpr guint64 largest = G_MAXINT;
  if (!offset || guint64(meta->x) + meta->w > largest || guint64(meta->y) + meta->h > largest)
    return;
  AVRegionOfInterest region = {};
  region.self_size = sizeof region;
  region.left = int(meta->x);
  region.top = int(meta->y);
  region.right = int(meta->x + meta->w);
  region.bottom = int(meta->y + meta->h);
  region.qoffset = *offset;
  regions.push_back(region);
}

std::vector<AVRegionOfInterest> regions_of(const AVFrameSideData *item) {
  std::vector<AVRegionOfInterest> regions;
  if (!item || item->size < sizeof(AVRegionOfInterest))
    return regions;
  const size_t step = reinterpret_cast<const AVRegionOfInterest *>(item->data)->self_size;
  for (size_t at = 0; step > 0 && at + sizeof(AVRegionOfInterest) <= item->size; at += step)
    regions.push_back(*reinterpret_cast<const AVRegionOfInterest *>(item->data + at));
  return regions;
}

std::vector<AVRegionOfInterest> regions_of(GstBuffer *buffer) {
  std::vector<AVRegionOfInterest> regions;
  gpointer state = nullptr;
  while (GstMeta *meta = gst_buffer_iterate_meta_filtered(
             buffer, &state, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE))
    append_region(regions, reinterpret_cast<GstVideoRegionOfInterestMeta *>(meta));
  return regions;
}

bool same_region(const AVRegionOfInterest &a, const AVRegionOfInterest &b) {
  return a.left == b.left && a.top == b.top && a.right == b.right && a.bottom == b.bottom &&
         av_cmp_q(a.qoffset, b.qoffset) == 0;
}

/* ---- Timecodes ---------------------------------------------------------------------------------
 */

void add_timecode(GstBuffer *buffer, const AVFrame *frame, const char *text, AVRational rate) {
  guint hours, minutes, seconds, frames;
  char separator;
  if (rate.num <= 0 ||
      std::sscanf(text, "%u:%u:%u%c%u", &hours, &minutes, &seconds, &separator, &frames) != 5)
    return;
  guint flags = GST_VIDEO_TIME_CODE_FLAGS_NONE;
  const bool may_drop = rate.den == 1001 && (rate.num == 30000 || rate.num == 60000);
  if (separator != ':' && may_drop)
    flags |= GST_VIDEO_TIME_CODE_FLAGS_DROP_FRAME;
  const bool interlaced = compat::is_interlaced(frame);
  if (interlaced)
    flags |= GST_VIDEO_TIME_CODE_FLAGS_INTERLACED;
  GstVideoTimeCode code;
  std::memset(&code, 0, sizeof code);
  gst_video_time_code_init(&code, guint(rate.num), guint(rate.den), nullptr,
                           GstVideoTimeCodeFlags(flags), hours, minutes, seconds, frames,
                           interlaced ? 1 : 0);
  if (gst_video_time_code_is_valid(&code))
    gst_buffer_add_video_time_code_meta(buffer, &code);
  else
    GST_DEBUG("timecode %s is none at %d/%d frames a second", text, rate.num, rate.den);
  gst_video_time_code_clear(&code);
}

constexpr size_t max_timecodes = 3; /* that one item of SMPTE ST 12-1 holds */

void add_timecodes(GstBuffer *buffer, const AVFrame *frame, AVRational rate,
                   const char *stream_timecode) {
  char text[AV_TIMECODE_STR_SIZE];
  if (const auto *item = av_frame_get_side_data(frame, AV_FRAME_DATA_S12M_TIMECODE);
      item && item->size >= 4 * sizeof(uint32_t)) {
    const auto *codes = reinterpret_cast<const uint32_t *>(item->data);
    for (size_t i = 1; i <= std::min<size_t>(codes[0], max_timecodes) && rate.num > 0; i++)
      add_timecode(buffer, frame, av_timecode_make_smpte_tc_string2(text, rate, codes[i], 0, 0),
                   rate);
    return;
  }
  if (*stream_timecode) {
    add_timecode(buffer, frame, stream_timecode, rate);
    return;
  }
  if (const auto *item = av_frame_get_side_data(frame, AV_FRAME_DATA_GOP_TIMECODE);
      item && item->size >= sizeof(int64_t))
    add_timecode(
        buffer, frame,
        av_timecode_make_mpeg_tc_string(text, uint32_t(*reinterpret_cast<int64_t *>(item->data))),
        rate);
}

uint32_t to_smpte(const GstVideoTimeCode &code) {
  return av_timecode_get_smpte({int(code.config.fps_n), int(code.config.fps_d)},
                               code.config.flags & GST_VIDEO_TIME_CODE_FLAGS_DROP_FRAME,
                               int(code.hours), int(code.minutes), int(code.seconds),
                               int(code.frames));
}

/* ---- Captions and AFD --------------------------------------------------------------------------
 */

constexpr size_t caption_size = 3;    /* bytes of a `cc_data` packet */
constexpr size_t max_captions = 0x1f; /* of them in a picture: cc_count has five bits */

void add_captions(GstBuffer *buffer, const AVFrame *frame) {
  if (const auto *item = av_frame_get_side_data(frame, AV_FRAME_DATA_A53_CC); item && item->size)
    gst_buffer_add_video_caption_meta(buffer, GST_VIDEO_CAPTION_TYPE_CEA708_RAW, item->data,
                                      item->size);
}

void add_afd(GstBuffer *buffer, const AVFrame *frame) {
  if (const auto *item = av_frame_get_side_data(frame, AV_FRAME_DATA_AFD); item && item->size)
    gst_buffer_add_video_afd_meta(buffer, 0, GST_VIDEO_AFD_SPEC_ATSC_A53,
                                  GstVideoAFDValue(item->data[0] & 0xf));
}

bool is_cea708(const GstMeta *meta) {
  return reinterpret_cast<const GstVideoCaptionMeta *>(meta)->caption_type ==
         GST_VIDEO_CAPTION_TYPE_CEA708_RAW;
}

} // namespace

void add_side_data_metas(GstBuffer *buffer, const AVFrame *frame, AVRational framerate,
                         const char *stream_timecode) {
  init_debug();
  if (frame->nb_side_data == 0 && !*stream_timecode)
    return;
  add_captions(buffer, frame);
  add_afd(buffer, frame);
  add_timecodes(buffer, frame, framerate, stream_timecode);
  for (const AVRegionOfInterest &region :
       regions_of(av_frame_get_side_data(frame, AV_FRAME_DATA_REGIONS_OF_INTEREST)))
    add_region(buffer, region);
}

/* ---- Back --------------------------------------------------------------------------------------
 */

void restore_side_data(AVFrame *frame, GstBuffer *buffer) {
  init_debug();
  std::vector<uint8_t> captions;
  std::vector<AVRegionOfInterest> regions;
  std::optional<uint8_t> afd;
  uint32_t timecodes[1 + max_timecodes] = {};
  gpointer state = nullptr;
  while (GstMeta *meta = gst_buffer_iterate_meta(buffer, &state)) {
    const GType api = meta->info->api;
    if (api == GST_VIDEO_CAPTION_META_API_TYPE && is_cea708(meta)) {
      const auto *caption = reinterpret_cast<const GstVideoCaptionMeta *>(meta);
      const size_t whole = caption->size / caption_size * caption_size;
      if (captions.size() + whole <= caption_size * max_captions)
        captions.insert(captions.end(), caption->data, caption->data + whole);
      else
        GST_WARNING("more closed captions than a picture holds: some are left out");
    } else if (api == GST_VIDEO_AFD_META_API_TYPE && !afd) {
      afd = uint8_t(reinterpret_cast<const GstVideoAFDMeta *>(meta)->afd);
    } else if (api == GST_VIDEO_TIME_CODE_META_API_TYPE && timecodes[0] < max_timecodes) {
      timecodes[++timecodes[0]] =
          to_smpte(reinterpret_cast<const GstVideoTimeCodeMeta *>(meta)->tc);
    } else if (api == GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE) {
      append_region(regions, reinterpret_cast<GstVideoRegionOfInterestMeta *>(meta));
    }
  }
  add_copy(frame, AV_FRAME_DATA_A53_CC, captions.data(), captions.size());
  add_copy(frame, AV_FRAME_DATA_REGIONS_OF_INTEREST, regions.data(),
           regions.size() * sizeof(AVRegionOfInterest));
  if (afd)
    add_copy(frame, AV_FRAME_DATA_AFD, &*afd, sizeof *afd);
  const GstStructure *items = side_data_field(buffer);
  const bool is_gop_code = items && gst_structure_has_field(items, "gop-timecode");
  if (timecodes[0] > 0 && !is_gop_code)
    add_copy(frame, AV_FRAME_DATA_S12M_TIMECODE, timecodes, sizeof timecodes);
  for (int i = 0; items && i < gst_structure_n_fields(items); i++) {
    const char *name = gst_structure_nth_field_name(items, guint(i));
    const GValue *value = gst_structure_get_value(items, name);
    const SideDataType *type = find_type(name);
    if (!type || !G_VALUE_HOLDS(value, G_TYPE_BYTES)) {
      GST_WARNING("side data `%s` is none that libav knows: left out", name);
      continue;
    }
    const bool is_of_meta = type->type == AV_FRAME_DATA_GOP_TIMECODE && timecodes[0] > 0;
    if (type->home == Home::bytes || is_of_meta)
      add_bytes(frame, *type, static_cast<GBytes *>(g_value_get_boxed(value)));
  }
}

/* ---- Through filters --------------------------------------------------------------------------
 */

FramePtr side_data_of(const AVFrame *frame) {
  if (frame->nb_side_data == 0)
    return nullptr;
  FramePtr items = new_frame();
  for (int i = 0; items && i < frame->nb_side_data; i++) {
    AVBufferRef *ref = av_buffer_ref(frame->side_data[i]->buf);
    if (ref && !av_frame_new_side_data_from_buf(items.get(), frame->side_data[i]->type, ref))
      av_buffer_unref(&ref);
  }
  return items;
}

bool is_side_data_meta(const GstMeta *meta) {
  const GType api = meta->info->api;
  return api == GST_VIDEO_CAPTION_META_API_TYPE || api == GST_VIDEO_AFD_META_API_TYPE ||
         api == GST_VIDEO_BAR_META_API_TYPE || api == GST_VIDEO_TIME_CODE_META_API_TYPE ||
         api == GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE;
}

namespace {

const AVFrameSideData *item_of(const AVFrame *frame, AVFrameSideDataType type) {
  return frame ? av_frame_get_side_data(frame, type) : nullptr;
}

bool is_untouched(const FilteredSideData &filtered, AVFrameSideDataType type) {
  const AVFrameSideData *before = item_of(filtered.went_in, type);
  const AVFrameSideData *after = item_of(filtered.came_out, type);
  if (!before || !after)
    return before == after;
  return before->size == after->size && std::memcmp(before->data, after->data, after->size) == 0;
}

void copy_meta(GstBuffer *target, GstBuffer *source, GstMeta *meta) {
  GstMetaTransformCopy copy = {FALSE, 0, gsize(-1)};
  meta->info->transform_func(target, meta, source, _gst_meta_transform_copy, &copy);
}

template <typename Wanted>
void copy_metas(GstBuffer *target, GstBuffer *source, GType api, Wanted wanted) {
  gpointer state = nullptr;
  while (GstMeta *meta = source ? gst_buffer_iterate_meta_filtered(source, &state, api) : nullptr)
    if (wanted(meta))
      copy_meta(target, source, meta);
}

constexpr auto any_of_them = [](const GstMeta *) { return true; };

/* With its params, which GStreamer's own transform leaves out. */
void copy_scaled(GstBuffer *target, const FilteredSideData &filtered,
                 const GstVideoRegionOfInterestMeta *region) {
  auto across = [&](guint at) {
    return guint(av_rescale(at, filtered.width_out, filtered.width_in));
  };
  auto down = [&](guint at) {
    return guint(av_rescale(at, filtered.height_out, filtered.height_in));
  };
  GstVideoRegionOfInterestMeta *scaled = gst_buffer_add_video_region_of_interest_meta_id(
      target, region->roi_type, across(region->x), down(region->y), across(region->w),
      down(region->h));
  scaled->id = region->id;
  scaled->parent_id = region->parent_id;
  for (const GList *param = region->params; param; param = param->next)
    gst_video_region_of_interest_meta_add_param(
        scaled, gst_structure_copy(static_cast<const GstStructure *>(param->data)));
}

/* Those that went in have the size of the input; `addroi` puts its own behind them. */
void pass_on_regions(GstBuffer *buffer, const FilteredSideData &filtered) {
  const auto before = regions_of(item_of(filtered.went_in, AV_FRAME_DATA_REGIONS_OF_INTEREST));
  const auto after = regions_of(item_of(filtered.came_out, AV_FRAME_DATA_REGIONS_OF_INTEREST));
  const bool are_kept = after.size() >= before.size() &&
                        std::equal(before.begin(), before.end(), after.begin(), same_region);
  gpointer state = nullptr;
  while (GstMeta *meta =
             filtered.metas && filtered.placement != Placement::moved
                 ? gst_buffer_iterate_meta_filtered(filtered.metas, &state,
                                                    GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE)
                 : nullptr) {
    auto *region = reinterpret_cast<GstVideoRegionOfInterestMeta *>(meta);
    if (!are_kept && quality_offset(region))
      continue;
    if (filtered.placement == Placement::same)
      copy_meta(buffer, filtered.metas, meta);
    else
      copy_scaled(buffer, filtered, region);
  }
  for (size_t i = are_kept ? before.size() : 0; i < after.size(); i++)
    add_region(buffer, after[i]);
}

bool outlives(const SideDataType &type, const FilteredSideData &filtered) {
  switch (type.bound) {
  case Bound::nothing:
    return true;
  case Bound::places:
    return filtered.placement != Placement::moved;
  case Bound::pixels:
    return filtered.placement == Placement::same;
  case Bound::colors:
    return !filtered.has_other_colors;
  }
  return true;
}

/* The bytes of what is left. Where the caps tell it, it may have got onto the frame from there. */
void pass_on_bytes(GstBuffer *buffer, const FilteredSideData &filtered) {
  GstCustomMeta *meta = gst_buffer_get_custom_meta(buffer, GST_FRAMEWISE_FRAME_META_NAME);
  if (!meta)
    return;
  const GstStructure *before = filtered.metas ? side_data_field(filtered.metas) : nullptr;
  StructurePtr after;
  for (int i = 0; i < filtered.came_out->nb_side_data; i++) {
    const AVFrameSideData *item = filtered.came_out->side_data[i];
    const SideDataType *type = find_type(item->type);
    if (!type || item->type == AV_FRAME_DATA_REGIONS_OF_INTEREST || !outlives(*type, filtered))
      continue;
    if (type->home == Home::caps && !(before && gst_structure_has_field(before, type->name)))
      continue;
    set_bytes(after, *type, item);
  }
  FramePtr carrier = new_frame();
  const auto regions = regions_of(buffer);
  add_copy(carrier.get(), AV_FRAME_DATA_REGIONS_OF_INTEREST, regions.data(),
           regions.size() * sizeof(AVRegionOfInterest));
  if (const auto *item = item_of(carrier.get(), AV_FRAME_DATA_REGIONS_OF_INTEREST))
    set_bytes(after, *find_type(item->type), item);

  GstStructure *fields = gst_custom_meta_get_structure(meta);
  if (after)
    gst_structure_set(fields, "side-data", GST_TYPE_STRUCTURE, after.get(), nullptr);
  else
    gst_structure_remove_field(fields, "side-data");
}

} // namespace

void pass_on_side_data(GstBuffer *buffer, const FilteredSideData &filtered) {
  const AVFrame *frame = filtered.came_out;
  const bool any_before = filtered.went_in && filtered.went_in->nb_side_data > 0;
  const bool keeps_places = filtered.placement != Placement::moved;

  const bool same_captions = is_untouched(filtered, AV_FRAME_DATA_A53_CC);
  copy_metas(buffer, filtered.metas, GST_VIDEO_CAPTION_META_API_TYPE,
             [&](const GstMeta *meta) { return same_captions || !is_cea708(meta); });
  if (!same_captions)
    add_captions(buffer, frame);

  if (is_untouched(filtered, AV_FRAME_DATA_S12M_TIMECODE) &&
      is_untouched(filtered, AV_FRAME_DATA_GOP_TIMECODE))
    copy_metas(buffer, filtered.metas, GST_VIDEO_TIME_CODE_META_API_TYPE, any_of_them);
  else
    add_timecodes(buffer, frame, filtered.framerate_out, "");

  if (keeps_places && is_untouched(filtered, AV_FRAME_DATA_AFD))
    copy_metas(buffer, filtered.metas, GST_VIDEO_AFD_META_API_TYPE, any_of_them);
  else if (keeps_places)
    add_afd(buffer, frame);
  if (filtered.placement == Placement::same) /* lines and columns; libav knows none of it */
    copy_metas(buffer, filtered.metas, GST_VIDEO_BAR_META_API_TYPE, any_of_them);

  pass_on_regions(buffer, filtered);
  if (any_before || frame->nb_side_data > 0)
    pass_on_bytes(buffer, filtered);
}

} // namespace framewise
