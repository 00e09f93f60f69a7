/* gst-framewise: tests of containersrc's index, and of the queries that are answered by it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <filesystem> /* before check.h, whose macros have names of it */

#include "seekbench.hpp"
#include "slowserver.hpp"

static constexpr GstSeekFlags flush = GST_SEEK_FLAG_FLUSH;

static gint64 n_frames(Pipeline &pipeline) {
  gint64 n;
  g_object_get(pipeline.src(), "n-frames", &n, nullptr);
  return n;
}

/* ---- Queries ----------------------------------------------------------------------------------
 */

GST_START_TEST(duration_is_known_in_both_formats) {
  const Clip clip(seek_clips[__i__]);
  Pipeline pipeline(clip.path);
  fail_unless(pipeline.preroll());
  wait_for_index(pipeline.src());
  gint64 duration;
  fail_unless(gst_element_query_duration(pipeline.element(), GST_FORMAT_TIME, &duration));
  fail_unless_equals_int64(duration, clip.time(clip.n()));
  fail_unless(gst_element_query_duration(pipeline.element(), GST_FORMAT_DEFAULT, &duration));
  fail_unless_equals_int64(duration, clip.n());
  fail_if(gst_element_query_duration(pipeline.src(), GST_FORMAT_BYTES, &duration));
}
GST_END_TEST;

GST_START_TEST(seeking_is_possible_in_both_formats) {
  const Clip clip(seek_clips[__i__]);
  Pipeline pipeline(clip.path);
  fail_unless(pipeline.preroll());
  wait_for_index(pipeline.src());
  for (GstFormat format : {GST_FORMAT_TIME, GST_FORMAT_DEFAULT}) {
    GstQuery *query = gst_query_new_seeking(format);
    fail_unless(gst_element_query(pipeline.src(), query));
    GstFormat answered;
    gboolean seekable;
    gint64 start, end;
    gst_query_parse_seeking(query, &answered, &seekable, &start, &end);
    gst_query_unref(query);
    fail_unless(seekable && answered == format);
    fail_unless_equals_int64(start, 0);
    fail_unless_equals_int64(end, format == GST_FORMAT_TIME ? clip.time(clip.n()) : clip.n());
  }
}
GST_END_TEST;

GST_START_TEST(position_is_that_of_the_frame_last_sent) {
  const Clip clip(seek_clips[__i__]);
  Pipeline pipeline(clip.path);
  fail_unless(pipeline.preroll());
  gint64 position;
  for (gint64 number : {gint64(0), gint64(13), clip.n() - 1, gint64(4)}) {
    fail_unless(gst_element_seek_simple(pipeline.element(), GST_FORMAT_DEFAULT, flush, number));
    gst_sample_unref(pipeline.pull_preroll());
    fail_unless(gst_element_query_position(pipeline.src(), GST_FORMAT_DEFAULT, &position));
    fail_unless_equals_int64(position, number);
    fail_unless(gst_element_query_position(pipeline.element(), GST_FORMAT_TIME, &position));
    fail_unless_equals_int64(position, clip.time(number));
  }
}
GST_END_TEST;

static bool convert(Pipeline &pipeline, GstFormat from, gint64 value, GstFormat to,
                    gint64 *converted) {
  return gst_element_query_convert(pipeline.src(), from, value, to, converted);
}

GST_START_TEST(frames_and_times_are_converted_without_loss) {
  const Clip clip(seek_clips[__i__]);
  Pipeline pipeline(clip.path);
  fail_unless(pipeline.preroll());
  wait_for_index(pipeline.src());
  gint64 time, number;
  for (gint64 frame = 0; frame <= clip.n(); frame++) {
    fail_unless(convert(pipeline, GST_FORMAT_DEFAULT, frame, GST_FORMAT_TIME, &time));
    fail_unless_equals_int64(time, clip.time(frame));
    fail_unless(convert(pipeline, GST_FORMAT_TIME, time, GST_FORMAT_DEFAULT, &number));
    fail_unless_equals_int64(number, frame);
    if (frame > 0) {
      fail_unless(convert(pipeline, GST_FORMAT_TIME, time - 1, GST_FORMAT_DEFAULT, &number));
      fail_unless_equals_int64(number, frame - 1);
    }
  }
  fail_if(convert(pipeline, GST_FORMAT_DEFAULT, clip.n() + 1, GST_FORMAT_TIME, &time));

  fail_if(convert(pipeline, GST_FORMAT_DEFAULT, 1, GST_FORMAT_BYTES, &time));
}
GST_END_TEST;

