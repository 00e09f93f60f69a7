/* gst-framewise: a decoded frame's number, times, flags and origin on the buffer that carries it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "framereader.hpp"

namespace framewise {

/* `output` is what the buffer's caps say; `time_base` that of `frame.pts`. The buffer is writable.
 */
FRAMEWISE_INTERNAL void stamp_buffer(GstBuffer *buffer, const DecodedFrame &frame,
                                     const VideoParams &output, AVRational time_base);

/* The sender's time of the frame, where it is known, as GstReferenceTimestampMeta of
 * `timestamp/x-unix`. */
FRAMEWISE_INTERNAL void stamp_reference_time(GstBuffer *buffer, const DecodedFrame &frame);

/* The time of a GstReferenceTimestampMeta of `timestamp/x-unix` or `timestamp/x-ntp`, in
 * nanoseconds since 1970; nothing where the buffer has neither. */
FRAMEWISE_INTERNAL std::optional<int64_t> reference_time_of(GstBuffer *buffer);

} // namespace framewise
