/* gst-framewise: how containersink opens, finishes and fails.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "writercheck.hpp"

#include <sys/stat.h>

/* ---- Always a good file --------------------------------------------------------------------- */

GST_START_TEST(stats_tell_what_was_written) {
  GstElement *pipeline = launch(source(30) + sink("codec=libx264 location=" + at("out.mp4")));
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  fail_unless(await_outcome(pipeline).eos);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  GstElement *element = gst_bin_get_by_name(GST_BIN(pipeline), "sink");
  GstStructure *stats = nullptr;
  g_object_get(element, "stats", &stats, nullptr);
  guint64 frames, bytes, duration, key_frames;
  fail_unless(gst_structure_get(stats, "frames", G_TYPE_UINT64, &frames, "bytes", G_TYPE_UINT64,
                                &bytes, "duration", G_TYPE_UINT64, &duration, "key-frames",
                                G_TYPE_UINT64, &key_frames, nullptr));
  fail_unless_equals_uint64(frames, 30);
  fail_unless_equals_uint64(duration, GST_SECOND);
  fail_unless_equals_uint64(key_frames, 1);
  fail_unless_equals_uint64(bytes, read_text(at("out.mp4")).size());
  gst_structure_free(stats);
  gst_object_unref(element);
  gst_object_unref(pipeline);
}
GST_END_TEST

/* Waits until `n` frames went into the sink's encoder. */
static void await_frames(GstElement *pipeline, int n) {
  struct Counter {
    GMutex lock;
    GCond changed;
    int left;
  } counter = {};
  counter.left = n;
  g_mutex_init(&counter.lock);
  g_cond_init(&counter.changed);
  GstElement *element = gst_bin_get_by_name(GST_BIN(pipeline), "sink");
  GstElement *end = gst_bin_get_by_name(GST_BIN(element), "end");
  GstPad *pad = gst_element_get_static_pad(end, "sink");
  gulong id = gst_pad_add_probe(
      pad, GST_PAD_PROBE_TYPE_BUFFER,
      [](GstPad *, GstPadProbeInfo *, gpointer data) {
        auto *c = static_cast<Counter *>(data);
        g_mutex_lock(&c->lock);
        c->left--;
        g_cond_signal(&c->changed);
        g_mutex_unlock(&c->lock);
        return GST_PAD_PROBE_OK;
      },
      &counter, nullptr);
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  g_mutex_lock(&counter.lock);
  while (counter.left > 0)
    g_cond_wait(&counter.changed, &counter.lock);
  g_mutex_unlock(&counter.lock);
  gst_pad_remove_probe(pad, id);
  gst_object_unref(pad);
  gst_object_unref(end);
  gst_object_unref(element);
}

static const char *interrupted_targets[] = {"out.mp4", "out.mkv", "out.avi"};

GST_START_TEST(stop_without_eos_finishes_the_file) {
  const std::string file = at(interrupted_targets[__i__]);
  GstElement *pipeline = launch("videotestsrc ! video/x-raw,format=I420,framerate=30/1 ! " +
                                sink("codec=mpeg4 location=" + file));
  await_frames(pipeline, 20);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  GstElement *element = gst_bin_get_by_name(GST_BIN(pipeline), "sink");
  GstStructure *stats = nullptr;
  g_object_get(element, "stats", &stats, nullptr);
  guint64 frames = 0;
  gst_structure_get_uint64(stats, "frames", &frames);
  fail_unless(frames >= 20);
  assert_text(frames_of(file), std::to_string(frames));
  gst_structure_free(stats);
  gst_object_unref(element);
  gst_object_unref(pipeline);
}
GST_END_TEST

GST_START_TEST(error_upstream_leaves_a_file_that_plays) {
  GstElement *pipeline =
      launch("videotestsrc num-buffers=30 ! video/x-raw,framerate=30/1 ! identity "
             "error-after=20 ! " +
             sink("codec=libx264 location=" + at("out.mp4")));
  Outcome outcome = run(pipeline);
  fail_if(outcome.eos);
  fail_if(outcome.from_sink);
  fail_unless(g_ascii_strtoll(frames_of(at("out.mp4")).c_str(), nullptr, 10) >= 18);
}
GST_END_TEST

