/* gst-framewise: takes the frames of a video into a program, and says what is known of each.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * usage: frames INPUT
 *
 * cc frames.c -o frames $(pkg-config --cflags --libs gstreamer-framewise-1.0 gstreamer-app-1.0)
 */
#include <gst/app/gstappsink.h>
#include <gst/framewise/framewise.h>
#include <gst/video/video.h>

/* Mean of the red, green and blue of a frame in packed RGB, 0 to 255. */
static double brightness(const GstVideoFrame *frame) {
  const guint8 *pixels = GST_VIDEO_FRAME_PLANE_DATA(frame, 0);
  const int stride = GST_VIDEO_FRAME_PLANE_STRIDE(frame, 0);
  const int width = GST_VIDEO_FRAME_WIDTH(frame), height = GST_VIDEO_FRAME_HEIGHT(frame);
  guint64 sum = 0;
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < 3 * width; ++x)
      sum += pixels[y * stride + x];
  return sum / (3.0 * width * height);
}

int main(int argc, char **argv) {
  gst_init(&argc, &argv);
  if (argc != 2) {
    g_printerr("usage: frames INPUT\n");
    return 2;
  }

  GstElement *pipeline = gst_parse_launch(
      "containersrc name=in pixel-format=rgb24 ! appsink name=frames sync=false", NULL);
  if (!pipeline) {
    g_printerr("No element `containersrc`. `gst-inspect-1.0 framewise` tells if it is found.\n");
    return 1;
  }
  GstElement *in = gst_bin_get_by_name(GST_BIN(pipeline), "in");
  GstElement *sink = gst_bin_get_by_name(GST_BIN(pipeline), "frames");
  g_object_set(in, "location", argv[1], NULL);
  gst_element_set_state(pipeline, GST_STATE_PLAYING);

  GstSample *sample;
  while ((sample = gst_app_sink_pull_sample(GST_APP_SINK(sink)))) {
    GstBuffer *buffer = gst_sample_get_buffer(sample);
    const GstStructure *meta = gst_framewise_buffer_get_frame_meta(buffer);
    GstVideoInfo info;
    GstVideoFrame frame;
    gst_video_info_from_caps(&info, gst_sample_get_caps(sample));
    if (gst_video_frame_map(&frame, &info, buffer, GST_MAP_READ)) {
      g_print("%5" G_GUINT64_FORMAT "  %" GST_TIME_FORMAT "  %s%s  brightness %.1f\n",
              GST_BUFFER_OFFSET(buffer), GST_TIME_ARGS(GST_BUFFER_PTS(buffer)),
              gst_structure_get_string(meta, "picture-type"),
              gst_structure_has_field_typed(meta, "key-frame", G_TYPE_BOOLEAN) &&
                      g_value_get_boolean(gst_structure_get_value(meta, "key-frame"))
                  ? " key"
                  : "    ",
              brightness(&frame));
      gst_video_frame_unmap(&frame);
    }
    gst_sample_unref(sample);
  }

  /* No more samples: the end, or an error. */
  GstBus *bus = gst_element_get_bus(pipeline);
  GstMessage *message = gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR);
  if (message) {
    GError *error = NULL;
    gst_message_parse_error(message, &error, NULL);
    g_printerr("%s\n", error->message);
    g_error_free(error);
  }
  const int status = message ? 1 : 0;
  gst_clear_message(&message);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(bus);
  gst_object_unref(in);
  gst_object_unref(sink);
  gst_object_unref(pipeline);
  gst_deinit();
  return status;
}
