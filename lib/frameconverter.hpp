/* gst-framewise: one frame into another pixel format of the same size, through libswscale.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "videoparams.hpp"

namespace framewise {

/* Converts the way `ffmpeg -pix_fmt` does, bit for bit: bicubic where chroma is resampled, an
 * unspecified matrix taken for BT.601, the stream's matrix and range honoured. One thread at a
 * time. */
class FRAMEWISE_INTERNAL FrameConverter {
 public:
  /* `threads`: slices converted side by side; 0 for one per core. */
  static Result<FrameConverter> create(const VideoParams &input, AVPixelFormat output_format,
                                       int threads);

  /* What a converter of `input` to `output_format` would make, or why there is none. Cheap. */
  static Result<VideoParams> output_for(const VideoParams &input, AVPixelFormat output_format);

  const VideoParams &input() const { return input_; }
  /* What comes out: the size, rates and aspect ratio of the input; range and matrix as converted.
   */
  const VideoParams &output() const { return output_; }

  /* `target` has its planes already. Colour and size of it are set, nothing else is. Rows that end
   * without padding cost one copy more. */
  Result<void> convert(const AVFrame *source, AVFrame *target);

 private:
  FrameConverter() = default;
  bool has_room_for_groups(const AVFrame *target) const;
  Result<void> scale(const AVFrame *source, AVFrame *target);

  VideoParams input_;
  VideoParams output_;
  SwsContextPtr sws_;
  FramePtr padded_; /* where a target lacks padding; made on first use */
};

} // namespace framewise
