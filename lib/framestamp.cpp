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
  add_side_data_metas(buffer, frame.picture.get(), output.framerate, frame.timecode.c_str());
  add_frame_meta(buffer, {frame.picture.get(), frame.number, frame.pts, time_base});
  stamp_reference_time(buffer, frame);
}

static GstStaticCaps unix_time = GST_STATIC_CAPS("timestamp/x-unix");
static GstStaticCaps ntp_time = GST_STATIC_CAPS("timestamp/x-ntp");

std::optional<int64_t> reference_time_of(GstBuffer *buffer) {
  constexpr int64_t unix_era = 2208988800 * int64_t(GST_SECOND); /* in NTP's: RFC 5905 */
  for (GstStaticCaps *clock : {&unix_time, &ntp_time}) {
    CapsPtr caps(gst_static_caps_get(clock));
    const auto *meta = gst_buffer_get_reference_timestamp_meta(buffer, caps.get());
    if (!meta || meta->timestamp > GstClockTime(G_MAXINT64))
      continue;
    const int64_t time = int64_t(meta->timestamp) - (clock == &ntp_time ? unix_era : 0);
    if (time >= 0)
      return time;
  }
  return std::nullopt;
}

void stamp_reference_time(GstBuffer *buffer, const DecodedFrame &frame) {
  if (!frame.reference_time)
    return;
  CapsPtr caps(gst_static_caps_get(&unix_time));
  gst_buffer_add_reference_timestamp_meta(buffer, caps.get(), GstClockTime(*frame.reference_time),
                                          GST_CLOCK_TIME_NONE);
}

} // namespace framewise
