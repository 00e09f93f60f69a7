/* gst-framewise: tests of containersink: what each pad has of its own, what changes in mid-stream,
 * what applications ask of a sink.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "writercheck.hpp"

/* `field` of every video stream, each in a line. */
static std::string of_streams(const std::string &file, const std::string &field) {
  return output_of(
      {"ffprobe", "-v", "error", "-show_entries", field, "-of", "default=nw=1:nk=1", file});
}

static std::string small_source(int n, int width = 64, int height = 48) {
  return "videotestsrc num-buffers=" + std::to_string(n) +
         " ! video/x-raw,format=I420,framerate=25/1,width=" + std::to_string(width) +
         ",height=" + std::to_string(height) + " ! ";
}

/* `format`s are told by the pads' names. */
static std::string two_streams(const std::string &properties) {
  return small_source(5) + "s.video_0 " + small_source(5) + "s.video_1 containersink name=s " +
         properties + " location=" + at("out.mkv");
}

/* ---- Each pad its own ----------------------------------------------------------------------- */

GST_START_TEST(a_pad_overrides_the_element) {
  write_file(two_streams("codec=mpeg4 stream-metadata=m,title=both video_1::codec=ffv1 "
                         "video_1::pixel-format=yuv422p video_1::stream-metadata=m,title=second"));
  assert_text(of_streams(at("out.mkv"), "stream=codec_name"), "mpeg4\nffv1");
  assert_text(of_streams(at("out.mkv"), "stream=pix_fmt"), "yuv420p\nyuv422p");
  assert_text(of_streams(at("out.mkv"), "stream_tags=title"), "both\nsecond");
}
GST_END_TEST

GST_START_TEST(a_pads_default_overrides_the_element_when_it_is_set) {
  write_file(two_streams("codec=mpeg4 max-keyframe-interval=0 video_1::max-keyframe-interval=-1"));
  std::string types =
      output_of({"ffprobe", "-v", "error", "-select_streams", "v:1", "-show_entries",
                 "frame=pict_type", "-of", "default=nw=1:nk=1", at("out.mkv")});
  assert_text(types, "I\nP\nP\nP\nP");
}
GST_END_TEST

GST_START_TEST(a_pads_format_is_negotiated) {
  write_file(
      "videotestsrc num-buffers=3 ! s.video_0 videotestsrc num-buffers=3 ! s.video_1 "
      "containersink name=s codec=ffv1 video_0::pixel-format=gray video_1::pixel-format=bgra "
      "location=" +
      at("out.mkv"));
  assert_text(of_streams(at("out.mkv"), "stream=pix_fmt"), "gray\nbgra");
}
GST_END_TEST

static const char *const bad_pad_settings[][2] = {
    {"codec=mpeg4 video_1::codec=nosuch", "`nosuch`"},
    {"codec=mpeg4 video_1::pixel-format=rgb24", "`rgb24`"},
    {"codec=mpeg4 video_1::codec-options=o,nosuch=1", "`nosuch`"},
    {"container=webm video_0::codec=vp9 video_1::codec=libx264", "`webm`"},
};

GST_START_TEST(bad_settings_of_a_pad_are_refused_before_any_frame) {
  GstElement *pipeline = launch(two_streams(bad_pad_settings[__i__][0]));
  fail_unless_equals_int(gst_element_set_state(pipeline, GST_STATE_PAUSED),
                         GST_STATE_CHANGE_FAILURE);
  const Outcome outcome = await_outcome(pipeline);
  fail_unless(!outcome.eos && outcome.from_sink);
  fail_unless(strstr(outcome.message.c_str(), bad_pad_settings[__i__][1]) != nullptr, "%s",
              outcome.message.c_str());
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pipeline);
  fail_unless_equals_int(count_files(), 0);
}
GST_END_TEST

GST_START_TEST(the_elements_codec_need_not_exist_where_each_pad_has_one) {
  write_file(small_source(3) +
             "containersink name=s codec=nosuch video_0::codec=ffv1 location=" + at("out.mkv"));
  assert_text(of_streams(at("out.mkv"), "stream=codec_name"), "ffv1");
}
GST_END_TEST

