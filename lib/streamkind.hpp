/* gst-framewise: the one kind of frames that a written stream holds.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "videoencoder.hpp"

namespace framewise {

/* Interlaced caps may leave the field order to the buffers: `params` with that of the first. */
FRAMEWISE_INTERNAL VideoParams with_field_order(VideoParams params, GstBuffer *first);

/* Filters, in FFmpeg's syntax, that bring frames that are as `now` to what the stream `was` when
 * `encoder` was opened; empty where the change does no harm. */
FRAMEWISE_INTERNAL std::string filters_back_to(const VideoParams &was, const VideoParams &now,
                                               const VideoEncoder &encoder);

} // namespace framewise