GST_START_TEST(time_and_frames_are_the_formats) {
  Pipeline pipeline(media("h264-b.mp4"));
  fail_unless(pipeline.preroll());
  GstQuery *query = gst_query_new_formats();
  fail_unless(gst_element_query(pipeline.src(), query));
  guint n;
  gst_query_parse_n_formats(query, &n);
  fail_unless_equals_int(n, 2);
  GstFormat first, second;
  gst_query_parse_nth_format(query, 0, &first);
  gst_query_parse_nth_format(query, 1, &second);
  fail_unless(first == GST_FORMAT_TIME && second == GST_FORMAT_DEFAULT);
  gst_query_unref(query);
}
GST_END_TEST;

/* ---- The index --------------------------------------------------------------------------------
 */

static void count_notification(GObject *, GParamSpec *, gpointer count) {
  ++*static_cast<std::atomic<int> *>(count);
}

GST_START_TEST(the_index_is_notified_once_and_gone_in_ready) {
  const Clip clip(seek_clips[__i__]);
  Pipeline pipeline(clip.path);
  std::atomic<int> counts{0}, indexes{0};
  g_signal_connect(pipeline.src(), "notify::n-frames", G_CALLBACK(count_notification), &counts);
  g_signal_connect(pipeline.src(), "notify::index", G_CALLBACK(count_notification), &indexes);
  fail_unless_equals_int64(n_frames(pipeline), -1);
  fail_unless(pipeline.preroll());
  while (indexes == 0)
    g_usleep(1000);
  fail_unless_equals_int64(n_frames(pipeline), clip.n());
  GstFramewiseIndex *index;
  g_object_get(pipeline.src(), "index", &index, nullptr);
  fail_unless(index != nullptr);
  fail_unless(counts == 1 && indexes == 1);
  pipeline.set_state(GST_STATE_READY);
  fail_unless_equals_int64(n_frames(pipeline), -1);
  fail_unless_equals_int64(gst_framewise_index_get_n_frames(index), clip.n());
  gst_framewise_index_unref(index);
}
GST_END_TEST;

static GstProgressType progress_of(GstMessage *message) {
  GstProgressType type;
  gchar *code;
  gst_message_parse_progress(message, &type, &code, nullptr);
  fail_unless_equals_string(code, "index");
  g_free(code);
  return type;
}

static GstProgressType next_progress(Pipeline &pipeline, int *percent) {
  GstMessage *message =
      gst_bus_timed_pop_filtered(pipeline.bus(), GST_CLOCK_TIME_NONE, GST_MESSAGE_PROGRESS);
  const GstProgressType type = progress_of(message);
  gchar *text;
  gst_message_parse_progress(message, nullptr, nullptr, &text);
  *percent = atoi(text);
  g_free(text);
  gst_message_unref(message);
  return type;
}

GST_START_TEST(progress_is_told_from_start_to_end) {
  Pipeline pipeline(media(seek_clips[__i__]));
  pipeline.set_state(GST_STATE_PAUSED);
  int percent, last = 0;
  fail_unless_equals_int(next_progress(pipeline, &percent), GST_PROGRESS_TYPE_START);
  GstProgressType type;
  while ((type = next_progress(pipeline, &percent)) == GST_PROGRESS_TYPE_CONTINUE) {
    fail_unless(percent > last && percent <= 100, "%d %% after %d %%", percent, last);
    last = percent;
  }
  fail_unless(last > 0);
  fail_unless_equals_int(type, GST_PROGRESS_TYPE_COMPLETE);
  GstMessage *changed = gst_bus_pop_filtered(pipeline.bus(), GST_MESSAGE_DURATION_CHANGED);
  fail_unless(changed == nullptr, "it comes before COMPLETE");
}
GST_END_TEST;