GST_START_TEST(file_at_the_location_is_replaced_when_the_new_one_is_whole) {
  const std::string file = at("out.mp4");
  fail_unless(g_file_set_contents(file.c_str(), "old", -1, nullptr));
  g_chmod(file.c_str(), 0640);
  GstElement *pipeline =
      launch("videotestsrc ! video/x-raw,format=I420 ! " + sink("codec=mpeg4 location=" + file));
  await_frames(pipeline, 5);
  assert_text(read_text(file), "old");
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pipeline);
  fail_unless(g_ascii_strtoll(frames_of(file).c_str(), nullptr, 10) >= 5);
  struct stat st;
  fail_unless(stat(file.c_str(), &st) == 0);
  fail_unless_equals_int(st.st_mode & 0777, 0640);
  fail_unless_equals_int(count_files(), 1);
}
GST_END_TEST

GST_START_TEST(link_at_the_location_stays_a_link) {
  fail_unless(g_file_set_contents(at("real.mkv").c_str(), "old", -1, nullptr));
  fail_unless(symlink("real.mkv", at("link.mkv").c_str()) == 0);
  write_file(source(3) + sink("location=" + at("link.mkv")));
  fail_unless(g_file_test(at("link.mkv").c_str(), G_FILE_TEST_IS_SYMLINK));
  assert_text(frames_of(at("real.mkv")), "3");
}
GST_END_TEST

/* Two sizes, the second after ten frames. */
static std::string changing_source() {
  return "concat name=c ! " + sink("location=" + at("out.mkv")) +
         " videotestsrc num-buffers=10 ! video/x-raw,format=I420,width=320,height=240 ! c. "
         "videotestsrc num-buffers=10 ! video/x-raw,format=I420,width=160,height=120 ! c.";
}

GST_START_TEST(change_of_size_is_refused_with_the_way_out) {
  Outcome outcome = run(changing_source());
  assert_error(outcome, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
               "graphfilter filter-sequence=\"scale=320:240\"");
  /* what came before it is a whole file */
  assert_text(frames_of(at("out.mkv")), "10");
}
GST_END_TEST

GST_START_TEST(file_at_the_location_survives_an_error) {
  fail_unless(g_file_set_contents(at("out.mkv").c_str(), "old", -1, nullptr));
  fail_if(run(changing_source()).eos);
  assert_text(read_text(at("out.mkv")), "old");
  fail_unless_equals_int(count_files(), 1);
}
GST_END_TEST

GST_START_TEST(picture_at_the_location_survives_an_error) {
  fail_unless(g_file_set_contents(at("pic.png").c_str(), "keep", -1, nullptr));
  fail_if(run(source(3) + sink("location=" + at("pic.png"))).eos);
  assert_text(read_text(at("pic.png")), "keep");
  fail_unless_equals_int(count_files(), 1);
}
GST_END_TEST

GST_START_TEST(picture_at_the_location_is_replaced_when_the_new_one_is_whole) {
  const std::string file = at("pic.png");
  fail_unless(g_file_set_contents(file.c_str(), "old", -1, nullptr));
  g_chmod(file.c_str(), 0640);
  /* several threads would keep the picture until EOS */
  GstElement *pipeline = launch(app_source("25/1") + sink("thread-count=1 location=" + file));
  GstElement *src = gst_bin_get_by_name(GST_BIN(pipeline), "src");
  GstBuffer *buffer = gst_buffer_new_allocate(nullptr, 64 * 48, nullptr);
  gst_buffer_memset(buffer, 0, 128, 64 * 48);
  GST_BUFFER_PTS(buffer) = 0;
  gst_app_src_push_buffer(GST_APP_SRC(src), buffer);
  await_frames(pipeline, 1);
  assert_text(read_text(file), "old");
  assert_text(probe(at("pic.part.png"), "codec_name"), "png");
  gst_app_src_end_of_stream(GST_APP_SRC(src));
  gst_object_unref(src);
  fail_unless(await_outcome(pipeline).eos);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pipeline);
  assert_text(probe(file, "codec_name,width,height"), "png\n64\n48");
  struct stat st;
  fail_unless(stat(file.c_str(), &st) == 0);
  fail_unless_equals_int(st.st_mode & 0777, 0640);
  fail_unless_equals_int(count_files(), 1);
}
GST_END_TEST

GST_START_TEST(pictures_may_replace_each_other_when_asked) {
  const std::string file = at("live.png");
  GstElement *pipeline = launch("videotestsrc ! video/x-raw,width=64,height=48 ! " +
                                sink("container-options=o,update=1 location=" + file));
  await_frames(pipeline, 5);
  fail_unless(exists(file));
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pipeline);
  assert_text(probe(file, "codec_name"), "png");
  fail_unless_equals_int(count_files(), 1);
}
GST_END_TEST

