/* gst-framewise: what a stream's headers promise of its frames, before any is decoded.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "streampromise.hpp"

namespace framewise {

VideoParams promised_video(const ContainerInput &input) {
  const AVCodecParameters *codec = input.stream()->codecpar;
  FramePtr carrier = new_frame();
  carrier->format = codec->format;
  carrier->width = codec->width;
  carrier->height = codec->height;
  carrier->color_range = codec->color_range;
  carrier->colorspace = codec->color_space;
  carrier->color_trc = codec->color_trc;
  carrier->color_primaries = codec->color_primaries;
  carrier->chroma_location = codec->chroma_location;
  carrier->sample_aspect_ratio =
      av_guess_sample_aspect_ratio(const_cast<AVFormatContext *>(input.context()),
                                   const_cast<AVStream *>(input.stream()), nullptr);
  VideoParams params = from_frame(carrier.get());
  params.framerate = input.constant_framerate();
  return params;
}

AudioParams promised_audio(const ContainerInput &input, const AVCodecContext *decoder) {
  const AVCodecParameters *codec = input.stream()->codecpar;
  FramePtr carrier = new_frame();
  carrier->format =
      decoder->sample_fmt != AV_SAMPLE_FMT_NONE ? int(decoder->sample_fmt) : codec->format;
  carrier->sample_rate = decoder->sample_rate > 0 ? decoder->sample_rate : codec->sample_rate;
  const AVChannelLayout &layout =
      decoder->ch_layout.nb_channels > 0 ? decoder->ch_layout : codec->ch_layout;
  if (av_channel_layout_copy(&carrier->ch_layout, &layout) < 0)
    return {};
  return audio_from_frame(carrier.get());
}

} // namespace framewise
