/* gst-framewise: pixel formats under both of their names.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "av.hpp"

#include <gst/video/video.h>

#include <array>
#include <span>

namespace framewise {

/* One AVPixelFormat and the GstVideoFormat with the same bytes in memory. Formats with deprecated
 * full-range names (yuvj420p ...) are no twins: they are the plain format plus a range. */
struct PixelFormatTwin {
  GstVideoFormat gst;
  AVPixelFormat av;
};

/* All twins, each GstVideoFormat and each AVPixelFormat at most once. */
FRAMEWISE_INTERNAL std::span<const PixelFormatTwin> pixel_format_twins();
/* GST_VIDEO_FORMAT_UNKNOWN where GStreamer has no name; yuvj formats map to their plain twin. */
FRAMEWISE_INTERNAL GstVideoFormat to_gst_format(AVPixelFormat format);
/* AV_PIX_FMT_NONE where FFmpeg has no name. */
FRAMEWISE_INTERNAL AVPixelFormat to_av_format(GstVideoFormat format);

/* yuvj420p -> yuv420p and so on; any other format unchanged. */
FRAMEWISE_INTERNAL AVPixelFormat without_range(AVPixelFormat format);
/* yuv420p -> yuvj420p and so on; AV_PIX_FMT_NONE where there is no such name. */
FRAMEWISE_INTERNAL AVPixelFormat with_full_range(AVPixelFormat format);
inline bool implies_full_range(AVPixelFormat format) { return without_range(format) != format; }

/* Frames of it lie in this process's memory, whole bytes or not. */
FRAMEWISE_INTERNAL bool is_software(AVPixelFormat format);
/* RGB, as FFmpeg flags it. */
FRAMEWISE_INTERNAL bool is_rgb(AVPixelFormat format);

/* Where the planes of a frame lie, in bytes. */
struct PlaneLayout {
  int n_planes = 0;
  std::array<int, 4> stride{};
  std::array<size_t, 4> offset{};
  std::array<int, 4> rows{};
  std::array<int, 4> row_size{}; /* bytes of a row that hold samples */
  size_t size = 0;

  bool operator==(const PlaneLayout &) const = default;
};

/* GStreamer's layout of a frame in one piece of memory: GstVideoInfo's where there is a twin; for
 * the other formats the same rule, every row at a multiple of 4 bytes and the planes in turn. This
 * is what a buffer without GstVideoMeta holds. With any interlacing GStreamer gives subsampled
 * planes an even number of rows. */
FRAMEWISE_INTERNAL Result<PlaneLayout>
default_layout(AVPixelFormat format, int width, int height,
               GstVideoInterlaceMode interlace_mode = GST_VIDEO_INTERLACE_MODE_PROGRESSIVE);
/* libav's layout, for buffers with GstVideoMeta: rows at multiples of `frame_alignment()`, and room
 * for SIMD to read past the end of a plane. */
FRAMEWISE_INTERNAL Result<PlaneLayout> aligned_layout(AVPixelFormat format, int width, int height);
/* What libav's SIMD code may expect of pointers and strides on this CPU, in bytes. */
FRAMEWISE_INTERNAL int frame_alignment();
/* Bytes past the end of a plane that libav's SIMD code may read. */
constexpr int frame_padding = 64;

} // namespace framewise