GST_START_TEST(the_duration_changes_when_the_index_is_known) {
  Pipeline pipeline(media("h264.ts"));
  pipeline.set_state(GST_STATE_PAUSED);
  GstMessage *changed =
      gst_bus_timed_pop_filtered(pipeline.bus(), GST_CLOCK_TIME_NONE, GST_MESSAGE_DURATION_CHANGED);
  gst_message_unref(changed);
  gint64 duration;
  fail_unless(gst_element_query_duration(pipeline.src(), GST_FORMAT_DEFAULT, &duration));
}
GST_END_TEST;

/* A pipeline whose index gets no further than its first request, as the server stalls by then. */
class Stalled {
 public:
  explicit Stalled(const char *clip, const char *properties = "")
      : server(media(clip)), pipeline(server.url(), properties) {
    gst_bus_set_sync_handler(pipeline.bus(), stall_at_start, this, nullptr);
  }
  ~Stalled() { pipeline.set_state(GST_STATE_NULL); }

  void wait_for_stall() {
    while (server.stalled() == 0)
      g_usleep(1000);
  }

  SlowServer server;
  Pipeline pipeline;
  std::atomic<int> cancelled{0};

 private:
  static GstBusSyncReply stall_at_start(GstBus *, GstMessage *message, gpointer data) {
    auto *self = static_cast<Stalled *>(data);
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_PROGRESS) {
      const GstProgressType type = progress_of(message);
      if (type == GST_PROGRESS_TYPE_START)
        self->server.stall();
      self->cancelled += type == GST_PROGRESS_TYPE_CANCELED;
    }
    return GST_BUS_PASS;
  }
};

GST_START_TEST(playing_forward_does_not_wait_for_the_index) {
  const Clip clip("h264.ts");
  Stalled stalled("h264.ts");
  expect_frames(clip, stalled.pipeline.play(), 0, clip.n() - 1, "while the index is made");
  stalled.wait_for_stall();
  fail_unless_equals_int64(n_frames(stalled.pipeline), -1);
  gint64 count;
  fail_if(gst_element_query_duration(stalled.pipeline.src(), GST_FORMAT_DEFAULT, &count));
  stalled.pipeline.set_state(GST_STATE_READY);
  fail_unless_equals_int(stalled.cancelled, 1);
}
GST_END_TEST;

GST_START_TEST(a_stop_frame_does_not_wait_for_the_index) {
  const Clip clip("h264.ts");
  Stalled stalled("h264.ts", "stop-frame=7");
  expect_frames(clip, stalled.pipeline.play(), 0, 6, "while the index is made");
}
GST_END_TEST;

GST_START_TEST(waiting_for_the_index_ends_with_the_state) {
  for (GstState state : {GST_STATE_READY, GST_STATE_NULL}) {
    Stalled stalled("h264.ts");
    fail_unless(stalled.pipeline.preroll());
    fail_unless(gst_element_seek_simple(stalled.pipeline.element(), GST_FORMAT_DEFAULT, flush, 9));
    stalled.wait_for_stall();
    stalled.pipeline.set_state(state); /* hangs, and runs into the test's limit, if it is not */
    fail_unless_equals_int(stalled.cancelled, 1);
    fail_unless(gst_bus_pop_filtered(stalled.pipeline.bus(), GST_MESSAGE_ERROR) == nullptr);
  }
}
GST_END_TEST;

GST_START_TEST(waiting_for_the_index_ends_with_another_seek) {
  const Clip clip("h264.ts");
  Stalled stalled("h264.ts");
  fail_unless(stalled.pipeline.preroll());
  fail_unless(gst_element_seek_simple(stalled.pipeline.element(), GST_FORMAT_DEFAULT, flush, 9));
  stalled.wait_for_stall();
  fail_unless(gst_element_seek_simple(stalled.pipeline.element(), GST_FORMAT_DEFAULT, flush, 20));
  stalled.pipeline.set_state(GST_STATE_READY);
}
GST_END_TEST;

