/* gst-framewise
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/framewise/framewise-prelude.h>

G_BEGIN_DECLS

/**
 * GST_FRAMEWISE_FRAME_META_NAME:
 *
 * Name of the custom meta (see gst_buffer_get_custom_meta()) that tells where in its container a
 * frame comes from. Its structure has these fields:
 *
 * - `frame` (#gint64): the frame's number, the first being 0; -1 where it is not known
 * - `pts` (#gint64): presentation time as the container stores it, in `time-base`; absent where the
 *   container has none. The exact time of the frame is `pts` x `time-base`
 * - `time-base` (#GstFraction): seconds per tick of `pts`
 * - `key-frame` (#gboolean)
 * - `picture-type` (string): `I`, `P`, `B`, `S`, `SI`, `SP`, `BI` or `NONE`
 * - `interlaced` (#gboolean)
 *
 * Since: 0.1
 */
#define GST_FRAMEWISE_FRAME_META_NAME "GstFramewiseFrameMeta"

GST_FRAMEWISE_API
const GstMetaInfo *gst_framewise_frame_meta_get_info(void);

GST_FRAMEWISE_API
const GstStructure *gst_framewise_buffer_get_frame_meta(GstBuffer *buffer);

G_END_DECLS
