/* gst-framewise
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/framewise/array.h>
#include <gst/framewise/frameindex.h>

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * GstFramewiseThreadType:
 * @GST_FRAMEWISE_THREAD_TYPE_AUTO: whatever the decoder does best
 * @GST_FRAMEWISE_THREAD_TYPE_FRAME: several frames at once: highest throughput, more delay
 * @GST_FRAMEWISE_THREAD_TYPE_SLICE: parts of one frame at once: least delay
 *
 * What the threads of a decoder share out.
 *
 * Since: 0.1
 */
typedef enum {
  GST_FRAMEWISE_THREAD_TYPE_AUTO,
  GST_FRAMEWISE_THREAD_TYPE_FRAME,
  GST_FRAMEWISE_THREAD_TYPE_SLICE
} GstFramewiseThreadType;

#define GST_TYPE_FRAMEWISE_THREAD_TYPE (gst_framewise_thread_type_get_type())

GST_FRAMEWISE_API
GType gst_framewise_thread_type_get_type(void);

/**
 * GST_TYPE_FRAMEWISE_READER:
 *
 * Since: 0.1
 */
#define GST_TYPE_FRAMEWISE_READER (gst_framewise_reader_get_type())

/**
 * GstFramewiseReader:
 *
 * Any frame of a video by its number, without a pipeline.
 *
 * Frame N is the N-th that a linear decode of the stream gives, the first being 0; with a filter,
 * the N-th that a linear run of the filter gives. A negative number counts from the end. Frames
 * read one after the other are decoded in a run.
 *
 * Calls may come from any thread; those that read wait for each other. Only close() waits for
 * nobody: it breaks off what another thread is at. Many readers may read the same file at once.
 *
 * Since: 0.1
 */
GST_FRAMEWISE_API
G_DECLARE_FINAL_TYPE(GstFramewiseReader, gst_framewise_reader, GST_FRAMEWISE, READER, GObject)

GST_FRAMEWISE_API
GstFramewiseReader *gst_framewise_reader_new(const gchar *location, GError **error);

GST_FRAMEWISE_API
GstFramewiseReader *gst_framewise_reader_new_from_bytes(GBytes *bytes, GError **error);

GST_FRAMEWISE_API
GstFramewiseReader *gst_framewise_reader_new_from_stream(GInputStream *stream,
                                                         GCancellable *cancellable, GError **error);

GST_FRAMEWISE_API
GstSample *gst_framewise_reader_read(GstFramewiseReader *reader, gint64 index,
                                     const gchar *pixel_format, GCancellable *cancellable,
                                     GError **error);

GST_FRAMEWISE_API
GPtrArray *gst_framewise_reader_read_batch(GstFramewiseReader *reader, const gint64 *indices,
                                           gsize n_indices, const gchar *pixel_format,
                                           GCancellable *cancellable, GError **error);

GST_FRAMEWISE_API
GstFramewiseArray *gst_framewise_reader_read_array(GstFramewiseReader *reader,
                                                   const gint64 *indices, gsize n_indices,
                                                   const gchar *pixel_format,
                                                   GCancellable *cancellable, GError **error);

GST_FRAMEWISE_API
gint64 gst_framewise_reader_get_n_frames(GstFramewiseReader *reader, GCancellable *cancellable,
                                         GError **error);

GST_FRAMEWISE_API
GstFramewiseIndex *gst_framewise_reader_get_index(GstFramewiseReader *reader,
                                                  GCancellable *cancellable, GError **error);

GST_FRAMEWISE_API
GstFramewiseLayout *gst_framewise_reader_get_layout(GstFramewiseReader *reader,
                                                    const gchar *pixel_format,
                                                    GCancellable *cancellable, GError **error);

GST_FRAMEWISE_API
GstStructure *gst_framewise_reader_get_metadata(GstFramewiseReader *reader, GError **error);

GST_FRAMEWISE_API
GstStructure *gst_framewise_reader_get_frame_metadata(GstFramewiseReader *reader, gint64 index,
                                                      GCancellable *cancellable, GError **error);

GST_FRAMEWISE_API
gboolean gst_framewise_reader_set_filter(GstFramewiseReader *reader, const gchar *sequence,
                                         const gchar *graph, GError **error);

GST_FRAMEWISE_API
void gst_framewise_reader_close(GstFramewiseReader *reader);

G_END_DECLS