GST_START_TEST(input_that_cannot_seek_says_so_and_plays_forward) {
  const Clip clip("h264.ts");
  SlowServer server(clip.path, false);
  Pipeline pipeline(server.url(), "loop=2");
  fail_unless(pipeline.preroll());
  for (GstFormat format : {GST_FORMAT_TIME, GST_FORMAT_DEFAULT}) {
    GstQuery *query = gst_query_new_seeking(format);
    fail_unless(gst_element_query(pipeline.src(), query));
    gboolean seekable;
    gst_query_parse_seeking(query, nullptr, &seekable, nullptr, nullptr);
    gst_query_unref(query);
    fail_if(seekable);
    fail_if(gst_element_seek_simple(pipeline.src(), format, flush, 0));
    fail_if(gst_element_seek_simple(pipeline.element(), format, flush, 0));
  }
  expect_frames(clip, pipeline.play(), 0, clip.n() - 1, "forward, and once");
  fail_unless_equals_int64(n_frames(pipeline), -1);
  GstMessage *warning = gst_bus_pop_filtered(pipeline.bus(), GST_MESSAGE_WARNING);
  fail_unless(warning != nullptr, "loop cannot be done");
  gst_message_unref(warning);
}
GST_END_TEST;

GST_START_TEST(a_stream_is_read_and_sought_like_a_file) {
  const Clip clip(seek_clips[__i__]);
  GFile *file = g_file_new_for_path(clip.path.c_str());
  GFileInputStream *stream = g_file_read(file, nullptr, nullptr);
  g_object_unref(file);
  fail_unless(stream != nullptr);
  Pipeline pipeline("");
  g_object_set(pipeline.src(), "input-stream", stream, nullptr);
  fail_unless(pipeline.preroll());
  for (gint64 number : {clip.n() - 2, gint64(5), gint64(0)}) {
    fail_unless(gst_element_seek_simple(pipeline.element(), GST_FORMAT_DEFAULT, flush, number));
    GstSample *sample = pipeline.pull_preroll();
    fail_unless_equals_uint64(GST_BUFFER_OFFSET(gst_sample_get_buffer(sample)), number);
    gst_sample_unref(sample);
  }
  expect_frames(clip, pipeline.play(), 0, clip.n() - 1, "from a stream");
  fail_unless_equals_int64(n_frames(pipeline), clip.n());
  pipeline.set_state(GST_STATE_READY);
  /* Again, from its beginning. */
  Pipeline another("");
  g_object_set(another.src(), "input-stream", stream, nullptr);
  expect_frames(clip, another.play(), 0, clip.n() - 1, "from a stream, again");
  another.set_state(GST_STATE_READY);
  fail_if(g_input_stream_is_closed(G_INPUT_STREAM(stream)));
  g_object_unref(stream);
}
GST_END_TEST;

/* ---- Modes ------------------------------------------------------------------------------------
 */

GST_START_TEST(verified_frames_are_the_same) {
  const Clip clip(seek_clips[__i__]);
  Pipeline pipeline(clip.path, "index-mode=verified");
  fail_unless(pipeline.preroll());
  wait_for_index(pipeline.src());
  fail_unless_equals_int64(n_frames(pipeline), clip.n());
  for (gint64 number : {gint64(17), gint64(3), clip.n() - 1, gint64(0)}) {
    fail_unless(gst_element_seek_simple(pipeline.element(), GST_FORMAT_DEFAULT, flush, number));
    GstSample *sample = pipeline.pull_preroll();
    expect_frames(clip, {Pipeline::frame_of(sample)}, number, number, "verified");
    gst_sample_unref(sample);
  }
}
GST_END_TEST;

GST_START_TEST(a_constant_rate_is_taken_at_its_word) {
  const Clip clip("h264-b.mp4"); /* its rate is constant indeed */
  Pipeline pipeline(clip.path, "index-mode=constant-framerate");
  fail_unless(pipeline.preroll());
  wait_for_index(pipeline.src());
  fail_unless_equals_int64(n_frames(pipeline), clip.n());
  for (gint64 number : {gint64(17), gint64(18), gint64(3), clip.n() - 1, gint64(0)}) {
    fail_unless(gst_element_seek_simple(pipeline.element(), GST_FORMAT_DEFAULT, flush, number));
    GstSample *sample = pipeline.pull_preroll();
    expect_frames(clip, {Pipeline::frame_of(sample)}, number, number, "by rate");
    gst_sample_unref(sample);
  }
}
GST_END_TEST;