GST_START_TEST(properties_of_a_pad_come_back_as_set) {
  GstElement *element = gst_element_factory_make("containersink", nullptr);
  gst_object_ref_sink(element);
  GstPad *pad = gst_element_request_pad_simple(element, "video_%u");
  GstStructure *options = gst_structure_new("o", "crf", G_TYPE_INT, 20, nullptr);
  g_object_set(pad, "codec", "libx264", "max-keyframe-interval", 12, "framerate", 30000, 1001,
               "codec-options", options, nullptr);
  gst_util_set_object_arg(G_OBJECT(pad), "closed-gop", "true");
  gchar *codec, *format;
  gint interval, closed, num, den, threads;
  GstStructure *got, *tags;
  g_object_get(pad, "codec", &codec, "pixel-format", &format, "max-keyframe-interval", &interval,
               "closed-gop", &closed, "codec-options", &got, "stream-metadata", &tags,
               "thread-count", &threads, nullptr);
  GValue rate = G_VALUE_INIT;
  g_value_init(&rate, GST_TYPE_FRACTION);
  g_object_get_property(G_OBJECT(pad), "framerate", &rate);
  num = gst_value_get_fraction_numerator(&rate);
  den = gst_value_get_fraction_denominator(&rate);
  assert_text(codec, "libx264");
  fail_unless(format == nullptr && tags == nullptr);
  fail_unless(interval == 12 && threads == 0 && num == 30000 && den == 1001);
  fail_unless_equals_int(closed, 2);
  fail_unless(gst_structure_is_equal(got, options));
  g_object_set(pad, "codec", nullptr, nullptr);
  g_free(codec);
  g_object_get(pad, "codec", &codec, nullptr);
  fail_unless(codec == nullptr);
  gst_structure_free(options);
  gst_structure_free(got);
  gst_element_release_request_pad(element, pad);
  gst_object_unref(pad);
  gst_object_unref(element);
}
GST_END_TEST

GST_START_TEST(children_are_the_pads) {
  GstElement *element = gst_element_factory_make("containersink", nullptr);
  gst_object_ref_sink(element);
  GstChildProxy *proxy = GST_CHILD_PROXY(element);
  fail_unless_equals_int(gst_child_proxy_get_children_count(proxy), 0);
  int added = 0, removed = 0;
  auto count = +[](GstChildProxy *, GObject *, const gchar *, int *n) { ++*n; };
  g_signal_connect(element, "child-added", G_CALLBACK(count), &added);
  g_signal_connect(element, "child-removed", G_CALLBACK(count), &removed);
  GstPad *pad = gst_element_request_pad_simple(element, "video_%u");
  fail_unless_equals_int(gst_child_proxy_get_children_count(proxy), 1);
  GObject *child = gst_child_proxy_get_child_by_index(proxy, 0);
  fail_unless(child == G_OBJECT(pad));
  g_object_unref(child);
  fail_unless(gst_child_proxy_get_child_by_index(proxy, 1) == nullptr);
  gst_element_release_request_pad(element, pad);
  gst_object_unref(pad);
  fail_unless(added == 1 && removed == 1);
  gst_object_unref(element);
}
GST_END_TEST

GST_START_TEST(a_pad_that_comes_late_is_refused) {
  GstElement *pipeline = launch(small_source(200) + "identity sleep-time=2000 ! " +
                                sink("codec=mpeg4 location=" + at("out.mkv")));
  GstElement *element = gst_bin_get_by_name(GST_BIN(pipeline), "sink");
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  fail_unless_equals_int(gst_element_get_state(pipeline, nullptr, nullptr, 60 * GST_SECOND),
                         GST_STATE_CHANGE_SUCCESS);
  fail_unless(gst_element_request_pad_simple(element, "video_%u") == nullptr);
  fail_unless(await_outcome(pipeline).eos);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(element);
  gst_object_unref(pipeline);
  assert_text(frames_of(at("out.mkv")), "200");
}
GST_END_TEST

/* ---- Another kind of frames in mid-stream ---------------------------------------------------- */

static std::string changing_source() { return "concat name=c ! containersink name=sink "; }
static std::string changing_parts(int width, int height) {
  return " videotestsrc num-buffers=10 ! video/x-raw,format=I420,framerate=25/1,width=320,height="
         "240 ! c. videotestsrc num-buffers=10 ! video/x-raw,format=I420,framerate=25/1,width=" +
         std::to_string(width) + ",height=" + std::to_string(height) + " ! c.";
}

