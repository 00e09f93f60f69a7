/* gst-framewise
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/framewise/framewise-prelude.h>

G_BEGIN_DECLS

/**
 * GST_FRAMEWISE_FILTER_META_NAME:
 *
 * Name of the custom meta (see gst_buffer_get_custom_meta()) with what libavfilter's filters found
 * out about a frame: `cropdetect`, `signalstats`, `blackdetect` and others. Its structure has a
 * string for each item, under libavfilter's name, such as `lavfi.signalstats.YAVG`. `ffmpeg -h
 * filter=NAME` and FFmpeg's documentation of the filter say what the items mean.
 *
 * Since: 0.1
 */
#define GST_FRAMEWISE_FILTER_META_NAME "GstFramewiseFilterMeta"

GST_FRAMEWISE_API
const GstMetaInfo *gst_framewise_filter_meta_get_info(void);

GST_FRAMEWISE_API
const GstStructure *gst_framewise_buffer_get_filter_meta(GstBuffer *buffer);

G_END_DECLS
