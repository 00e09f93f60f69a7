/* gst-framewise: times a GStreamer pipeline from its first open to its last frame.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * usage: decode-pipeline 'LAUNCH-LINE ! fakevideosink name=sink sync=false'
 *
 * Any sink will do; frames are counted at its first pad. The clock starts after gst_init and after
 * the elements are made (loading plugins is no part of decoding) and before the pipeline leaves
 * NULL, so that opening the file counts. Prints one line of JSON, as decode-libav does.
 */
#include "stopwatch.hpp"

#include <gst/gst.h>

#include <atomic>

static GstPadProbeReturn count_frame(GstPad *, GstPadProbeInfo *, gpointer user_data) {
  ++*static_cast<std::atomic<long> *>(user_data);
  return GST_PAD_PROBE_OK;
}

int main(int argc, char **argv) {
  gst_init(&argc, &argv);
  if (argc != 2) {
    g_printerr("usage: decode-pipeline 'LAUNCH-LINE ! fakevideosink name=sink sync=false'\n");
    return 2;
  }
  GError *error = nullptr;
  GstElement *pipeline = gst_parse_launch(argv[1], &error);
  if (error) {
    g_printerr("decode-pipeline: %s\n", error->message);
    return 1;
  }
  GstElement *sink = gst_bin_get_by_name(GST_BIN(pipeline), "sink");
  GstPad *pad = GST_PAD(gst_object_ref(sink->sinkpads->data));
  std::atomic<long> frames = 0;
  gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, count_frame, &frames, nullptr);

  Stopwatch stopwatch;
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  GstBus *bus = gst_element_get_bus(pipeline);
  GstMessage *message = gst_bus_timed_pop_filtered(
      bus, GST_CLOCK_TIME_NONE, static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR));
  const bool done = GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS;
  if (done) {
    stopwatch.print(frames);
  } else {
    gst_message_parse_error(message, &error, nullptr);
    g_printerr("decode-pipeline: %s\n", error->message);
    g_error_free(error);
  }
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_message_unref(message);
  gst_object_unref(bus);
  gst_object_unref(pad);
  gst_object_unref(sink);
  gst_object_unref(pipeline);
  return done ? 0 : 1;
}