GST_START_TEST(element_writes_again_after_ready) {
  GstElement *pipeline = launch(source(5) + sink("codec=mpeg4 location=" + at("a.mkv")));
  GstElement *element = gst_bin_get_by_name(GST_BIN(pipeline), "sink");
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  fail_unless(await_outcome(pipeline).eos);
  gst_element_set_state(pipeline, GST_STATE_READY);
  g_object_set(element, "location", at("b.avi").c_str(), nullptr);
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  fail_unless(await_outcome(pipeline).eos);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  assert_text(frames_of(at("a.mkv")), "5");
  assert_text(frames_of(at("b.avi")), "5");
  gst_object_unref(element);
  gst_object_unref(pipeline);
}
GST_END_TEST

GST_START_TEST(states_can_change_at_any_time) {
  GstElement *pipeline = launch("videotestsrc ! video/x-raw,width=64,height=48 ! " +
                                sink("codec=mpeg4 location=" + at("out.mkv")));
  const GstState states[] = {GST_STATE_PLAYING, GST_STATE_PAUSED,  GST_STATE_READY,
                             GST_STATE_PAUSED,  GST_STATE_PLAYING, GST_STATE_NULL};
  for (int i = 0; i < 60; i++)
    fail_if(gst_element_set_state(pipeline, states[i % G_N_ELEMENTS(states)]) ==
            GST_STATE_CHANGE_FAILURE);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pipeline);
  fail_if(exists(at("out.mkv.part")));
}
GST_END_TEST

/* A seek restarts running time; the file goes on where it was. */
GST_START_TEST(seek_goes_on_writing_behind_what_is_there) {
  GstElement *pipeline =
      launch("videotestsrc num-buffers=40 ! video/x-raw,width=64,height=48,framerate=25/1 ! " +
             sink("codec=ffv1 location=" + at("out.mkv")));
  await_frames(pipeline, 5);
  fail_unless(gst_element_seek_simple(pipeline, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, 0));
  fail_unless(await_outcome(pipeline).eos);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pipeline);
  auto pts = times(at("out.mkv"), "pts_time");
  fail_unless(pts.size() >= 5);
  for (size_t i = 1; i < pts.size(); i++)
    fail_unless(ABS(pts[i] - pts[i - 1] - 0.04) < 0.0015, "%f after %f", pts[i], pts[i - 1]);
}
GST_END_TEST

GST_START_TEST(two_pads_make_two_streams) {
  write_file(
      "videotestsrc num-buffers=10 ! video/x-raw,width=64,height=48 ! s.video_1 videotestsrc "
      "num-buffers=5 ! video/x-raw,width=32,height=32 ! s.video_0 containersink name=s "
      "codec=mpeg4 location=" +
      at("out.mkv"));
  assert_text(output_of({"ffprobe", "-v", "error", "-count_frames", "-show_entries",
                         "stream=nb_read_frames", "-of", "default=nw=1:nk=1", at("out.mkv")}),
              "10\n5");
}
GST_END_TEST

/* ---- Errors --------------------------------------------------------------------------------- */

struct BadSettings {
  const char *properties; /* @ stands for the test's folder */
  const char *named;
  bool is_resource;
  int code;
};
static const BadSettings bad_settings[] = {
    {"", "location=", true, GST_RESOURCE_ERROR_NOT_FOUND},
    {"location=@/a.mkv codec=nosuch", "`nosuch`", false, GST_LIBRARY_ERROR_SETTINGS},
    {"location=@/a.mkv codec=aac", "`aac`", false, GST_LIBRARY_ERROR_SETTINGS},
    {"location=@/a.mkv container=nosuch", "`nosuch`", false, GST_LIBRARY_ERROR_SETTINGS},
    {"location=@/a.nosuch", "a.nosuch", false, GST_LIBRARY_ERROR_SETTINGS},
    {"location=@/a.mkv pixel-format=nosuch", "`nosuch`", false, GST_LIBRARY_ERROR_SETTINGS},
    {"location=@/a.mkv codec=libx264 pixel-format=rgb24", "`rgb24`", false,
     GST_LIBRARY_ERROR_SETTINGS},
    {"location=@/a.mkv codec=libx264 codec-options=o,presett=fast,crf=20", "`presett`", false,
     GST_LIBRARY_ERROR_SETTINGS},
    {"location=@/a.mkv codec=libx264 codec-options=o,crf=abc", "`crf`", false,
     GST_LIBRARY_ERROR_SETTINGS},
    {"location=@/a.mkv container-options=o,nosuch=1", "`nosuch`", false,
     GST_LIBRARY_ERROR_SETTINGS},
    {"location=@/nosuch/a.mkv", "/nosuch`", true, GST_RESOURCE_ERROR_NOT_FOUND},
    {"location=@ container=matroska", "folder", true, GST_RESOURCE_ERROR_OPEN_WRITE},
    {"location=nosuch://a.mkv", "nosuch://", true, GST_RESOURCE_ERROR_NOT_FOUND},
};

