/* gst-framewise: caps <-> stream parameters.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "videoparams.hpp"

extern "C" {
#include <libavutil/mastering_display_metadata.h>
#include <libavutil/stereo3d.h>
}

#include <algorithm>

namespace framewise {

static bool equal(AVRational a, AVRational b) { return a.num == b.num && a.den == b.den; }

bool VideoParams::operator==(const VideoParams &o) const {
  auto same_display = [](const auto &a, const auto &b) {
    return a.has_value() == b.has_value() &&
           (!a || gst_video_mastering_display_info_is_equal(&*a, &*b));
  };
  auto same_light = [](const auto &a, const auto &b) {
    return a.has_value() == b.has_value() &&
           (!a || gst_video_content_light_level_is_equal(&*a, &*b));
  };
  return format == o.format && width == o.width && height == o.height &&
         equal(sample_aspect_ratio, o.sample_aspect_ratio) && equal(framerate, o.framerate) &&
         equal(max_framerate, o.max_framerate) && range == o.range && matrix == o.matrix &&
         transfer == o.transfer && primaries == o.primaries &&
         chroma_location == o.chroma_location && interlace_mode == o.interlace_mode &&
         field_order == o.field_order && same_display(mastering_display, o.mastering_display) &&
         same_light(content_light_level, o.content_light_level) &&
         multiview_mode == o.multiview_mode && multiview_flags == o.multiview_flags;
}

std::string VideoParams::describe() const {
  const char *name = av_get_pix_fmt_name(format);
  return framewise::format("%s %dx%d", name ? name : "none", width, height);
}

/* ---- Colour ------------------------------------------------------------------------------------
 * GStreamer's colorimetry and libav's enums both follow ITU-T H.273, so the code points are the
 * bridge. */

static GstVideoColorRange to_gst_range(AVColorRange range) {
  switch (range) {
  case AVCOL_RANGE_JPEG:
    return GST_VIDEO_COLOR_RANGE_0_255;
  case AVCOL_RANGE_MPEG:
    return GST_VIDEO_COLOR_RANGE_16_235;
  default:
    return GST_VIDEO_COLOR_RANGE_UNKNOWN;
  }
}

static AVColorRange to_av_range(GstVideoColorRange range) {
  switch (range) {
  case GST_VIDEO_COLOR_RANGE_0_255:
    return AVCOL_RANGE_JPEG;
  case GST_VIDEO_COLOR_RANGE_16_235:
    return AVCOL_RANGE_MPEG;
  default:
    return AVCOL_RANGE_UNSPECIFIED;
  }
}

/* NULL where the stream says nothing: the field then stays out of the caps, and in both worlds
 * everyone's own default applies. */
static CString colorimetry_string(const VideoParams &p) {
  bool nothing_said = p.range == AVCOL_RANGE_UNSPECIFIED && p.matrix == AVCOL_SPC_UNSPECIFIED &&
                      p.transfer == AVCOL_TRC_UNSPECIFIED && p.primaries == AVCOL_PRI_UNSPECIFIED;
  if (nothing_said)
    return nullptr;

  GstVideoColorimetry c;
  c.range = to_gst_range(p.range);
  c.matrix = gst_video_color_matrix_from_iso(p.matrix);
  c.transfer = gst_video_transfer_function_from_iso(p.transfer);
  c.primaries = gst_video_color_primaries_from_iso(p.primaries);
  if (is_rgb(p.format)) {
    c.matrix = GST_VIDEO_COLOR_MATRIX_RGB;
    if (c.range == GST_VIDEO_COLOR_RANGE_UNKNOWN)
      c.range = GST_VIDEO_COLOR_RANGE_0_255;
  } else if (c.matrix == GST_VIDEO_COLOR_MATRIX_UNKNOWN || c.matrix == GST_VIDEO_COLOR_MATRIX_RGB) {
    /* GStreamer throws a YUV colorimetry without a matrix away whole, and the range with it. What
     * libswscale takes an unspecified matrix for is BT.601. */
    c.matrix = GST_VIDEO_COLOR_MATRIX_BT601;
  }
  return CString(gst_video_colorimetry_to_string(&c));
}

