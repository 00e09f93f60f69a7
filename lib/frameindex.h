/* gst-framewise
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/framewise/framewise-prelude.h>

G_BEGIN_DECLS

/**
 * GstFramewiseIndexMode:
 * @GST_FRAMEWISE_INDEX_MODE_AUTO: exact, by the cheapest means that suffices: a scan of the packets
 *   where that can be trusted, else a decode
 * @GST_FRAMEWISE_INDEX_MODE_CONSTANT_FRAMERATE: by the frame rate that the container states,
 *   without reading the stream. Right only where the statement is
 * @GST_FRAMEWISE_INDEX_MODE_VERIFIED: by decoding all once, with a hash of each frame that every
 *   frame after a seek is checked against
 *
 * By what means the frames of a stream are numbered.
 *
 * Since: 0.1
 */
typedef enum {
  GST_FRAMEWISE_INDEX_MODE_AUTO,
  GST_FRAMEWISE_INDEX_MODE_CONSTANT_FRAMERATE,
  GST_FRAMEWISE_INDEX_MODE_VERIFIED
} GstFramewiseIndexMode;

#define GST_TYPE_FRAMEWISE_INDEX_MODE (gst_framewise_index_mode_get_type())

GST_FRAMEWISE_API
GType gst_framewise_index_mode_get_type(void);

G_END_DECLS