GST_START_TEST(bad_settings_are_refused_before_any_frame) {
  const BadSettings &bad = bad_settings[__i__];
  std::string properties = bad.properties;
  if (auto mark = properties.find('@'); mark != std::string::npos)
    properties.replace(mark, 1, folder);
  GstElement *pipeline = launch(source(3) + sink(properties));
  fail_unless_equals_int(gst_element_set_state(pipeline, GST_STATE_PAUSED),
                         GST_STATE_CHANGE_FAILURE);
  assert_error(await_outcome(pipeline), bad.is_resource ? GST_RESOURCE_ERROR : GST_LIBRARY_ERROR,
               bad.code, bad.named);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pipeline);
  fail_unless_equals_int(count_files(), 0);
}
GST_END_TEST

GST_START_TEST(codec_that_the_container_cannot_hold_is_refused) {
  assert_error(run(source(3) + sink("codec=libx264 location=" + at("a.webm"))), GST_STREAM_ERROR,
               GST_STREAM_ERROR_MUX, "`webm`");
  fail_unless_equals_int(count_files(), 0);
}
GST_END_TEST

static const char *soundtracks[][2] = {
    {"location=@/x.mp3", "`mp3`"},   {"location=@/x.mp3 codec=png", "`mp3`"},
    {"location=@/x.flac", "`flac`"}, {"location=@/x.aac codec=mpeg4", "`adts`"},
    {"location=@/x.wav", "`wav`"},   {"location=@/x.srt codec=mpeg4", "`srt`"},
};

GST_START_TEST(container_without_video_is_refused_before_any_frame) {
  std::string properties = soundtracks[__i__][0];
  properties.replace(properties.find('@'), 1, folder);
  GstElement *pipeline = launch(source(3) + sink(properties));
  fail_unless_equals_int(gst_element_set_state(pipeline, GST_STATE_PAUSED),
                         GST_STATE_CHANGE_FAILURE);
  assert_error(await_outcome(pipeline), GST_STREAM_ERROR, GST_STREAM_ERROR_MUX,
               soundtracks[__i__][1]);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pipeline);
  fail_unless_equals_int(count_files(), 0);
}
GST_END_TEST

GST_START_TEST(size_that_the_encoder_cannot_take_is_refused) {
  assert_error(run("videotestsrc num-buffers=3 ! video/x-raw,format=I420,width=63,height=47 ! " +
                   sink("codec=libx264 location=" + at("a.mkv"))),
               GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT, "crop=62:46");
  fail_unless_equals_int(count_files(), 0);
}
GST_END_TEST

/* Root may write everywhere. */
static bool become_nobody() { return geteuid() != 0 || seteuid(65534) == 0; }

GST_START_TEST(folder_without_permission_is_refused) {
  g_chmod(folder.c_str(), 0555);
  fail_unless(become_nobody());
  Outcome outcome = run(source(3) + sink("location=" + at("a.mkv")));
  fail_unless(getuid() != 0 || seteuid(0) == 0);
  g_chmod(folder.c_str(), 0755);
  assert_error(outcome, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_WRITE, folder.c_str());
}
GST_END_TEST

static const char *protected_files[] = {"a.mkv", "a.png"};

GST_START_TEST(file_without_permission_is_refused) {
  const std::string file = at(protected_files[__i__]);
  fail_unless(g_file_set_contents(file.c_str(), "old", -1, nullptr));
  g_chmod(file.c_str(), 0444);
  g_chmod(folder.c_str(), 0777);
  fail_unless(become_nobody());
  Outcome outcome = run(source(1) + sink("location=" + file));
  fail_unless(getuid() != 0 || seteuid(0) == 0);
  assert_error(outcome, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_WRITE, file.c_str());
  assert_text(read_text(file), "old");
}
GST_END_TEST