GST_START_TEST(a_constant_rate_that_is_not_true_is_an_error) {
  Pipeline pipeline(media("vfr.mkv"), "index-mode=constant-framerate start-frame=3");
  fail_unless(pipeline.play().size() > 5);
  GstMessage *message = gst_bus_pop_filtered(pipeline.bus(), GST_MESSAGE_ERROR);
  fail_unless(message != nullptr);
  GError *error;
  gst_message_parse_error(message, &error, nullptr);
  fail_unless(contains(error->message, "index-mode"), "%s", error->message);
  g_error_free(error);
  gst_message_unref(message);
}
GST_END_TEST;

GST_START_TEST(a_constant_rate_that_is_not_stated_fails_only_what_needs_it) {
  fail_unless(Pipeline(media("h264.h264"), "index-mode=constant-framerate").play().size() > 5);
  Pipeline pipeline(media("h264.h264"), "index-mode=constant-framerate start-frame=3");
  expect_error(pipeline, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS, "index-mode");
}
GST_END_TEST;

/* ---- The library's own ------------------------------------------------------------------------
 */

GST_START_TEST(the_boxed_index_tells_all_of_a_frame) {
  const Clip clip(seek_clips[__i__]);
  fail_unless_equals_uint64(gst_framewise_index_get_duration(clip.index), clip.time(clip.n()));
  for (gint64 number = 0; number < clip.n(); number++) {
    fail_unless_equals_uint64(gst_framewise_index_frame_to_time(clip.index, number),
                              clip.time(number));
    fail_unless_equals_int64(gst_framewise_index_time_to_frame(clip.index, clip.time(number)),
                             number);
    GstStructure *info = gst_framewise_index_get_frame_info(clip.index, number);
    gint64 frame;
    guint64 time, duration;
    gboolean key;
    fail_unless(gst_structure_get(info, "frame", G_TYPE_INT64, &frame, "time", G_TYPE_UINT64, &time,
                                  "duration", G_TYPE_UINT64, &duration, "key-frame", G_TYPE_BOOLEAN,
                                  &key, nullptr));
    fail_unless_equals_int64(frame, number);
    fail_unless_equals_uint64(time, clip.frames[number].pts);
    fail_unless_equals_uint64(duration, clip.frames[number].duration);
    fail_unless_equals_int(key, clip.is_key(number));
    gst_structure_free(info);
  }
  for (gint64 number : {gint64(-1), clip.n()}) {
    fail_unless(gst_framewise_index_get_frame_info(clip.index, number) == nullptr);
    fail_unless(gst_framewise_index_frame_to_time(clip.index, number) == GST_CLOCK_TIME_NONE);
    fail_if(gst_framewise_index_is_key_frame(clip.index, number));
  }
  fail_unless_equals_int64(gst_framewise_index_time_to_frame(clip.index, clip.time(clip.n())), -1);
  fail_unless(gst_framewise_index_is_exact(clip.index));
  fail_unless_equals_int(gst_framewise_index_is_constant_framerate(clip.index),
                         strcmp(clip.name, "vfr.mkv") != 0);
}
GST_END_TEST;

static void note_percent(gint percent, gpointer last) {
  fail_unless(percent > *static_cast<gint *>(last) && percent <= 100);
  *static_cast<gint *>(last) = percent;
}

GST_START_TEST(the_boxed_index_tells_its_progress_and_its_errors) {
  gint last = -1;
  GError *error = nullptr;
  GstFramewiseIndex *index =
      gst_framewise_index_new(media("h264.ts").c_str(), "V:0", GST_FRAMEWISE_INDEX_MODE_AUTO,
                              nullptr, note_percent, &last, &error);
  fail_unless(index != nullptr && error == nullptr);
  fail_unless(last >= 0);
  gst_framewise_index_unref(index);

  index = gst_framewise_index_new("/nowhere/at-all.mp4", nullptr, GST_FRAMEWISE_INDEX_MODE_AUTO,
                                  nullptr, nullptr, nullptr, &error);
  fail_unless(index == nullptr);
  fail_unless(g_error_matches(error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND));
  g_clear_error(&error);

  GCancellable *cancellable = g_cancellable_new();
  g_cancellable_cancel(cancellable);
  index = gst_framewise_index_new(media("h264.ts").c_str(), nullptr, GST_FRAMEWISE_INDEX_MODE_AUTO,
                                  cancellable, nullptr, nullptr, &error);
  fail_unless(index == nullptr);
  fail_unless(g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED));
  g_clear_error(&error);
  g_object_unref(cancellable);
}
GST_END_TEST;