static bool read_colorimetry(const char *text, VideoParams &p) {
  GstVideoColorimetry c;
  if (!gst_video_colorimetry_from_string(&c, text))
    return false;
  auto unspecified_if_zero = [](guint iso) { return iso == 0 ? 2u : iso; };
  p.range = to_av_range(c.range);
  p.matrix = c.matrix == GST_VIDEO_COLOR_MATRIX_UNKNOWN
                 ? AVCOL_SPC_UNSPECIFIED
                 : static_cast<AVColorSpace>(gst_video_color_matrix_to_iso(c.matrix));
  p.transfer = static_cast<AVColorTransferCharacteristic>(
      unspecified_if_zero(gst_video_transfer_function_to_iso(c.transfer)));
  p.primaries = static_cast<AVColorPrimaries>(
      unspecified_if_zero(gst_video_color_primaries_to_iso(c.primaries)));
  return true;
}

struct ChromaSite {
  AVChromaLocation av;
  GstVideoChromaSite gst;
};
static const ChromaSite chroma_sites[] = {
    {AVCHROMA_LOC_LEFT, GST_VIDEO_CHROMA_SITE_H_COSITED},
    {AVCHROMA_LOC_CENTER, GST_VIDEO_CHROMA_SITE_NONE},
    {AVCHROMA_LOC_TOPLEFT, GST_VIDEO_CHROMA_SITE_COSITED},
    {AVCHROMA_LOC_TOP, GST_VIDEO_CHROMA_SITE_V_COSITED},
};

static bool is_subsampled(AVPixelFormat format) {
  const AVPixFmtDescriptor *desc = av_pix_fmt_desc_get(format);
  return desc && (desc->log2_chroma_w || desc->log2_chroma_h);
}

/* ---- Two views in one stream ------------------------------------------------------------------
 */

struct StereoMode {
  AVStereo3DType type;
  AVStereo3DView view;
  GstVideoMultiviewMode mode;
};
static const StereoMode stereo_modes[] = {
    {AV_STEREO3D_2D, AV_STEREO3D_VIEW_PACKED, GST_VIDEO_MULTIVIEW_MODE_MONO},
    {AV_STEREO3D_2D, AV_STEREO3D_VIEW_LEFT, GST_VIDEO_MULTIVIEW_MODE_LEFT},
    {AV_STEREO3D_2D, AV_STEREO3D_VIEW_RIGHT, GST_VIDEO_MULTIVIEW_MODE_RIGHT},
    {AV_STEREO3D_SIDEBYSIDE, AV_STEREO3D_VIEW_PACKED, GST_VIDEO_MULTIVIEW_MODE_SIDE_BY_SIDE},
    {AV_STEREO3D_SIDEBYSIDE_QUINCUNX, AV_STEREO3D_VIEW_PACKED,
     GST_VIDEO_MULTIVIEW_MODE_SIDE_BY_SIDE_QUINCUNX},
    {AV_STEREO3D_COLUMNS, AV_STEREO3D_VIEW_PACKED, GST_VIDEO_MULTIVIEW_MODE_COLUMN_INTERLEAVED},
    {AV_STEREO3D_LINES, AV_STEREO3D_VIEW_PACKED, GST_VIDEO_MULTIVIEW_MODE_ROW_INTERLEAVED},
    {AV_STEREO3D_TOPBOTTOM, AV_STEREO3D_VIEW_PACKED, GST_VIDEO_MULTIVIEW_MODE_TOP_BOTTOM},
    {AV_STEREO3D_CHECKERBOARD, AV_STEREO3D_VIEW_PACKED, GST_VIDEO_MULTIVIEW_MODE_CHECKERBOARD},
    {AV_STEREO3D_FRAMESEQUENCE, AV_STEREO3D_VIEW_PACKED, GST_VIDEO_MULTIVIEW_MODE_FRAME_BY_FRAME},
};