static const char *full_containers[] = {"matroska", "mp4", "mpegts", "avi"};

GST_START_TEST(full_device_is_one_error) {
  const std::string container = full_containers[__i__];
  GstElement *pipeline =
      launch(source(3) + sink("codec=mpeg4 location=/dev/full container=" + container));
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  GstBus *bus = gst_element_get_bus(pipeline);
  GstMessage *message = gst_bus_timed_pop_filtered(
      bus, 60 * GST_SECOND, GstMessageType(GST_MESSAGE_EOS | GST_MESSAGE_ERROR));
  fail_unless(message && GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR);
  GError *error = nullptr;
  gst_message_parse_error(message, &error, nullptr);
  fail_unless(g_error_matches(error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NO_SPACE_LEFT), "%s",
              error->message);
  g_error_free(error);
  GstObject *culprit = GST_MESSAGE_SRC(message);
  assert_text(GST_OBJECT_NAME(culprit), "sink");
  gst_element_set_state(pipeline, GST_STATE_READY);
  while (GstMessage *next =
             gst_bus_pop_filtered(bus, GstMessageType(GST_MESSAGE_EOS | GST_MESSAGE_ERROR))) {
    fail_if(GST_MESSAGE_SRC(next) == culprit, "a second word from the sink");
    fail_if(GST_MESSAGE_TYPE(next) == GST_MESSAGE_EOS, "EOS after an error");
    gst_message_unref(next);
  }
  gst_message_unref(message);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(bus);
  gst_object_unref(pipeline);
}
GST_END_TEST

GST_START_TEST(end_without_a_frame_is_an_error_and_leaves_no_file) {
  Outcome outcome = run_frames(app_source("25/1") + sink("location=" + at("a.mkv")), {});
  assert_error(outcome, GST_STREAM_ERROR, GST_STREAM_ERROR_MUX, "a.mkv");
  fail_unless_equals_int(count_files(), 0);
}
GST_END_TEST

GST_START_TEST(second_picture_without_a_pattern_is_refused) {
  assert_error(run(source(3) + sink("location=" + at("one.png"))), GST_STREAM_ERROR,
               GST_STREAM_ERROR_MUX, "`one%03d.png`");
  fail_unless_equals_int(count_files(), 0);
}
GST_END_TEST

/* ---- Manners -------------------------------------------------------------------------------- */

GST_START_TEST(properties_come_back_as_set) {
  GstElement *element = gst_element_factory_make("containersink", nullptr);
  gst_object_ref_sink(element);
  gst_util_set_object_arg(G_OBJECT(element), "location", "a.mkv");
  gst_util_set_object_arg(G_OBJECT(element), "framerate", "30000/1001");
  gst_util_set_object_arg(G_OBJECT(element), "closed-gop", "true");
  gst_util_set_object_arg(G_OBJECT(element), "codec-options", "o,crf=20");
  gst_util_set_object_arg(G_OBJECT(element), "max-keyframe-interval", "12");
  gchar *location;
  gint num, den, interval, gop;
  GstStructure *options;
  GValue rate = G_VALUE_INIT;
  g_value_init(&rate, GST_TYPE_FRACTION);
  g_object_get_property(G_OBJECT(element), "framerate", &rate);
  num = gst_value_get_fraction_numerator(&rate);
  den = gst_value_get_fraction_denominator(&rate);
  g_object_get(element, "location", &location, "closed-gop", &gop, "codec-options", &options,
               "max-keyframe-interval", &interval, nullptr);
  assert_text(location, "a.mkv");
  fail_unless(num == 30000 && den == 1001);
  fail_unless_equals_int(gop, 2);
  fail_unless_equals_int(interval, 12);
  fail_unless(gst_structure_has_field(options, "crf"));
  g_free(location);
  gst_structure_free(options);
  gst_object_unref(element);
}
GST_END_TEST

GST_START_TEST(pads_come_and_go) {
  GstElement *element = gst_element_factory_make("containersink", nullptr);
  gst_object_ref_sink(element);
  GstPad *first = gst_element_request_pad_simple(element, "video_%u");
  GstPad *third = gst_element_request_pad_simple(element, "video_3");
  GstPad *next = gst_element_request_pad_simple(element, "video_%u");
  assert_text(GST_PAD_NAME(first), "video_0");
  assert_text(GST_PAD_NAME(third), "video_3");
  assert_text(GST_PAD_NAME(next), "video_4");
  for (GstPad *pad : {first, third, next}) {
    gst_element_release_request_pad(element, pad);
    gst_object_unref(pad);
  }
  fail_unless_equals_int(element->numsinkpads, 0);
  gst_object_unref(element);
}
GST_END_TEST

