/* gst-framewise: pixel format conversion through libswscale.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "frameconverter.hpp"

extern "C" {
#include <libavutil/imgutils.h>
#include <libavutil/opt.h>
}

namespace framewise {

static bool is_yuv(AVPixelFormat format) {
  const AVPixFmtDescriptor *desc = av_pix_fmt_desc_get(format);
  return desc && !(desc->flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL)) &&
         desc->nb_components >= 3;
}

Result<VideoParams> FrameConverter::output_for(const VideoParams &input,
                                               AVPixelFormat output_format) {
  VideoParams output = input;
  output.format = without_range(output_format);
  if (output_format == input.format)
    return output;

  auto unsupported = [&](const char *role, AVPixelFormat format) {
    return FRAMEWISE_FAIL_STREAM(
        FORMAT, framewise::format("libswscale cannot convert %s `%s`. `ffmpeg -pix_fmts` lists "
                                  "what it can.",
                                  role, av_get_pix_fmt_name(format)));
  };
  if (!sws_isSupportedInput(input.format))
    return unsupported("from", input.format);
  if (!sws_isSupportedOutput(output.format))
    return unsupported("to", output.format);

  if (is_rgb(output.format)) {
    output.matrix = AVCOL_SPC_RGB;
    output.range = AVCOL_RANGE_JPEG;
    output.chroma_location = AVCHROMA_LOC_UNSPECIFIED;
  } else if (is_rgb(input.format)) {
    /* BT.601, libswscale's own default, and said so. */
    output.matrix = is_yuv(output.format) ? AVCOL_SPC_SMPTE170M : AVCOL_SPC_UNSPECIFIED;
    output.range = implies_full_range(output_format) ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
  } else if (implies_full_range(output_format)) {
    /* A yuvj name asks for full range; other YUV keeps the range it has. */
    output.range = AVCOL_RANGE_JPEG;
  }
  return output;
}

Result<FrameConverter> FrameConverter::create(const VideoParams &input, AVPixelFormat output_format,
                                              int threads) {
  auto possible = output_for(input, output_format);
  if (!possible)
    return Failure(possible.error());
  FrameConverter converter;
  converter.input_ = input;
  converter.output_ = *possible;
  const VideoParams &output = converter.output_;
  const bool full_in = is_rgb(input.format) || input.range == AVCOL_RANGE_JPEG;
  const bool full_out = is_rgb(output.format) || output.range == AVCOL_RANGE_JPEG;
  const AVColorSpace matrix = is_rgb(input.format) ? output.matrix : input.matrix;

  converter.sws_.reset(sws_alloc_context());
  SwsContext *sws = converter.sws_.get();
  if (!sws)
    return FRAMEWISE_FAIL_RESOURCE(FAILED, "Out of memory.");
  av_opt_set_int(sws, "srcw", input.width, 0);
  av_opt_set_int(sws, "srch", input.height, 0);
  av_opt_set_int(sws, "src_format", input.format, 0);
  av_opt_set_int(sws, "dstw", output.width, 0);
  av_opt_set_int(sws, "dsth", output.height, 0);
  av_opt_set_int(sws, "dst_format", output.format, 0);
  av_opt_set_int(sws, "sws_flags", SWS_BICUBIC, 0);
  av_opt_set_int(sws, "threads", threads, 0);
  /* The position of MPEG-2 chroma, in 1/256 of a luma sample: what the scale filter assumes. */
  if (input.format == AV_PIX_FMT_YUV420P)
    av_opt_set_int(sws, "src_v_chr_pos", 128, 0);
  if (output.format == AV_PIX_FMT_YUV420P)
    av_opt_set_int(sws, "dst_v_chr_pos", 128, 0);
  av_opt_set_int(sws, "src_range", full_in, 0);
  av_opt_set_int(sws, "dst_range", full_out, 0);

  if (int ret = sws_init_context(sws, nullptr, nullptr); ret < 0)
    return fail_av(ret, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
                   framewise::format("No conversion of %s to `%s`.", input.describe().c_str(),
                                     av_get_pix_fmt_name(output.format)));
  /* libswscale takes AVCOL_SPC values and, for an unspecified one, BT.601. */
  const int *coefficients = sws_getCoefficients(matrix);
  constexpr int no_brightness = 0, unit_contrast = 1 << 16, unit_saturation = 1 << 16;
  sws_setColorspaceDetails(sws, coefficients, full_in, coefficients, full_out, no_brightness,
                           unit_contrast, unit_saturation);
  return converter;
}

/* libswscale's fast paths write pixels in groups; where a row has no room for the last group whole,
 * some of them leave its pixels out. */
bool FrameConverter::has_room_for_groups(const AVFrame *target) const {
  constexpr int group = 16;
  for (int i = 0; i < av_pix_fmt_count_planes(output_.format); i++) {
    int row = av_image_get_linesize(output_.format, FFALIGN(output_.width, group), i);
    if (row > target->linesize[i])
      return false;
  }
  return true;
}

Result<void> FrameConverter::scale(const AVFrame *source, AVFrame *target) {
  int ret = sws_scale_frame(sws_.get(), target, source);
  if (ret < 0)
    return fail_av(ret, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
                   framewise::format("Conversion of %s to `%s` failed.", input_.describe().c_str(),
                                     av_get_pix_fmt_name(output_.format)));
  return {};
}

Result<void> FrameConverter::convert(const AVFrame *source, AVFrame *target) {
  describe_frame(target, output_);
  if (has_room_for_groups(target))
    return scale(source, target);

  if (!padded_) {
    padded_ = new_frame();
    describe_frame(padded_.get(), output_);
    if (av_frame_get_buffer(padded_.get(), 0) < 0) {
      padded_.reset();
      return FRAMEWISE_FAIL_RESOURCE(FAILED, "Out of memory.");
    }
  }
  if (auto scaled = scale(source, padded_.get()); !scaled)
    return scaled;
  const uint8_t *planes[4] = {padded_->data[0], padded_->data[1], padded_->data[2],
                              padded_->data[3]};
  av_image_copy(target->data, target->linesize, planes, padded_->linesize, output_.format,
                output_.width, output_.height);
  return {};
}

} // namespace framewise