GST_START_TEST(pictures_in_files_of_their_own_may_change_their_size) {
  write_file(changing_source() + "location=" + at("a%02d.png") + changing_parts(160, 120));
  fail_unless_equals_int(count_files(), 20);
  assert_text(probe(at("a10.png"), "width,height"), "320\n240");
  assert_text(probe(at("a11.png"), "width,height"), "160\n120");
  assert_text(probe(at("a20.png"), "width,height"), "160\n120");
}
GST_END_TEST

static const char *const streams_that_change[][2] = {
    {"out.ts", "libx264"},
    {"out.h264", "libx264"},
    {"out.ts", "libx265"},
    {"out.hevc", "libx265"},
};

GST_START_TEST(streams_that_tell_anew_may_change_their_size) {
  const auto &[name, codec] = streams_that_change[__i__];
  write_file(changing_source() + "codec=" + codec + " location=" + at(name) +
             changing_parts(160, 120));
  std::string sizes =
      output_of({"ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries", "frame=width",
                 "-of", "default=nw=1:nk=1", at(name)});
  std::string expected;
  for (int i = 0; i < 20; i++)
    expected += i < 10 ? "320\n" : "160\n";
  std::erase(sizes, ' ');
  gchar **lines = g_strsplit(sizes.c_str(), "\n", 0);
  sizes.clear();
  for (gchar **line = lines; *line; line++)
    if (**line)
      sizes += std::string(*line) + "\n";
  g_strfreev(lines);
  assert_text(sizes, expected);
  if (g_str_has_suffix(name, ".ts")) {
    auto pts = times(at(name), "pts_time");
    for (size_t i = 1; i < pts.size(); i++)
      fail_unless(ABS(pts[i] - pts[i - 1] - 0.04) < 0.0001, "frame %zu: %f after %f", i, pts[i],
                  pts[i - 1]);
  }
}
GST_END_TEST

/* ---- What applications ask ------------------------------------------------------------------- */

GST_START_TEST(position_is_the_time_of_what_is_written) {
  GstElement *pipeline = launch(small_source(50) + sink("codec=mpeg4 location=" + at("out.mkv")));
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  fail_unless(await_outcome(pipeline).eos);
  GstElement *element = gst_bin_get_by_name(GST_BIN(pipeline), "sink");
  for (GstElement *asked : {pipeline, element}) {
    gint64 position = -1;
    fail_unless(gst_element_query_position(asked, GST_FORMAT_TIME, &position));
    fail_unless(position == 2 * gint64(GST_SECOND), "%" GST_TIME_FORMAT, GST_TIME_ARGS(position));
  }
  gst_object_unref(element);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pipeline);
}
GST_END_TEST

static guint64 latency_with(const std::string &encoder) {
  GstElement *pipeline = launch(small_source(100) + sink(encoder + " location=" + at("out.mkv")));
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  fail_unless(await_outcome(pipeline).eos);
  GstElement *element = gst_bin_get_by_name(GST_BIN(pipeline), "sink");
  GstStructure *stats;
  guint64 latency = G_MAXUINT64;
  g_object_get(element, "stats", &stats, nullptr);
  fail_unless(gst_structure_get_uint64(stats, "latency", &latency));
  gst_structure_free(stats);
  gst_object_unref(element);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pipeline);
  return latency;
}

GST_START_TEST(latency_is_that_of_the_encoder) {
  fail_unless_equals_uint64(latency_with("codec=ffv1 thread-count=1"), 0);
  const GstClockTime frame = 40 * GST_MSECOND;
  const GstClockTime looks_ahead =
      latency_with("codec=libx264 thread-count=1 codec-options=o,bf=0,rc-lookahead=10");
  fail_unless(looks_ahead >= 10 * frame && looks_ahead < 14 * frame, "%" GST_TIME_FORMAT,
              GST_TIME_ARGS(looks_ahead));
}
GST_END_TEST

