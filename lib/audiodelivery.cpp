/* gst-framewise: how decoded audio leaves as buffers.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "audiodelivery.hpp"

#include "audiobridge.hpp"
#include "framestamp.hpp"

#include <algorithm>

namespace framewise {

Result<AudioDelivery> AudioDelivery::choose(const AudioParams &native, const GstCaps *accepted) {
  for (AVSampleFormat format : formats_by_closeness(native.format)) {
    AudioParams output = native;
    output.format = format;
    CapsPtr caps = to_caps(output);
    if (!caps || !gst_caps_can_intersect(caps.get(), accepted))
      continue;
    AudioDelivery delivery(native, output);
    if (format != native.format) {
      auto converter = AudioConverter::create(native, output);
      if (!converter)
        return Failure(converter.error());
      delivery.converter_ = std::move(*converter);
    }
    return delivery;
  }
  CString text(gst_caps_to_string(accepted));
  CapsPtr any_audio(gst_caps_new_empty_simple("audio/x-raw"));
  if (!gst_caps_can_intersect(any_audio.get(), accepted))
    return fail(GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
                format("Downstream takes no raw audio, and the stream is that: %s. `stream=V:0` "
                       "reads the video.",
                       native.describe().c_str()),
                format("downstream takes %s", text.get()));
  return fail(GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
              format("Downstream does not take audio of %s in any sample format. Put `audioconvert "
                     "! audioresample` between.",
                     native.describe().c_str()),
              format("downstream takes %s", text.get()));
}

Result<BufferPtr> AudioDelivery::deliver(const DecodedFrame &frame) {
  Result<BufferPtr> buffer = BufferPtr();
  if (converter_) {
    auto converted = converter_->convert(frame.picture.get(), frame.first_sample, frame.n_samples);
    if (!converted)
      return Failure(converted.error());
    if (!*converted || (*converted)->nb_samples != frame.n_samples)
      return FRAMEWISE_FAIL_STREAM(FORMAT, "Audio changed its length in conversion.");
    buffer = wrap_audio(converted->get(), output_, 0, frame.n_samples);
  } else {
    buffer = wrap_audio(frame.picture.get(), output_, frame.first_sample, frame.n_samples);
  }
  if (!buffer)
    return buffer;
  GstBuffer *made = buffer->get();
  /* What comes before the container's start has no stream time that a buffer could carry. */
  const int64_t begin = std::max<int64_t>(frame.time, 0);
  const int64_t end = std::max<int64_t>(frame.time + frame.duration, 0);
  GST_BUFFER_PTS(made) = GstClockTime(begin);
  GST_BUFFER_DURATION(made) = GstClockTime(end - begin);
  if (frame.number >= 0) {
    GST_BUFFER_OFFSET(made) = guint64(frame.number);
    GST_BUFFER_OFFSET_END(made) = guint64(frame.number + frame.n_samples);
  }
  stamp_reference_time(made, frame);
  if (frame.picture->flags & AV_FRAME_FLAG_CORRUPT)
    GST_BUFFER_FLAG_SET(made, GST_BUFFER_FLAG_CORRUPTED);
  return buffer;
}

} // namespace framewise