void read_stereo(VideoParams &p, const AVStereo3D &stereo) {
  for (const auto &known : stereo_modes)
    if (known.type == stereo.type && known.view == stereo.view) {
      p.multiview_mode = known.mode;
      p.multiview_flags = stereo.flags & AV_STEREO3D_FLAG_INVERT
                              ? GST_VIDEO_MULTIVIEW_FLAGS_RIGHT_VIEW_FIRST
                              : GST_VIDEO_MULTIVIEW_FLAGS_NONE;
    }
}

/* The caps win over what the frame has: elements on the way may have changed them. */
static void write_stereo(AVFrame *frame, const VideoParams &p) {
  av_frame_remove_side_data(frame, AV_FRAME_DATA_STEREO3D);
  for (const auto &known : stereo_modes)
    if (known.mode == p.multiview_mode)
      if (AVStereo3D *stereo = av_stereo3d_create_side_data(frame)) {
        stereo->type = known.type;
        stereo->view = known.view;
        stereo->flags = p.multiview_flags & GST_VIDEO_MULTIVIEW_FLAGS_RIGHT_VIEW_FIRST
                            ? AV_STEREO3D_FLAG_INVERT
                            : 0;
      }
}

static void read_multiview(VideoParams &p, const GstStructure *s) {
  const char *mode = gst_structure_get_string(s, "multiview-mode");
  if (!mode)
    return;
  p.multiview_mode = gst_video_multiview_mode_from_caps_string(mode);
  guint flags = 0;
  if (gst_structure_get_flagset(s, "multiview-flags", &flags, nullptr))
    p.multiview_flags = GstVideoMultiviewFlags(flags);
}

/* ---- Caps -------------------------------------------------------------------------------------
 */

CapsPtr to_caps(const VideoParams &p) {
  GstVideoFormat twin = to_gst_format(p.format);
  bool named = twin != GST_VIDEO_FORMAT_UNKNOWN;
  CapsPtr caps(gst_caps_new_simple(
      named ? "video/x-raw" : FRAMEWISE_CAPS_NAME, "format", G_TYPE_STRING,
      named ? gst_video_format_to_string(twin) : av_get_pix_fmt_name(p.format), "width", G_TYPE_INT,
      p.width, "height", G_TYPE_INT, p.height, "interlace-mode", G_TYPE_STRING,
      gst_video_interlace_mode_to_string(p.interlace_mode), "framerate", GST_TYPE_FRACTION,
      p.framerate.num, std::max(p.framerate.den, 1), nullptr));

  AVRational sar = p.sample_aspect_ratio;
  if (sar.num <= 0 || sar.den <= 0)
    sar = {1, 1};
  gst_caps_set_simple(caps.get(), "pixel-aspect-ratio", GST_TYPE_FRACTION, sar.num, sar.den,
                      nullptr);
  if (p.framerate.num == 0 && p.max_framerate.num > 0)
    gst_caps_set_simple(caps.get(), "max-framerate", GST_TYPE_FRACTION, p.max_framerate.num,
                        p.max_framerate.den, nullptr);
  if (p.interlace_mode == GST_VIDEO_INTERLACE_MODE_INTERLEAVED &&
      p.field_order != GST_VIDEO_FIELD_ORDER_UNKNOWN)
    gst_caps_set_simple(caps.get(), "field-order", G_TYPE_STRING,
                        gst_video_field_order_to_string(p.field_order), nullptr);
  if (CString colorimetry = colorimetry_string(p))
    gst_caps_set_simple(caps.get(), "colorimetry", G_TYPE_STRING, colorimetry.get(), nullptr);
  if (is_subsampled(p.format))
    for (const auto &site : chroma_sites)
      if (site.av == p.chroma_location) {
        CString text(gst_video_chroma_site_to_string(site.gst));
        gst_caps_set_simple(caps.get(), "chroma-site", G_TYPE_STRING, text.get(), nullptr);
      }
  if (p.mastering_display)
    gst_video_mastering_display_info_add_to_caps(&*p.mastering_display, caps.get());
  if (p.content_light_level)
    gst_video_content_light_level_add_to_caps(&*p.content_light_level, caps.get());
  if (const char *mode = gst_video_multiview_mode_to_caps_string(p.multiview_mode))
    gst_caps_set_simple(caps.get(), "multiview-mode", G_TYPE_STRING, mode, "multiview-flags",
                        GST_TYPE_VIDEO_MULTIVIEW_FLAGSET, guint(p.multiview_flags),
                        GST_FLAG_SET_MASK_EXACT, nullptr);
  return caps;
}

