/* gst-framewise: frames of a video by their numbers, without a pipeline.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   random_frames [--filter FILTERS] INPUT NUMBER...
 *
 * A negative number counts from the end. Tells of each frame when it is shown, its size, and the
 * MD5 of its pixels in RGB.
 */
#include <gst/framewise/framewise.h>

static gboolean tell(GstFramewiseReader *reader, gint64 number, GError **error) {
  GstSample *sample = gst_framewise_reader_read(reader, number, NULL, NULL, error);
  GstFramewiseArray *array;
  const gint64 *shape;
  gsize n_dims;
  gchar *sum;

  if (!sample)
    return FALSE;
  /* The same frame once more, packed: it is kept, and not decoded again. */
  array = gst_framewise_reader_read_array(reader, &number, 1, "rgb24", NULL, error);
  if (!array) {
    gst_sample_unref(sample);
    return FALSE;
  }
  shape = gst_framewise_array_get_shape(array, &n_dims); /* 1, height, width, 3 */
  sum = g_compute_checksum_for_data(G_CHECKSUM_MD5, gst_framewise_array_get_data(array),
                                    (gsize)(shape[1] * shape[2] * shape[3]));
  g_print("%" GST_TIME_FORMAT " %" G_GINT64_FORMAT "x%" G_GINT64_FORMAT " %s\n",
          GST_TIME_ARGS(GST_BUFFER_PTS(gst_sample_get_buffer(sample))), shape[2], shape[1], sum);
  g_free(sum);
  gst_framewise_array_unref(array);
  gst_sample_unref(sample);
  return TRUE;
}

int main(int argc, char **argv) {
  const gchar *filters = NULL;
  GstFramewiseReader *reader;
  GError *error = NULL;
  int i, at = 1;

  gst_init(&argc, &argv);
  if (argc > 2 && g_str_equal(argv[1], "--filter")) {
    filters = argv[2];
    at = 3;
  }
  if (argc < at + 2) {
    g_printerr("usage: random_frames [--filter FILTERS] INPUT NUMBER...\n");
    return 2;
  }
  reader = gst_framewise_reader_new(argv[at], &error);
  if (reader && filters)
    gst_framewise_reader_set_filter(reader, filters, NULL, &error);
  for (i = at + 1; i < argc && !error; i++)
    tell(reader, g_ascii_strtoll(argv[i], NULL, 10), &error);
  g_clear_object(&reader);
  if (error) {
    g_printerr("random_frames: %s\n", error->message);
    g_clear_error(&error);
    return 1;
  }
  return 0;
}
