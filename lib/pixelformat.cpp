/* gst-framewise: pixel formats under both of their names.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "pixelformat.hpp"

extern "C" {
#include <libavutil/cpu.h>
#include <libavutil/imgutils.h>
}

#include <algorithm>

namespace framewise {

/* Byte-exact pairs. tests/check/pixelformat compares each pair component by component: depth,
 * shift, position, subsampling. 16-bit formats that FFmpeg names by byte order but GStreamer keeps
 * in native order use FFmpeg's native-order macros. */
static constexpr PixelFormatTwin twins[] = {
    /* 8-bit YUV */
    {GST_VIDEO_FORMAT_I420, AV_PIX_FMT_YUV420P},
    {GST_VIDEO_FORMAT_Y42B, AV_PIX_FMT_YUV422P},
    {GST_VIDEO_FORMAT_Y444, AV_PIX_FMT_YUV444P},
    {GST_VIDEO_FORMAT_Y41B, AV_PIX_FMT_YUV411P},
    {GST_VIDEO_FORMAT_YUV9, AV_PIX_FMT_YUV410P},
    {GST_VIDEO_FORMAT_A420, AV_PIX_FMT_YUVA420P},
    {GST_VIDEO_FORMAT_NV12, AV_PIX_FMT_NV12},
    {GST_VIDEO_FORMAT_NV21, AV_PIX_FMT_NV21},
    {GST_VIDEO_FORMAT_NV16, AV_PIX_FMT_NV16},
    {GST_VIDEO_FORMAT_NV24, AV_PIX_FMT_NV24},
    {GST_VIDEO_FORMAT_YUY2, AV_PIX_FMT_YUYV422},
    {GST_VIDEO_FORMAT_UYVY, AV_PIX_FMT_UYVY422},
    {GST_VIDEO_FORMAT_YVYU, AV_PIX_FMT_YVYU422},
    {GST_VIDEO_FORMAT_IYU1, AV_PIX_FMT_UYYVYY411},
    /* 8-bit RGB */
    {GST_VIDEO_FORMAT_RGB, AV_PIX_FMT_RGB24},
    {GST_VIDEO_FORMAT_BGR, AV_PIX_FMT_BGR24},
    {GST_VIDEO_FORMAT_RGBA, AV_PIX_FMT_RGBA},
    {GST_VIDEO_FORMAT_BGRA, AV_PIX_FMT_BGRA},
    {GST_VIDEO_FORMAT_ARGB, AV_PIX_FMT_ARGB},
    {GST_VIDEO_FORMAT_ABGR, AV_PIX_FMT_ABGR},
    {GST_VIDEO_FORMAT_RGBx, AV_PIX_FMT_RGB0},
    {GST_VIDEO_FORMAT_BGRx, AV_PIX_FMT_BGR0},
    {GST_VIDEO_FORMAT_xRGB, AV_PIX_FMT_0RGB},
    {GST_VIDEO_FORMAT_xBGR, AV_PIX_FMT_0BGR},
    {GST_VIDEO_FORMAT_GBR, AV_PIX_FMT_GBRP},
    {GST_VIDEO_FORMAT_GBRA, AV_PIX_FMT_GBRAP},
    {GST_VIDEO_FORMAT_RGB8P, AV_PIX_FMT_PAL8},
    {GST_VIDEO_FORMAT_RGB16, AV_PIX_FMT_RGB565},
    {GST_VIDEO_FORMAT_BGR16, AV_PIX_FMT_BGR565},
    {GST_VIDEO_FORMAT_RGB15, AV_PIX_FMT_RGB555},
    {GST_VIDEO_FORMAT_BGR15, AV_PIX_FMT_BGR555},
    /* grey */
    {GST_VIDEO_FORMAT_GRAY8, AV_PIX_FMT_GRAY8},
    {GST_VIDEO_FORMAT_GRAY16_LE, AV_PIX_FMT_GRAY16LE},
    {GST_VIDEO_FORMAT_GRAY16_BE, AV_PIX_FMT_GRAY16BE},
    /* 10 bits and more, planar YUV */
    {GST_VIDEO_FORMAT_I420_10LE, AV_PIX_FMT_YUV420P10LE},
    {GST_VIDEO_FORMAT_I420_10BE, AV_PIX_FMT_YUV420P10BE},
    {GST_VIDEO_FORMAT_I422_10LE, AV_PIX_FMT_YUV422P10LE},
    {GST_VIDEO_FORMAT_I422_10BE, AV_PIX_FMT_YUV422P10BE},
    {GST_VIDEO_FORMAT_Y444_10LE, AV_PIX_FMT_YUV444P10LE},
    {GST_VIDEO_FORMAT_Y444_10BE, AV_PIX_FMT_YUV444P10BE},
    {GST_VIDEO_FORMAT_I420_12LE, AV_PIX_FMT_YUV420P12LE},
    {GST_VIDEO_FORMAT_I420_12BE, AV_PIX_FMT_YUV420P12BE},
    {GST_VIDEO_FORMAT_I422_12LE, AV_PIX_FMT_YUV422P12LE},
    {GST_VIDEO_FORMAT_I422_12BE, AV_PIX_FMT_YUV422P12BE},
    {GST_VIDEO_FORMAT_Y444_12LE, AV_PIX_FMT_YUV444P12LE},
    {GST_VIDEO_FORMAT_Y444_12BE, AV_PIX_FMT_YUV444P12BE},
    {GST_VIDEO_FORMAT_Y444_16LE, AV_PIX_FMT_YUV444P16LE},
    {GST_VIDEO_FORMAT_Y444_16BE, AV_PIX_FMT_YUV444P16BE},
    {GST_VIDEO_FORMAT_A420_10LE, AV_PIX_FMT_YUVA420P10LE},
    {GST_VIDEO_FORMAT_A420_10BE, AV_PIX_FMT_YUVA420P10BE},
    {GST_VIDEO_FORMAT_A422_10LE, AV_PIX_FMT_YUVA422P10LE},
    {GST_VIDEO_FORMAT_A422_10BE, AV_PIX_FMT_YUVA422P10BE},
    {GST_VIDEO_FORMAT_A444_10LE, AV_PIX_FMT_YUVA444P10LE},
    {GST_VIDEO_FORMAT_A444_10BE, AV_PIX_FMT_YUVA444P10BE},
    /* 10 bits and more, semi-planar and packed */
    {GST_VIDEO_FORMAT_P010_10LE, AV_PIX_FMT_P010LE},
    {GST_VIDEO_FORMAT_P010_10BE, AV_PIX_FMT_P010BE},
    {GST_VIDEO_FORMAT_P016_LE, AV_PIX_FMT_P016LE},
    {GST_VIDEO_FORMAT_P016_BE, AV_PIX_FMT_P016BE},
    {GST_VIDEO_FORMAT_Y210, AV_PIX_FMT_Y210LE},
    {GST_VIDEO_FORMAT_AYUV64, AV_PIX_FMT_AYUV64},
    {GST_VIDEO_FORMAT_RGBA64_LE, AV_PIX_FMT_RGBA64LE},
    {GST_VIDEO_FORMAT_RGBA64_BE, AV_PIX_FMT_RGBA64BE},
    {GST_VIDEO_FORMAT_BGRA64_LE, AV_PIX_FMT_BGRA64LE},
    {GST_VIDEO_FORMAT_BGRA64_BE, AV_PIX_FMT_BGRA64BE},
    /* 10 bits and more, planar RGB */
    {GST_VIDEO_FORMAT_GBR_10LE, AV_PIX_FMT_GBRP10LE},
    {GST_VIDEO_FORMAT_GBR_10BE, AV_PIX_FMT_GBRP10BE},
    {GST_VIDEO_FORMAT_GBR_12LE, AV_PIX_FMT_GBRP12LE},
    {GST_VIDEO_FORMAT_GBR_12BE, AV_PIX_FMT_GBRP12BE},
    {GST_VIDEO_FORMAT_GBRA_10LE, AV_PIX_FMT_GBRAP10LE},
    {GST_VIDEO_FORMAT_GBRA_10BE, AV_PIX_FMT_GBRAP10BE},
    {GST_VIDEO_FORMAT_GBRA_12LE, AV_PIX_FMT_GBRAP12LE},
    {GST_VIDEO_FORMAT_GBRA_12BE, AV_PIX_FMT_GBRAP12BE},
#if GST_CHECK_VERSION(1, 24, 0)
    {GST_VIDEO_FORMAT_GBR_16LE, AV_PIX_FMT_GBRP16LE},
    {GST_VIDEO_FORMAT_GBR_16BE, AV_PIX_FMT_GBRP16BE},
    {GST_VIDEO_FORMAT_A422, AV_PIX_FMT_YUVA422P},
    {GST_VIDEO_FORMAT_A444, AV_PIX_FMT_YUVA444P},
    {GST_VIDEO_FORMAT_A422_12LE, AV_PIX_FMT_YUVA422P12LE},
    {GST_VIDEO_FORMAT_A422_12BE, AV_PIX_FMT_YUVA422P12BE},
    {GST_VIDEO_FORMAT_A444_12LE, AV_PIX_FMT_YUVA444P12LE},
    {GST_VIDEO_FORMAT_A444_12BE, AV_PIX_FMT_YUVA444P12BE},
    {GST_VIDEO_FORMAT_A420_16LE, AV_PIX_FMT_YUVA420P16LE},
    {GST_VIDEO_FORMAT_A420_16BE, AV_PIX_FMT_YUVA420P16BE},
    {GST_VIDEO_FORMAT_A422_16LE, AV_PIX_FMT_YUVA422P16LE},
    {GST_VIDEO_FORMAT_A422_16BE, AV_PIX_FMT_YUVA422P16BE},
    {GST_VIDEO_FORMAT_A444_16LE, AV_PIX_FMT_YUVA444P16LE},
    {GST_VIDEO_FORMAT_A444_16BE, AV_PIX_FMT_YUVA444P16BE},
#endif
#ifdef AV_PIX_FMT_P012
    {GST_VIDEO_FORMAT_P012_LE, AV_PIX_FMT_P012LE},
    {GST_VIDEO_FORMAT_P012_BE, AV_PIX_FMT_P012BE},
#endif
#ifdef AV_PIX_FMT_Y212
    {GST_VIDEO_FORMAT_Y212_LE, AV_PIX_FMT_Y212LE},
    {GST_VIDEO_FORMAT_Y212_BE, AV_PIX_FMT_Y212BE},
#endif
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(57, 31, 100)
    {GST_VIDEO_FORMAT_VUYA, AV_PIX_FMT_VUYA},
#endif
};

