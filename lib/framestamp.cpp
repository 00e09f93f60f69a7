/* gst-framewise: a decoded frame's number, times, flags and origin on the buffer that carries it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "framestamp.hpp"
#include "framebridge.hpp"
#include "framemeta.hpp"
#include "framesidedata.hpp"

#include <algorithm>

namespace framewise {

void stamp_buffer(GstBuffer *buffer, const DecodedFrame &frame, const VideoParams &output,
                  AVRational time_base) {
  /* A frame from before the container's start has no stream time that a buffer could carry. */
  const int64_t begin = std::max<int64_t>(frame.time, 0);
  const int64_t end = std::max<int64_t>(frame.time + frame.duration, 0);
  GST_BUFFER_PTS(buffer) = begin;
  GST_BUFFER_DTS(buffer) = GST_CLOCK_TIME_NONE;
  GST_BUFFER_DURATION(buffer) = end - begin;
  GST_BUFFER_OFFSET(buffer) = frame.number >= 0 ? frame.number : GST_BUFFER_OFFSET_NONE;
  GST_BUFFER_OFFSET_END(buffer) = frame.number >= 0 ? frame.number + 1 : GST_BUFFER_OFFSET_NONE;
  if (frame.picture->flags & AV_FRAME_FLAG_CORRUPT)
    GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_CORRUPTED);
  set_interlace_flags(buffer, frame.picture.get(), output);
  add_side_data_metas(buffer, frame.picture.get(), output.framerate);
  add_frame_meta(buffer, {frame.picture.get(), frame.number, frame.pts, time_base});
  stamp_reference_time(buffer, frame);
}

void stamp_reference_time(GstBuffer *buffer, const DecodedFrame &frame) {
  static GstStaticCaps unix_time = GST_STATIC_CAPS("timestamp/x-unix");
  if (!frame.reference_time)
    return;
  CapsPtr caps(gst_static_caps_get(&unix_time));
  gst_buffer_add_reference_timestamp_meta(buffer, caps.get(), GstClockTime(*frame.reference_time),
                                          GST_CLOCK_TIME_NONE);
}

} // namespace framewise
