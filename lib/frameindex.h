/* gst-framewise
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/framewise/framewise-prelude.h>

#include <gio/gio.h>

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

/**
 * GST_TYPE_FRAMEWISE_INDEX:
 *
 * Since: 0.1
 */
#define GST_TYPE_FRAMEWISE_INDEX (gst_framewise_index_get_type())

/**
 * GstFramewiseIndex:
 *
 * The table of the frames of one video stream. Frame N is the N-th that a linear decode of the
 * stream gives, the first being 0. Times are those of containersrc: 0 is the start time of the
 * container.
 *
 * It never changes; any thread may read it.
 *
 * Since: 0.1
 */
typedef struct _GstFramewiseIndex GstFramewiseIndex;

/**
 * GstFramewiseIndexProgress:
 * @percent: how much is done, of 100
 * @user_data: (closure): what was given with the function
 *
 * Called while an index is made.
 *
 * Since: 0.1
 */
typedef void (*GstFramewiseIndexProgress)(gint percent, gpointer user_data);

GST_FRAMEWISE_API
GType gst_framewise_index_get_type(void);

GST_FRAMEWISE_API
GstFramewiseIndex *gst_framewise_index_new(const gchar *uri, const gchar *stream,
                                           GstFramewiseIndexMode mode, GCancellable *cancellable,
                                           GstFramewiseIndexProgress progress, gpointer user_data,
                                           GError **error);

GST_FRAMEWISE_API
gboolean gst_framewise_index_save(const GstFramewiseIndex *index, const gchar *filename,
                                  GError **error);

GST_FRAMEWISE_API
GstFramewiseIndex *gst_framewise_index_load(const gchar *filename, const gchar *uri,
                                            GError **error);

GST_FRAMEWISE_API
GstFramewiseIndex *gst_framewise_index_ref(GstFramewiseIndex *index);

GST_FRAMEWISE_API
void gst_framewise_index_unref(GstFramewiseIndex *index);

GST_FRAMEWISE_API
gint64 gst_framewise_index_get_n_frames(const GstFramewiseIndex *index);

GST_FRAMEWISE_API
GstClockTime gst_framewise_index_get_duration(const GstFramewiseIndex *index);

GST_FRAMEWISE_API
GstClockTime gst_framewise_index_frame_to_time(const GstFramewiseIndex *index, gint64 frame);

GST_FRAMEWISE_API
gint64 gst_framewise_index_time_to_frame(const GstFramewiseIndex *index, GstClockTime time);

GST_FRAMEWISE_API
gboolean gst_framewise_index_is_key_frame(const GstFramewiseIndex *index, gint64 frame);

GST_FRAMEWISE_API
gboolean gst_framewise_index_is_constant_framerate(const GstFramewiseIndex *index);

GST_FRAMEWISE_API
gboolean gst_framewise_index_is_exact(const GstFramewiseIndex *index);

GST_FRAMEWISE_API
GstStructure *gst_framewise_index_get_frame_info(const GstFramewiseIndex *index, gint64 frame);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(GstFramewiseIndex, gst_framewise_index_unref)

G_END_DECLS