struct RangedName {
  AVPixelFormat full, plain;
};
static constexpr RangedName ranged_names[] = {
    {AV_PIX_FMT_YUVJ420P, AV_PIX_FMT_YUV420P}, {AV_PIX_FMT_YUVJ422P, AV_PIX_FMT_YUV422P},
    {AV_PIX_FMT_YUVJ444P, AV_PIX_FMT_YUV444P}, {AV_PIX_FMT_YUVJ440P, AV_PIX_FMT_YUV440P},
    {AV_PIX_FMT_YUVJ411P, AV_PIX_FMT_YUV411P},
};

std::span<const PixelFormatTwin> pixel_format_twins() { return twins; }

GstVideoFormat to_gst_format(AVPixelFormat format) {
  format = without_range(format);
  for (const auto &twin : twins)
    if (twin.av == format)
      return twin.gst;
  return GST_VIDEO_FORMAT_UNKNOWN;
}

AVPixelFormat to_av_format(GstVideoFormat format) {
  for (const auto &twin : twins)
    if (twin.gst == format)
      return twin.av;
  return AV_PIX_FMT_NONE;
}

AVPixelFormat without_range(AVPixelFormat format) {
  for (const auto &name : ranged_names)
    if (name.full == format)
      return name.plain;
  return format;
}

