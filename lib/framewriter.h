/* gst-framewise
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/framewise/framewise-prelude.h>

#include <gio/gio.h>
#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * GstFramewiseClosedGop:
 * @GST_FRAMEWISE_CLOSED_GOP_AUTO: as the encoder has it by default
 * @GST_FRAMEWISE_CLOSED_GOP_FALSE: frames may refer to the next or previous GOP
 * @GST_FRAMEWISE_CLOSED_GOP_TRUE: no frame refers past its GOP
 *
 * Whether frames may refer to others past their group of pictures.
 *
 * Since: 0.1
 */
typedef enum {
  GST_FRAMEWISE_CLOSED_GOP_AUTO,
  GST_FRAMEWISE_CLOSED_GOP_FALSE,
  GST_FRAMEWISE_CLOSED_GOP_TRUE
} GstFramewiseClosedGop;

#define GST_TYPE_FRAMEWISE_CLOSED_GOP (gst_framewise_closed_gop_get_type())

GST_FRAMEWISE_API
GType gst_framewise_closed_gop_get_type(void);

/**
 * GST_TYPE_FRAMEWISE_WRITER:
 *
 * Since: 0.1
 */
#define GST_TYPE_FRAMEWISE_WRITER (gst_framewise_writer_get_type())

/**
 * GstFramewiseWriter:
 *
 * Frames into a video file, without a pipeline: encoder, muxer and file are those of containersink.
 *
 * The file comes into being with the first frame and is whole once gst_framewise_writer_finish()
 * says so. An older one at the location is replaced only then. A writer that goes away unfinished
 * is aborted, as by gst_framewise_writer_abort().
 *
 * Calls may come from any thread; they wait for each other. Many writers may work at once, each on
 * a file of its own.
 *
 * Since: 0.1
 */
GST_FRAMEWISE_API
G_DECLARE_FINAL_TYPE(GstFramewiseWriter, gst_framewise_writer, GST_FRAMEWISE, WRITER, GObject)

GST_FRAMEWISE_API
GstFramewiseWriter *gst_framewise_writer_new(const gchar *location, GError **error);

GST_FRAMEWISE_API
gboolean gst_framewise_writer_set_filter(GstFramewiseWriter *writer, const gchar *sequence,
                                         const gchar *graph, GError **error);

GST_FRAMEWISE_API
gboolean gst_framewise_writer_write(GstFramewiseWriter *writer, GstSample *sample,
                                    GCancellable *cancellable, GError **error);

GST_FRAMEWISE_API
gboolean gst_framewise_writer_finish(GstFramewiseWriter *writer, GCancellable *cancellable,
                                     GError **error);

GST_FRAMEWISE_API
void gst_framewise_writer_abort(GstFramewiseWriter *writer);

G_END_DECLS