GST_START_TEST(upstream_is_given_frames_that_need_no_copy) {
  GstElement *pipeline = launch("videotestsrc num-buffers=3 ! video/x-raw,format=I420,width=62,"
                                "height=46 ! identity name=probed ! " +
                                sink("codec=ffv1 location=" + at("a.mkv")));
  GstElement *probed = gst_bin_get_by_name(GST_BIN(pipeline), "probed");
  GstPad *pad = gst_element_get_static_pad(probed, "src");
  static int aligned; /* frames */
  aligned = 0;
  gst_pad_add_probe(
      pad, GST_PAD_PROBE_TYPE_BUFFER,
      [](GstPad *, GstPadProbeInfo *info, gpointer) {
        GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER(info);
        GstVideoMeta *meta = gst_buffer_get_video_meta(buffer);
        GstMapInfo map;
        fail_unless(gst_buffer_map(buffer, &map, GST_MAP_READ));
        if (meta && meta->stride[0] % 32 == 0 && meta->stride[1] % 32 == 0 &&
            GPOINTER_TO_SIZE(map.data) % 32 == 0)
          aligned++;
        gst_buffer_unmap(buffer, &map);
        return GST_PAD_PROBE_OK;
      },
      nullptr, nullptr);
  gst_object_unref(pad);
  gst_object_unref(probed);
  fail_unless(run(pipeline).eos);
  fail_unless_equals_int(aligned, 3);
}
GST_END_TEST

static Suite *containersink_files_suite() {
  Suite *suite = suite_create("containersink-files");

  TCase *tc = add_case(suite, "always a good file");
  tcase_add_test(tc, stats_tell_what_was_written);
  tcase_add_loop_test(tc, stop_without_eos_finishes_the_file, 0, G_N_ELEMENTS(interrupted_targets));
  tcase_add_test(tc, error_upstream_leaves_a_file_that_plays);
  tcase_add_test(tc, file_at_the_location_is_replaced_when_the_new_one_is_whole);
  tcase_add_test(tc, link_at_the_location_stays_a_link);
  tcase_add_test(tc, change_of_size_is_refused_with_the_way_out);
  tcase_add_test(tc, file_at_the_location_survives_an_error);
  tcase_add_test(tc, picture_at_the_location_survives_an_error);
  tcase_add_test(tc, picture_at_the_location_is_replaced_when_the_new_one_is_whole);
  tcase_add_test(tc, pictures_may_replace_each_other_when_asked);
  tcase_add_test(tc, element_writes_again_after_ready);
  tcase_add_test(tc, states_can_change_at_any_time);
  tcase_add_test(tc, seek_goes_on_writing_behind_what_is_there);
  tcase_add_test(tc, two_pads_make_two_streams);

  tc = add_case(suite, "errors");
  tcase_add_loop_test(tc, bad_settings_are_refused_before_any_frame, 0, G_N_ELEMENTS(bad_settings));
  tcase_add_test(tc, codec_that_the_container_cannot_hold_is_refused);
  tcase_add_loop_test(tc, container_without_video_is_refused_before_any_frame, 0,
                      G_N_ELEMENTS(soundtracks));
  tcase_add_test(tc, size_that_the_encoder_cannot_take_is_refused);
  tcase_add_test(tc, folder_without_permission_is_refused);
  tcase_add_loop_test(tc, file_without_permission_is_refused, 0, G_N_ELEMENTS(protected_files));
  tcase_add_loop_test(tc, full_device_is_one_error, 0, G_N_ELEMENTS(full_containers));
  tcase_add_test(tc, end_without_a_frame_is_an_error_and_leaves_no_file);
  tcase_add_test(tc, second_picture_without_a_pattern_is_refused);

  tc = add_case(suite, "manners");
  tcase_add_test(tc, properties_come_back_as_set);
  tcase_add_test(tc, pads_come_and_go);
  tcase_add_test(tc, upstream_is_given_frames_that_need_no_copy);
  return suite;
}

GST_CHECK_MAIN(containersink_files);