AVPixelFormat with_full_range(AVPixelFormat format) {
  for (const auto &name : ranged_names)
    if (name.plain == format)
      return name.full;
  return AV_PIX_FMT_NONE;
}

bool is_software(AVPixelFormat format) {
  const AVPixFmtDescriptor *desc = av_pix_fmt_desc_get(format);
  return desc && !(desc->flags & AV_PIX_FMT_FLAG_HWACCEL);
}

bool is_rgb(AVPixelFormat format) {
  const AVPixFmtDescriptor *desc = av_pix_fmt_desc_get(format);
  return desc && (desc->flags & AV_PIX_FMT_FLAG_RGB);
}

int frame_alignment() {
  static const int alignment = std::max<int>(32, av_cpu_max_align());
  return alignment;
}

/* Rows and sample bytes of each plane; strides, offsets and size are left to the caller. */
static Result<PlaneLayout> bare_layout(AVPixelFormat format, int width, int height) {
  const AVPixFmtDescriptor *desc = av_pix_fmt_desc_get(format);
  if (!desc || !is_software(format))
    return FRAMEWISE_FAIL_LIBRARY(
        SETTINGS,
        framewise::format("`%s` is no format of frames in memory.", desc ? desc->name : "none"));
  int linesizes[4];
  constexpr int quietly = AV_LOG_DEBUG - AV_LOG_ERROR; /* the Error says it */
  if (av_image_check_size2(width, height, INT64_MAX, format, quietly, nullptr) < 0 ||
      av_image_fill_linesizes(linesizes, format, width) < 0)
    return FRAMEWISE_FAIL_STREAM(
        FORMAT, framewise::format("A %s frame cannot be %dx%d.", desc->name, width, height));

  PlaneLayout layout;
  layout.n_planes = av_pix_fmt_count_planes(format);
  for (int i = 0; i < layout.n_planes; i++) {
    bool chroma = i == 1 || i == 2;
    layout.rows[i] = chroma ? AV_CEIL_RSHIFT(height, desc->log2_chroma_h) : height;
    layout.row_size[i] = linesizes[i];
  }
  if (desc->flags & AV_PIX_FMT_FLAG_PAL) { /* the palette: 256 words of ARGB */
    layout.n_planes = 2;
    layout.rows[1] = 1;
    layout.row_size[1] = AVPALETTE_SIZE;
  }
  return layout;
}

