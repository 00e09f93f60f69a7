/* gst-framewise: the one kind of frames that a written stream holds.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "streamkind.hpp"

#include <gst/video/video.h>

namespace framewise {

VideoParams with_field_order(VideoParams params, GstBuffer *first) {
  if (params.interlace_mode == GST_VIDEO_INTERLACE_MODE_INTERLEAVED &&
      params.field_order == GST_VIDEO_FIELD_ORDER_UNKNOWN)
    params.field_order = GST_BUFFER_FLAG_IS_SET(first, GST_VIDEO_BUFFER_FLAG_TFF)
                             ? GST_VIDEO_FIELD_ORDER_TOP_FIELD_FIRST
                             : GST_VIDEO_FIELD_ORDER_BOTTOM_FIELD_FIRST;
  return params;
}

/* Whether both say something, and not the same. */
template <typename T> static bool contradict(T a, T b, T unspecified) {
  return a != b && a != unspecified && b != unspecified;
}

std::string filters_back_to(const VideoParams &was, const VideoParams &now,
                            const VideoEncoder &encoder) {
  std::string chain;
  auto add = [&](const std::string &filter) { chain += (chain.empty() ? "" : ",") + filter; };

  if (contradict(now.interlace_mode, was.interlace_mode, GST_VIDEO_INTERLACE_MODE_MIXED) ||
      contradict(now.field_order, was.field_order, GST_VIDEO_FIELD_ORDER_UNKNOWN)) {
    if (was.interlace_mode == GST_VIDEO_INTERLACE_MODE_PROGRESSIVE)
      add("bwdif=mode=send_frame");
    else
      add(was.field_order == GST_VIDEO_FIELD_ORDER_BOTTOM_FIELD_FIRST ? "fieldorder=bff"
                                                                      : "fieldorder=tff");
  }
  if (now.width != was.width || now.height != was.height)
    add(format("scale=%d:%d", was.width, was.height));
  if (contradict(now.range, was.range, AVCOL_RANGE_UNSPECIFIED) ||
      contradict(now.matrix, was.matrix, AVCOL_SPC_UNSPECIFIED))
    add(format("scale=out_color_matrix=%s:out_range=%s", av_color_space_name(was.matrix),
               av_color_range_name(was.range)));
  if (now.format != was.format)
    add(format("format=%s", av_get_pix_fmt_name(was.format)));
  /* `scale` keeps the shape of the picture, and so changes that of its samples. */
  AVRational scaled = now.sample_aspect_ratio;
  av_reduce(&scaled.num, &scaled.den, int64_t(scaled.num) * now.width * was.height,
            int64_t(scaled.den) * now.height * was.width, INT_MAX);
  if (av_cmp_q(scaled, was.sample_aspect_ratio) != 0)
    add(format("setsar=%d/%d", was.sample_aspect_ratio.num, was.sample_aspect_ratio.den));
  const bool counts_frames =
      encoder.clock().is_grid() && av_cmp_q(encoder.encoded().framerate, was.framerate) == 0;
  if (counts_frames && av_cmp_q(now.framerate, was.framerate) != 0)
    add(format("fps=%d/%d", was.framerate.num, was.framerate.den));
  return chain;
}

} // namespace framewise