static AVRational get_fraction(const GstStructure *s, const char *field, AVRational missing) {
  int num, den;
  if (!gst_structure_get_fraction(s, field, &num, &den))
    return missing;
  return {num, den};
}

static Failure caps_failure(const GstCaps *caps, const char *why) {
  CString text(gst_caps_to_string(caps));
  return FRAMEWISE_FAIL_STREAM(FORMAT, format("The caps %s: %s.", why, text.get()));
}

Result<VideoParams> geometry_from_caps(const GstCaps *caps) {
  if (gst_caps_get_size(caps) != 1)
    return caps_failure(caps, "do not describe one format");
  const GstStructure *s = gst_caps_get_structure(caps, 0);
  const GstCapsFeatures *features = gst_caps_get_features(caps, 0);
  if (features && !gst_caps_features_is_equal(features, GST_CAPS_FEATURES_MEMORY_SYSTEM_MEMORY))
    return caps_failure(caps, "are not of frames in system memory");

  VideoParams p;
  const char *name = gst_structure_get_string(s, "format");
  if (!name)
    return caps_failure(caps, "name no format");
  if (gst_structure_has_name(s, "video/x-raw"))
    p.format = to_av_format(gst_video_format_from_string(name));
  else if (gst_structure_has_name(s, FRAMEWISE_CAPS_NAME))
    p.format = av_get_pix_fmt(name);
  else
    return caps_failure(caps, "are not of raw video");
  if (p.format == AV_PIX_FMT_NONE || !is_software(p.format))
    return caps_failure(caps, format("name the format `%s`, which libav has not", name).c_str());

  if (!gst_structure_get_int(s, "width", &p.width) ||
      !gst_structure_get_int(s, "height", &p.height) || p.width <= 0 || p.height <= 0)
    return caps_failure(caps, "give no size");
  if (const char *mode = gst_structure_get_string(s, "interlace-mode"))
    p.interlace_mode = gst_video_interlace_mode_from_string(mode);
  return p;
}

Result<VideoParams> from_caps(const GstCaps *caps) {
  if (!gst_caps_is_fixed(caps))
    return caps_failure(caps, "do not describe one format");
  auto geometry = geometry_from_caps(caps);
  if (!geometry)
    return geometry;
  VideoParams p = *geometry;
  const GstStructure *s = gst_caps_get_structure(caps, 0);
  p.framerate = get_fraction(s, "framerate", {0, 1});
  p.max_framerate = get_fraction(s, "max-framerate", {0, 1});
  p.sample_aspect_ratio = get_fraction(s, "pixel-aspect-ratio", {1, 1});
  if (const char *order = gst_structure_get_string(s, "field-order"))
    p.field_order = gst_video_field_order_from_string(order);
  if (const char *colorimetry = gst_structure_get_string(s, "colorimetry"))
    if (!read_colorimetry(colorimetry, p))
      return caps_failure(caps, "have an unknown colorimetry");
  if (const char *site = gst_structure_get_string(s, "chroma-site")) {
    GstVideoChromaSite gst_site = gst_video_chroma_site_from_string(site);
    for (const auto &candidate : chroma_sites)
      if (candidate.gst == gst_site)
        p.chroma_location = candidate.av;
  }
  GstVideoMasteringDisplayInfo display;
  if (gst_video_mastering_display_info_from_caps(&display, caps))
    p.mastering_display = display;
  GstVideoContentLightLevel light;
  if (gst_video_content_light_level_from_caps(&light, caps))
    p.content_light_level = light;
  read_multiview(p, s);
  return p;
}

/* ---- Frames -----------------------------------------------------------------------------------
 */

