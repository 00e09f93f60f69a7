/* gst-framewise: what caps and libav each say of a video stream, in one struct.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "pixelformat.hpp"

#include <gst/video/video.h>

#include <optional>
#include <string>
#include <vector>

struct AVStereo3D;

namespace framewise {

/* Name of the caps for pixel formats that GStreamer has no name for. Their `format` field is
 * FFmpeg's name; the other fields are those of video/x-raw. */
#define FRAMEWISE_CAPS_NAME "video/x-framewise"

/* `format` never is a yuvj name: those are a plain format with `range` AVCOL_RANGE_JPEG. What the
 * stream leaves unsaid stays unspecified; nothing here guesses. */
struct FRAMEWISE_INTERNAL VideoParams {
  AVPixelFormat format = AV_PIX_FMT_NONE;
  int width = 0;
  int height = 0;
  AVRational sample_aspect_ratio{1, 1};
  AVRational framerate{0, 1};     /* 0/1: variable or unknown */
  AVRational max_framerate{0, 1}; /* 0/1: unknown */
  AVColorRange range = AVCOL_RANGE_UNSPECIFIED;
  AVColorSpace matrix = AVCOL_SPC_UNSPECIFIED;
  AVColorTransferCharacteristic transfer = AVCOL_TRC_UNSPECIFIED;
  AVColorPrimaries primaries = AVCOL_PRI_UNSPECIFIED;
  AVChromaLocation chroma_location = AVCHROMA_LOC_UNSPECIFIED;
  GstVideoInterlaceMode interlace_mode = GST_VIDEO_INTERLACE_MODE_PROGRESSIVE;
  GstVideoFieldOrder field_order = GST_VIDEO_FIELD_ORDER_UNKNOWN;
  std::optional<GstVideoMasteringDisplayInfo> mastering_display;
  std::optional<GstVideoContentLightLevel> content_light_level;
  /* NONE: nobody has said whether there are two views. */
  GstVideoMultiviewMode multiview_mode = GST_VIDEO_MULTIVIEW_MODE_NONE;
  GstVideoMultiviewFlags multiview_flags = GST_VIDEO_MULTIVIEW_FLAGS_NONE;

  bool operator==(const VideoParams &other) const;
  bool has_gst_name() const { return to_gst_format(format) != GST_VIDEO_FORMAT_UNKNOWN; }
  /* "yuv420p 640x480", for messages. */
  std::string describe() const;
};

/* Fixed caps: video/x-raw where GStreamer has a name for the format, else video/x-framewise. */
FRAMEWISE_INTERNAL CapsPtr to_caps(const VideoParams &params);
/* `caps` must be fixed, of one of the two names, and in system memory. */
FRAMEWISE_INTERNAL Result<VideoParams> from_caps(const GstCaps *caps);
/* The same, of format, size and interlacing only, whether the rest is fixed or not: all that tells
 * where the samples are. */
FRAMEWISE_INTERNAL Result<VideoParams> geometry_from_caps(const GstCaps *caps);

/* What `frame` says of itself. Rates, and interlacing beyond this one frame, are the caller's. */
FRAMEWISE_INTERNAL VideoParams from_frame(const AVFrame *frame);
/* Writes format, size, aspect ratio and colour into `frame`, and the side data of HDR and stereo
 * video. */
FRAMEWISE_INTERNAL void describe_frame(AVFrame *frame, const VideoParams &params);

/* What a container or codec says of two views in one picture. */
FRAMEWISE_INTERNAL void read_stereo(VideoParams &params, const AVStereo3D &stereo);

/* The template of every pad here: video/x-raw in each format with a twin, and video/x-framewise. */
FRAMEWISE_INTERNAL CapsPtr template_caps();
/* The pixel formats that `caps` (any caps, fixed or not) admit in system memory, in its order,
 * without repeats. A video/x-framewise structure without `format` admits every format that
 * GStreamer has no name for. */
FRAMEWISE_INTERNAL std::vector<AVPixelFormat> formats_in_caps(const GstCaps *caps);

} // namespace framewise
