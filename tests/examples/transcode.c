/* gst-framewise: reads a video, filters it and writes it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * usage: transcode INPUT OUTPUT [FILTER-SEQUENCE]
 *
 * cc transcode.c -o transcode $(pkg-config --cflags --libs gstreamer-1.0)
 */
#include <gst/gst.h>

int main(int argc, char **argv) {
  gst_init(&argc, &argv);
  if (argc < 3) {
    g_printerr("usage: transcode INPUT OUTPUT [FILTER-SEQUENCE]\n");
    return 2;
  }

  GError *error = NULL;
  GstElement *pipeline = gst_parse_launch(
      "containersrc name=in ! graphfilter name=filter ! containersink name=out codec=libx264",
      &error);
  if (!pipeline) {
    g_printerr("%s\n", error->message);
    return 1;
  }
  GstElement *in = gst_bin_get_by_name(GST_BIN(pipeline), "in");
  GstElement *filter = gst_bin_get_by_name(GST_BIN(pipeline), "filter");
  GstElement *out = gst_bin_get_by_name(GST_BIN(pipeline), "out");
  /* Set like this, a file name needs no quotes. */
  g_object_set(in, "location", argv[1], NULL);
  g_object_set(filter, "filter-sequence", argc > 3 ? argv[3] : "hflip,scale=512:-2", NULL);
  g_object_set(out, "location", argv[2], NULL);

  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  GstBus *bus = gst_element_get_bus(pipeline);
  GstMessage *message =
      gst_bus_timed_pop_filtered(bus, GST_CLOCK_TIME_NONE, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  const gboolean done = GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS;
  if (!done) {
    gst_message_parse_error(message, &error, NULL);
    g_printerr("%s\n", error->message);
    g_error_free(error);
  }
  gst_element_set_state(pipeline, GST_STATE_NULL);

  gst_message_unref(message);
  gst_object_unref(bus);
  gst_object_unref(in);
  gst_object_unref(filter);
  gst_object_unref(out);
  gst_object_unref(pipeline);
  gst_deinit();
  return done ? 0 : 1;
}
