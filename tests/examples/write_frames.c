/* gst-framewise: pictures that a program makes, into a video file, without a pipeline.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   write_frames [--filter FILTERS] OUTPUT FRAMES
 *
 * A bar that goes from left to right over FRAMES frames, at 25 a second. Tells how many were
 * written.
 */
#include <gst/framewise/framewise.h>

#define WIDTH 160
#define HEIGHT 120

static GstSample *picture(GstCaps *caps, guint number, guint count) {
  GstBuffer *buffer = gst_buffer_new_allocate(NULL, WIDTH * HEIGHT * 3, NULL);
  GstSample *sample;
  guint x = number * WIDTH / count, y;

  gst_buffer_memset(buffer, 0, 0x20, WIDTH * HEIGHT * 3);
  for (y = 0; y < HEIGHT; y++) /* rows of this size have no gaps between them */
    gst_buffer_memset(buffer, (y * WIDTH + x) * 3, 0xff, 3);
  sample = gst_sample_new(buffer, caps, NULL, NULL);
  gst_buffer_unref(buffer);
  return sample;
}

int main(int argc, char **argv) {
  const gchar *filters = NULL;
  GstFramewiseWriter *writer;
  GstStructure *stats = NULL;
  GError *error = NULL;
  GstCaps *caps;
  guint i, count;
  guint64 frames;
  int at = 1;

  gst_init(&argc, &argv);
  if (argc > 2 && g_str_equal(argv[1], "--filter")) {
    filters = argv[2];
    at = 3;
  }
  if (argc != at + 2) {
    g_printerr("usage: write_frames [--filter FILTERS] OUTPUT FRAMES\n");
    return 2;
  }
  count = (guint)g_ascii_strtoull(argv[at + 1], NULL, 10);
  caps = gst_caps_from_string("video/x-raw,format=RGB,width=160,height=120,framerate=25/1");
  writer = gst_framewise_writer_new(argv[at], &error);
  if (writer && filters)
    gst_framewise_writer_set_filter(writer, filters, NULL, &error);
  for (i = 0; i < count && !error; i++) {
    GstSample *sample = picture(caps, i, count);
    gst_framewise_writer_write(writer, sample, NULL, &error);
    gst_sample_unref(sample);
  }
  if (!error && gst_framewise_writer_finish(writer, NULL, &error)) {
    g_object_get(writer, "stats", &stats, NULL);
    gst_structure_get_uint64(stats, "frames", &frames);
    g_print("%" G_GUINT64_FORMAT " frames\n", frames);
    gst_structure_free(stats);
  }
  g_clear_object(&writer);
  gst_caps_unref(caps);
  if (error) {
    g_printerr("write_frames: %s\n", error->message);
    g_clear_error(&error);
    return 1;
  }
  return 0;
}