/* ---- Saved ------------------------------------------------------------------------------------
 */

GST_START_TEST(frames_are_the_same_with_a_saved_index) {
  const Clip clip(seek_clips[__i__]);
  char pattern[] = "/tmp/fwindex-XXXXXX";
  const std::string folder = g_mkdtemp(pattern);
  for (int time = 0; time < 3; time++) {
    Pipeline pipeline(clip.path, "index-cache=" + folder);
    fail_unless(pipeline.preroll());
    wait_for_index(pipeline.src());
    fail_unless_equals_int64(n_frames(pipeline), clip.n());
    for (gint64 number : {clip.n() - 1, gint64(0), clip.n() / 2}) {
      fail_unless(gst_element_seek_simple(pipeline.element(), GST_FORMAT_DEFAULT, flush, number));
      expect_frames(clip, pipeline.play(), number, clip.n() - 1, "saved");
    }
    pipeline.set_state(GST_STATE_NULL); /* ends after it is saved */
    int files = 0;
    for (const auto &entry : std::filesystem::directory_iterator(folder))
      files += entry.path().extension() == ".fwindex";
    fail_unless_equals_int(files, 1);
  }
  std::filesystem::remove_all(folder);
}
GST_END_TEST;

static Suite *containersrc_index_suite() {
  Suite *suite = suite_create("containersrc-index");
  TCase *queries = tcase_create("queries");
  suite_add_tcase(suite, queries);
  tcase_add_loop_test(queries, duration_is_known_in_both_formats, 0, n_seek_clips);
  tcase_add_loop_test(queries, seeking_is_possible_in_both_formats, 0, n_seek_clips);
  tcase_add_loop_test(queries, position_is_that_of_the_frame_last_sent, 0, n_seek_clips);
  tcase_add_loop_test(queries, frames_and_times_are_converted_without_loss, 0, n_seek_clips);
  tcase_add_test(queries, time_and_frames_are_the_formats);

  TCase *index = tcase_create("index");
  suite_add_tcase(suite, index);
  tcase_add_loop_test(index, the_index_is_notified_once_and_gone_in_ready, 0, n_seek_clips);
  tcase_add_loop_test(index, progress_is_told_from_start_to_end, 0, n_seek_clips);
  tcase_add_test(index, the_duration_changes_when_the_index_is_known);
  tcase_add_test(index, playing_forward_does_not_wait_for_the_index);
  tcase_add_test(index, a_stop_frame_does_not_wait_for_the_index);
  tcase_add_test(index, waiting_for_the_index_ends_with_the_state);
  tcase_add_test(index, waiting_for_the_index_ends_with_another_seek);
  tcase_add_test(index, input_that_cannot_seek_says_so_and_plays_forward);
  tcase_add_loop_test(index, a_stream_is_read_and_sought_like_a_file, 0, n_seek_clips);

  TCase *modes = tcase_create("modes");
  suite_add_tcase(suite, modes);
  tcase_add_loop_test(modes, verified_frames_are_the_same, 0, n_seek_clips);
  tcase_add_test(modes, a_constant_rate_is_taken_at_its_word);
  tcase_add_test(modes, a_constant_rate_that_is_not_true_is_an_error);
  tcase_add_test(modes, a_constant_rate_that_is_not_stated_fails_only_what_needs_it);

  TCase *saved = tcase_create("saved");
  suite_add_tcase(suite, saved);
  tcase_add_loop_test(saved, frames_are_the_same_with_a_saved_index, 0, n_seek_clips);

  TCase *boxed = tcase_create("boxed");
  suite_add_tcase(suite, boxed);
  tcase_add_loop_test(boxed, the_boxed_index_tells_all_of_a_frame, 0, n_seek_clips);
  tcase_add_test(boxed, the_boxed_index_tells_its_progress_and_its_errors);
  return suite;
}

GST_CHECK_MAIN(containersrc_index)