static GstVideoMasteringDisplayInfo to_gst(const AVMasteringDisplayMetadata &av) {
  GstVideoMasteringDisplayInfo info = {};
  auto chromaticity = [](AVRational v) { return guint16(av_rescale(v.num, 50000, v.den)); };
  auto luminance = [](AVRational v) { return guint32(av_rescale(v.num, 10000, v.den)); };
  for (int i = 0; i < 3; i++) {
    info.display_primaries[i].x = chromaticity(av.display_primaries[i][0]);
    info.display_primaries[i].y = chromaticity(av.display_primaries[i][1]);
  }
  info.white_point.x = chromaticity(av.white_point[0]);
  info.white_point.y = chromaticity(av.white_point[1]);
  info.max_display_mastering_luminance = luminance(av.max_luminance);
  info.min_display_mastering_luminance = luminance(av.min_luminance);
  return info;
}

static void fill(AVMasteringDisplayMetadata &av, const GstVideoMasteringDisplayInfo &info) {
  for (int i = 0; i < 3; i++) {
    av.display_primaries[i][0] = {info.display_primaries[i].x, 50000};
    av.display_primaries[i][1] = {info.display_primaries[i].y, 50000};
  }
  av.white_point[0] = {info.white_point.x, 50000};
  av.white_point[1] = {info.white_point.y, 50000};
  av.max_luminance = {int(info.max_display_mastering_luminance), 10000};
  av.min_luminance = {int(info.min_display_mastering_luminance), 10000};
  av.has_primaries = av.has_luminance = 1;
}

VideoParams from_frame(const AVFrame *frame) {
  VideoParams p;
  auto format = static_cast<AVPixelFormat>(frame->format);
  p.format = without_range(format);
  p.width = frame->width;
  p.height = frame->height;
  if (frame->sample_aspect_ratio.num > 0 && frame->sample_aspect_ratio.den > 0)
    av_reduce(&p.sample_aspect_ratio.num, &p.sample_aspect_ratio.den,
              frame->sample_aspect_ratio.num, frame->sample_aspect_ratio.den, INT_MAX);
  p.range = implies_full_range(format) ? AVCOL_RANGE_JPEG : frame->color_range;
  p.matrix = frame->colorspace;
  p.transfer = frame->color_trc;
  p.primaries = frame->color_primaries;
  p.chroma_location = frame->chroma_location;
  if (const auto *sd = av_frame_get_side_data(frame, AV_FRAME_DATA_MASTERING_DISPLAY_METADATA)) {
    const auto *display = reinterpret_cast<const AVMasteringDisplayMetadata *>(sd->data);
    if (display->has_primaries && display->has_luminance)
      p.mastering_display = to_gst(*display);
  }
  if (const auto *sd = av_frame_get_side_data(frame, AV_FRAME_DATA_CONTENT_LIGHT_LEVEL)) {
    const auto *light = reinterpret_cast<const AVContentLightMetadata *>(sd->data);
    GstVideoContentLightLevel level = {};
    level.max_content_light_level = guint16(light->MaxCLL);
    level.max_frame_average_light_level = guint16(light->MaxFALL);
    p.content_light_level = level;
  }
  if (const auto *sd = av_frame_get_side_data(frame, AV_FRAME_DATA_STEREO3D))
    read_stereo(p, *reinterpret_cast<const AVStereo3D *>(sd->data));
  return p;
}

void describe_frame(AVFrame *frame, const VideoParams &p) {
  frame->format = p.format;
  frame->width = p.width;
  frame->height = p.height;
  frame->sample_aspect_ratio = p.sample_aspect_ratio;
  frame->color_range = p.range;
  frame->colorspace = p.matrix;
  frame->color_trc = p.transfer;
  frame->color_primaries = p.primaries;
  frame->chroma_location = p.chroma_location;
  if (p.mastering_display &&
      !av_frame_get_side_data(frame, AV_FRAME_DATA_MASTERING_DISPLAY_METADATA))
    if (auto *display = av_mastering_display_metadata_create_side_data(frame))
      fill(*display, *p.mastering_display);
  if (p.content_light_level && !av_frame_get_side_data(frame, AV_FRAME_DATA_CONTENT_LIGHT_LEVEL))
    if (auto *light = av_content_light_metadata_create_side_data(frame)) {
      light->MaxCLL = p.content_light_level->max_content_light_level;
      light->MaxFALL = p.content_light_level->max_frame_average_light_level;
    }
  write_stereo(frame, p);
}