GST_START_TEST(a_key_picture_can_be_asked_for_from_downstream) {
  GstElement *pipeline = launch(
      app_source("25/1") + sink("codec=libx264 codec-options=o,bf=0,rc-lookahead=0,sc_threshold=0 "
                                "location=" +
                                at("out.mkv")));
  GstElement *src = gst_bin_get_by_name(GST_BIN(pipeline), "src");
  GstElement *element = gst_bin_get_by_name(GST_BIN(pipeline), "sink");
  GstPad *pad = gst_element_get_static_pad(src, "src");
  gst_pad_add_probe(
      pad, GST_PAD_PROBE_TYPE_BUFFER,
      [](GstPad *, GstPadProbeInfo *info, gpointer sink) {
        if (GST_BUFFER_PTS(GST_PAD_PROBE_INFO_BUFFER(info)) == 800 * GST_MSECOND)
          gst_element_send_event(GST_ELEMENT(sink), gst_video_event_new_upstream_force_key_unit(
                                                        GST_CLOCK_TIME_NONE, TRUE, 1));
        return GST_PAD_PROBE_OK;
      },
      element, nullptr);
  std::vector<Frame> frames;
  for (guint64 i = 0; i < 30; i++)
    frames.push_back({i * 40 * GST_MSECOND, 40 * GST_MSECOND});
  push_frames(pipeline, frames);
  gst_object_unref(pad);
  gst_object_unref(src);
  fail_unless(run(pipeline).eos);
  gst_object_unref(element);
  const std::string types = output_of({"ffprobe", "-v", "error", "-show_entries", "frame=pict_type",
                                       "-of", "default=nw=1:nk=1", at("out.mkv")});
  fail_unless_equals_int(std::count(types.begin(), types.end(), 'I'), 2);
}
GST_END_TEST

GST_START_TEST(presets_keep_how_it_is_encoded) {
  g_setenv("XDG_DATA_HOME", folder.c_str(), TRUE);
  GstElement *element = gst_element_factory_make("containersink", nullptr);
  gst_object_ref_sink(element);
  GstStructure *options = gst_structure_from_string("o,preset=veryfast,crf=(int)20", nullptr);
  g_object_set(element, "codec", "libx264", "codec-options", options, "location", "/x/y.mkv",
               "max-keyframe-interval", 50, nullptr);
  fail_unless(gst_preset_save_preset(GST_PRESET(element), "fast"));
  g_object_set(element, "codec", "mpeg4", "codec-options", nullptr, "location", "/x/z.mkv",
               "max-keyframe-interval", 1, nullptr);
  fail_unless(gst_preset_load_preset(GST_PRESET(element), "fast"));
  gchar *codec, *location;
  gint interval;
  GstStructure *got;
  g_object_get(element, "codec", &codec, "location", &location, "max-keyframe-interval", &interval,
               "codec-options", &got, nullptr);
  assert_text(codec, "libx264");
  assert_text(location, "/x/z.mkv");
  fail_unless_equals_int(interval, 50);
  gchar *text = got ? gst_structure_to_string(got) : g_strdup("none");
  fail_unless(got && gst_structure_is_equal(got, options), "%s", text);
  g_free(text);
  fail_unless(gst_preset_delete_preset(GST_PRESET(element), "fast"));
  g_free(codec);
  g_free(location);
  gst_structure_free(got);
  gst_structure_free(options);
  gst_object_unref(element);
  output_of({"rm", "-r", folder + "/gstreamer-1.0"});
}
GST_END_TEST

static Suite *containersink_pads_suite() {
  Suite *suite = suite_create("containersink-pads");
  TCase *tc = add_case(suite, "pads");
  tcase_add_test(tc, a_pad_overrides_the_element);
  tcase_add_test(tc, a_pads_default_overrides_the_element_when_it_is_set);
  tcase_add_test(tc, a_pads_format_is_negotiated);
  tcase_add_loop_test(tc, bad_settings_of_a_pad_are_refused_before_any_frame, 0,
                      G_N_ELEMENTS(bad_pad_settings));
  tcase_add_test(tc, the_elements_codec_need_not_exist_where_each_pad_has_one);
  tcase_add_test(tc, properties_of_a_pad_come_back_as_set);
  tcase_add_test(tc, children_are_the_pads);
  tcase_add_test(tc, a_pad_that_comes_late_is_refused);

  tc = add_case(suite, "changes");
  tcase_add_test(tc, pictures_in_files_of_their_own_may_change_their_size);
  tcase_add_loop_test(tc, streams_that_tell_anew_may_change_their_size, 0,
                      G_N_ELEMENTS(streams_that_change));

  tc = add_case(suite, "manners");
  tcase_add_test(tc, position_is_the_time_of_what_is_written);
  tcase_add_test(tc, latency_is_that_of_the_encoder);
  tcase_add_test(tc, a_key_picture_can_be_asked_for_from_downstream);
  tcase_add_test(tc, presets_keep_how_it_is_encoded);
  return suite;
}

GST_CHECK_MAIN(containersink_pads);
