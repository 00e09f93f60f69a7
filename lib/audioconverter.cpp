/* gst-framewise: audio into another sample format, rate or set of channels (libswresample).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "audioconverter.hpp"

namespace framewise {

Result<AudioConverter> AudioConverter::create(const AudioParams &from, const AudioParams &to) {
  AudioConverter self(from, to);
  SwrContext *context = nullptr;
  /* Older versions do not say that they leave the layouts as they are. */
  auto *of_input = const_cast<AVChannelLayout *>(from.layout.get());
  auto *of_output = const_cast<AVChannelLayout *>(to.layout.get());
  int ret = swr_alloc_set_opts2(&context, of_output, to.format, to.sample_rate, of_input,
                                from.format, from.sample_rate, 0, nullptr);
  self.context_.reset(context);
  if (ret >= 0)
    ret = swr_init(context);
  if (ret < 0)
    return fail_av(ret, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
                   format("Audio of %s cannot be converted to %s.", from.describe().c_str(),
                          to.describe().c_str()));
  return self;
}

Result<FramePtr> AudioConverter::run(const uint8_t **planes, int samples) {
  const int room = swr_get_out_samples(context_.get(), samples);
  if (room <= 0)
    return FramePtr();
  FramePtr frame = new_frame();
  if (!frame || av_channel_layout_copy(&frame->ch_layout, to_.layout.get()) < 0)
    return FRAMEWISE_FAIL_RESOURCE(FAILED, "Out of memory.");
  frame->format = to_.format;
  frame->sample_rate = to_.sample_rate;
  frame->nb_samples = room;
  if (av_frame_get_buffer(frame.get(), 0) < 0)
    return FRAMEWISE_FAIL_RESOURCE(FAILED, "Out of memory.");
  const int made = swr_convert(context_.get(), frame->extended_data, room, planes, samples);
  if (made < 0)
    return fail_av(made, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
                   format("Audio of %s could not be converted to %s.", from_.describe().c_str(),
                          to_.describe().c_str()));
  frame->nb_samples = made;
  return made > 0 ? std::move(frame) : FramePtr();
}

Result<FramePtr> AudioConverter::convert(const AVFrame *frame, int first, int samples) {
  std::vector<const uint8_t *> planes;
  for (int i = 0; i < from_.planes(); i++)
    planes.push_back(frame->extended_data[i] + ptrdiff_t(first) * from_.stride());
  return run(planes.data(), samples);
}

Result<FramePtr> AudioConverter::drain() { return run(nullptr, 0); }

} // namespace framewise