/* ---- Templates and choices --------------------------------------------------------------------
 */

CapsPtr template_caps() {
  GValue formats = G_VALUE_INIT;
  g_value_init(&formats, GST_TYPE_LIST);
  for (const auto &twin : pixel_format_twins()) {
    GValue name = G_VALUE_INIT;
    g_value_init(&name, G_TYPE_STRING);
    g_value_set_static_string(&name, gst_video_format_to_string(twin.gst));
    gst_value_list_append_and_take_value(&formats, &name);
  }
  GstStructure *raw = gst_structure_new("video/x-raw", "width", GST_TYPE_INT_RANGE, 1, G_MAXINT,
                                        "height", GST_TYPE_INT_RANGE, 1, G_MAXINT, "framerate",
                                        GST_TYPE_FRACTION_RANGE, 0, 1, G_MAXINT, 1, nullptr);
  gst_structure_take_value(raw, "format", &formats);
  GstStructure *framewise = gst_structure_new(
      FRAMEWISE_CAPS_NAME, "width", GST_TYPE_INT_RANGE, 1, G_MAXINT, "height", GST_TYPE_INT_RANGE,
      1, G_MAXINT, "framerate", GST_TYPE_FRACTION_RANGE, 0, 1, G_MAXINT, 1, nullptr);
  return CapsPtr(gst_caps_new_full(raw, framewise, nullptr));
}

static std::vector<std::string> strings_in(const GValue *value) {
  std::vector<std::string> result;
  if (value && G_VALUE_HOLDS_STRING(value)) {
    result.push_back(g_value_get_string(value));
  } else if (value && GST_VALUE_HOLDS_LIST(value)) {
    for (guint i = 0; i < gst_value_list_get_size(value); i++) {
      const GValue *item = gst_value_list_get_value(value, i);
      if (G_VALUE_HOLDS_STRING(item))
        result.push_back(g_value_get_string(item));
    }
  }
  return result;
}

std::vector<AVPixelFormat> formats_in_caps(const GstCaps *caps) {
  std::vector<AVPixelFormat> result;
  auto add = [&](AVPixelFormat format) {
    if (format != AV_PIX_FMT_NONE && is_software(format) &&
        std::find(result.begin(), result.end(), format) == result.end())
      result.push_back(format);
  };

  if (gst_caps_is_any(caps)) {
    for (const auto &twin : pixel_format_twins())
      add(twin.av);
  }
  for (guint i = 0; i < gst_caps_get_size(caps); i++) {
    const GstStructure *s = gst_caps_get_structure(caps, i);
    const GstCapsFeatures *features = gst_caps_get_features(caps, i);
    if (features && !gst_caps_features_is_any(features) &&
        !gst_caps_features_is_equal(features, GST_CAPS_FEATURES_MEMORY_SYSTEM_MEMORY))
      continue;
    const GValue *format = gst_structure_get_value(s, "format");
    if (gst_structure_has_name(s, "video/x-raw")) {
      for (const auto &name : strings_in(format))
        add(to_av_format(gst_video_format_from_string(name.c_str())));
      if (!format)
        for (const auto &twin : pixel_format_twins())
          add(twin.av);
    } else if (gst_structure_has_name(s, FRAMEWISE_CAPS_NAME)) {
      for (const auto &name : strings_in(format))
        add(av_get_pix_fmt(name.c_str()));
      if (!format) {
        const AVPixFmtDescriptor *desc = nullptr;
        while ((desc = av_pix_fmt_desc_next(desc))) {
          AVPixelFormat id = av_pix_fmt_desc_get_id(desc);
          if (to_gst_format(id) == GST_VIDEO_FORMAT_UNKNOWN)
            add(id);
        }
      }
    }
  }
  return result;
}

} // namespace framewise