Result<PlaneLayout> default_layout(AVPixelFormat format, int width, int height,
                                   GstVideoInterlaceMode interlace_mode) {
  auto layout = bare_layout(format, width, height);
  if (!layout)
    return layout;
  GstVideoFormat twin = to_gst_format(format);
  GstVideoInfo info;
  if (twin != GST_VIDEO_FORMAT_UNKNOWN &&
      gst_video_info_set_interlaced_format(&info, twin, interlace_mode, width, height)) {
    for (int i = 0; i < layout->n_planes; i++) {
      layout->stride[i] = GST_VIDEO_INFO_PLANE_STRIDE(&info, i);
      layout->offset[i] = GST_VIDEO_INFO_PLANE_OFFSET(&info, i);
    }
    layout->size = GST_VIDEO_INFO_SIZE(&info);
    return layout;
  }
  size_t offset = 0;
  for (int i = 0; i < layout->n_planes; i++) {
    layout->stride[i] = GST_ROUND_UP_4(layout->row_size[i]);
    layout->offset[i] = offset;
    offset += size_t(layout->stride[i]) * layout->rows[i];
  }
  layout->size = offset;
  return layout;
}

Result<PlaneLayout> aligned_layout(AVPixelFormat format, int width, int height) {
  auto layout = bare_layout(format, width, height);
  if (!layout)
    return layout;
  const size_t alignment = frame_alignment();
  size_t offset = 0;
  for (int i = 0; i < layout->n_planes; i++) {
    /* A palette is no picture: it keeps the stride that GStreamer gives it. */
    bool palette = i == 1 && layout->row_size[1] == AVPALETTE_SIZE && layout->rows[1] == 1;
    layout->stride[i] = palette ? 4 : int(FFALIGN(size_t(layout->row_size[i]), alignment));
    layout->offset[i] = offset;
    size_t bytes = palette ? AVPALETTE_SIZE : size_t(layout->stride[i]) * layout->rows[i];
    offset += FFALIGN(bytes + frame_padding, alignment);
  }
  layout->size = offset;
  return layout;
}

} // namespace framewise
