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
 * - `side-data` (#GstStructure): what the decoder found beside the picture; absent where that is
 *   nothing. A #GBytes for each item, under the name that libavutil's enum AVFrameSideDataType has
 *   for it: `a53-cc`, `afd`, `gop-timecode`, `s12m-timecode`, `regions-of-interest`,
 *   `dynamic-hdr-plus`, `dovi-rpu-buffer`, `sei-unregistered`. Where an item comes more than once,
 *   the second one is at `sei-unregistered-2`, and so on
 *
 * The bytes are as libavutil has them. Those of `a53-cc`, `icc-profile`, `dovi-rpu-buffer` and
 * `sei-unregistered` are of a standard; others are structs of C in the byte order of the machine,
 * and belong to the libavutil that has made them: they must not be stored, nor sent to another
 * process.
 *
 * Captions, AFD, timecodes and regions of interest are on the buffer as #GstVideoCaptionMeta (of
 * %GST_VIDEO_CAPTION_TYPE_CEA708_RAW), #GstVideoAFDMeta, #GstVideoTimeCodeMeta and
 * #GstVideoRegionOfInterestMeta as well, and those are what filters and encoders go by. A region
 * has a parameter `roi/containersink` with `qoffset` (#GstFraction, from -1, best, to 1), or
 * any `roi/…` one with `delta-qp` (#gint, from -51 to 51); a region without is none for encoders.
 * Other items go from `side-data` to filters and encoders.
 *
 * Since: 0.1
 */
#define GST_FRAMEWISE_FRAME_META_NAME "GstFramewiseFrameMeta"

GST_FRAMEWISE_API
const GstMetaInfo *gst_framewise_frame_meta_get_info(void);

GST_FRAMEWISE_API
const GstStructure *gst_framewise_buffer_get_frame_meta(GstBuffer *buffer);

G_END_DECLS
