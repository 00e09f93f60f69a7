/* gst-framewise: what containersrc says of the memory of its frames.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "sourcebench.hpp"

#include <gst/framewise/framewise.h>

static GstFramewiseLayout *frame_layout(Pipeline &pipeline) {
  GstFramewiseLayout *layout = nullptr;
  g_object_get(pipeline.src(), "frame-layout", &layout, nullptr);
  return layout;
}

static std::string describe(const GstFramewiseLayout *layout) {
  std::string text = gst_framewise_layout_get_pixel_format(layout);
  for (guint i = 0; i < gst_framewise_layout_get_n_planes(layout); i++) {
    g_autoptr(GstFramewiseLayout) plane = gst_framewise_layout_get_plane(layout, i);
    text += std::string(" ") + gst_framewise_layout_get_typestr(plane);
    gsize n;
    const gint64 *shape = gst_framewise_layout_get_shape(plane, &n);
    for (gsize d = 0; d < n; d++)
      text += " " + std::to_string(shape[d]);
  }
  return text;
}

/* Every layout that is notified. */
static void note_layout(GObject *src, GParamSpec *, gpointer layouts) {
  g_autoptr(GstFramewiseLayout) layout = nullptr;
  g_object_get(src, "frame-layout", &layout, nullptr);
  static_cast<std::vector<std::string> *>(layouts)->push_back(layout ? describe(layout) : "none");
}

struct FormatCase {
  const char *pixel_format, *layout;
};
static const FormatCase formats[] = {
    {"native", "yuv420p |u1 120 160 |u1 60 80 |u1 60 80"},
    {"rgb24", "rgb24 |u1 120 160 3"},
    {"rgb48be", "rgb48be >u2 120 160 3"},
    {"gbrpf32le", "gbrpf32le <f4 120 160 <f4 120 160 <f4 120 160"},
};

GST_START_TEST(frame_layout_is_that_of_the_frames) {
  const FormatCase &c = formats[__i__];
  std::vector<std::string> notified; /* outlives the pipeline */
  Pipeline pipeline(media("h264-b.mp4"), std::string("pixel-format=") + c.pixel_format);
  g_signal_connect(pipeline.src(), "notify::frame-layout", G_CALLBACK(note_layout), &notified);
  fail_unless(frame_layout(pipeline) == nullptr);
  fail_unless(pipeline.preroll());
  fail_unless(!notified.empty());

  g_autoptr(GstFramewiseLayout) layout = frame_layout(pipeline);
  fail_unless(layout != nullptr);
  GstSample *sample = pipeline.pull_preroll();
  GError *error = nullptr;
  g_autoptr(GstFramewiseLayout) delivered = gst_framewise_layout_new_from_sample(sample, &error);
  fail_unless(delivered != nullptr, "%s", error ? error->message : "");
  const std::string told = describe(layout), seen = describe(delivered);
  assert_equals_string(told.c_str(), c.layout);
  assert_equals_string(seen.c_str(), c.layout);
  assert_equals_string(notified.back().c_str(), c.layout);
  gst_sample_unref(sample);

  pipeline.set_state(GST_STATE_READY);
  fail_unless(frame_layout(pipeline) == nullptr);
}
GST_END_TEST

GST_START_TEST(frame_layout_of_a_format_that_is_no_array_is_null) {
  Pipeline pipeline(media("h264-b.mp4"), "pixel-format=monow");
  fail_unless(pipeline.preroll());
  fail_unless(frame_layout(pipeline) == nullptr);
}
GST_END_TEST

GST_START_TEST(frame_layout_follows_a_size_change) {
  std::vector<std::string> notified; /* outlives the pipeline */
  Pipeline pipeline(media("size-change.ts"), "pixel-format=gray");
  g_signal_connect(pipeline.src(), "notify::frame-layout", G_CALLBACK(note_layout), &notified);
  pipeline.play();
  const std::vector<std::string> wanted{"gray |u1 120 160", "gray |u1 64 96", "gray |u1 120 160"};
  fail_unless(notified == wanted);
}
GST_END_TEST

static Suite *containersrc_layout_suite() {
  Suite *suite = suite_create("containersrc-layout");
  TCase *layout = tcase_create("layout");
  suite_add_tcase(suite, layout);
  tcase_add_loop_test(layout, frame_layout_is_that_of_the_frames, 0, G_N_ELEMENTS(formats));
  tcase_add_test(layout, frame_layout_of_a_format_that_is_no_array_is_null);
  tcase_add_test(layout, frame_layout_follows_a_size_change);
  return suite;
}
GST_CHECK_MAIN(containersrc_layout)
