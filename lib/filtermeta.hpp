/* gst-framewise: what filters found out about a frame, between AVFrame and GstBuffer.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "av.hpp"
#include "filtermeta.h"

namespace framewise {

/* Puts the frame's `lavfi.*` metadata on `buffer` as GST_FRAMEWISE_FILTER_META_NAME; nothing where
 * there is none. Returns its fields, which are the buffer's. */
const GstStructure *add_filter_meta(GstBuffer *buffer, const AVFrame *frame);
/* The other way round. */
void copy_filter_meta(AVFrame *frame, GstBuffer *buffer);

} // namespace framewise
