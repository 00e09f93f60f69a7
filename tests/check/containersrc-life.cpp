/* gst-framewise: tests of seeks, events and states of containersrc.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "sourcebench.hpp"

/* ---- Seeking ----------------------------------------------------------------------------------
 */

static void expect_seeks(const char *clip) {
  auto all = Pipeline(media(clip)).play();
  fail_unless(all.size() > 5);
  Pipeline pipeline(media(clip));
  fail_unless(pipeline.preroll());
  GRand *random = g_rand_new_with_seed(1);
  std::vector<size_t> order(all.size());
  for (size_t i = 0; i < order.size(); i++)
    order[i] = i;
  for (size_t i = order.size() - 1; i > 0; i--)
    std::swap(order[i], order[size_t(g_rand_int_range(random, 0, gint32(i) + 1))]);
  g_rand_free(random);
  for (size_t i : order) {
    for (GstClockTime time :
         {all[i].pts, all[i].pts + all[i].duration / 2, all[i].pts + all[i].duration - 1}) {
      Frame frame = pipeline.seek(time);
      fail_unless(frame.pts == all[i].pts && frame.md5 == all[i].md5,
                  "%s: frame %zu, time %" GST_TIME_FORMAT ": got pts %" GST_TIME_FORMAT, clip, i,
                  GST_TIME_ARGS(time), GST_TIME_ARGS(frame.pts));
    }
  }
}

static const char *const seek_clips[] = {
    "h264-b.mp4", "h264-b.mkv",      "h264.ts",     "vfr.mp4",   "vfr.mkv",   "h264-open-gop.mp4",
    "hevc.mkv",   "start-offset.ts", "mpeg4-b.avi", "mpeg2.mpg", "h264.h264", "gif.gif"};

GST_START_TEST(a_time_seek_lands_on_the_frame_shown_then) { expect_seeks(seek_clips[__i__]); }
GST_END_TEST;

GST_START_TEST(a_seek_past_the_end_is_eos) {
  Pipeline pipeline(media("h264-b.mp4"));
  fail_unless(pipeline.preroll());
  fail_unless(gst_element_seek_simple(pipeline.element(), GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH,
                                      60 * GST_SECOND));
  pipeline.set_state(GST_STATE_PLAYING);
  GstMessage *message = gst_bus_timed_pop_filtered(
      pipeline.bus(), GST_CLOCK_TIME_NONE, GstMessageType(GST_MESSAGE_EOS | GST_MESSAGE_ERROR));
  fail_unless(GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS);
  gst_message_unref(message);
}
GST_END_TEST;

GST_START_TEST(a_stop_position_ends_the_segment) {
  Pipeline pipeline(media("h264-b.mp4"));
  fail_unless(pipeline.preroll());
  fail_unless(gst_element_seek(pipeline.element(), 1.0, GST_FORMAT_TIME,
                               GstSeekFlags(GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE),
                               GST_SEEK_TYPE_SET, 200 * GST_MSECOND, GST_SEEK_TYPE_SET,
                               400 * GST_MSECOND));
  auto frames = pipeline.play();
  fail_unless_equals_uint64(frames.size(), 5);
  fail_unless_equals_uint64(frames.front().pts, 200 * GST_MSECOND);
}
GST_END_TEST;

GST_START_TEST(backwards_gives_the_same_frames_in_reverse) {
  auto all = Pipeline(media("h264-b.mp4")).play();
  Pipeline pipeline(media("h264-b.mp4"));
  fail_unless(pipeline.preroll());
  fail_unless(gst_element_seek(pipeline.element(), -1.0, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH,
                               GST_SEEK_TYPE_SET, 0, GST_SEEK_TYPE_SET, -1));
  auto frames = pipeline.play();
  fail_unless_equals_uint64(frames.size(), all.size());
  for (size_t i = 0; i < frames.size(); i++) {
    const Frame &twin = all[all.size() - 1 - i];
    fail_unless(frames[i].pts == twin.pts && frames[i].md5 == twin.md5, "frame %zu", i);
  }
}
GST_END_TEST;

static GstEvent *flushing_seek(GstClockTime time) {
  return gst_event_new_seek(1.0, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, GST_SEEK_TYPE_SET,
                            gint64(time), GST_SEEK_TYPE_NONE, -1);
}

GST_START_TEST(a_seek_in_ready_is_where_playing_begins) {
  for (guint begin : {0u, 12u}) {
    Pipeline pipeline(media("h264-b.mp4"));
    pipeline.set_state(GST_STATE_READY);
    fail_unless(gst_element_send_event(pipeline.src(), flushing_seek(begin * 40 * GST_MSECOND)));
    auto frames = pipeline.play();
    fail_unless_equals_uint64(frames.size(), 30 - begin);
    fail_unless_equals_uint64(frames.at(0).pts, begin * 40 * GST_MSECOND);
  }
}
GST_END_TEST;

static GstPadProbeReturn seek_back_once(GstPad *pad, GstPadProbeInfo *info, gpointer) {
  if (GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) != GST_EVENT_CAPS)
    return GST_PAD_PROBE_OK;
  /* From another thread, as an application would: this one streams. */
  GThread *thread = g_thread_new(
      "seek",
      [](gpointer element) -> gpointer {
        gst_element_send_event(GST_ELEMENT(element), flushing_seek(0));
        return nullptr;
      },
      GST_PAD_PARENT(pad));
  g_usleep(100 * 1000); /* caps are out and no frame is, while the flush begins */
  g_thread_unref(thread);
  return GST_PAD_PROBE_REMOVE;
}

GST_START_TEST(a_seek_to_the_start_before_the_first_frame_loses_none) {
  Pipeline pipeline(media("h264-b.mp4"));
  GstPad *pad = gst_element_get_static_pad(pipeline.src(), "src");
  gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, seek_back_once, nullptr, nullptr);
  gst_object_unref(pad);
  auto frames = pipeline.play();
  fail_unless_equals_uint64(frames.size(), 30);
  fail_unless_equals_uint64(frames.at(0).pts, 0);
}
GST_END_TEST;

GST_START_TEST(time_goes_on_where_the_clock_of_the_stream_starts_anew) {
  auto frames = Pipeline(media("size-change.ts")).play();
  fail_unless_equals_uint64(frames.size(), 42);
  for (size_t i = 1; i < frames.size(); i++)
    fail_unless_equals_uint64(frames[i].pts, frames[i - 1].pts + 40 * GST_MSECOND);
}
GST_END_TEST;

GST_START_TEST(duration_and_position_are_known) {
  Pipeline pipeline(media("h264-b.mp4"));
  fail_unless(pipeline.preroll());
  gint64 duration, position;
  fail_unless(gst_element_query_duration(pipeline.element(), GST_FORMAT_TIME, &duration));
  fail_unless_equals_int64(duration, 1200 * GST_MSECOND);
  pipeline.seek(600 * GST_MSECOND);
  fail_unless(gst_element_query_position(pipeline.element(), GST_FORMAT_TIME, &position));
  fail_unless_equals_int64(position, 600 * GST_MSECOND);
  GstQuery *seeking = gst_query_new_seeking(GST_FORMAT_TIME);
  fail_unless(gst_element_query(pipeline.element(), seeking));
  gboolean seekable;
  gst_query_parse_seeking(seeking, nullptr, &seekable, nullptr, nullptr);
  fail_unless(seekable);
  gst_query_unref(seeking);
}
GST_END_TEST;

/* ---- Events, states ---------------------------------------------------------------------------
 */

static GstPadProbeReturn note_event(GstPad *, GstPadProbeInfo *info, gpointer data) {
  auto *events = static_cast<std::vector<GstEventType> *>(data);
  events->push_back(GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)));
  return GST_PAD_PROBE_OK;
}

GST_START_TEST(events_come_in_order) {
  std::vector<GstEventType> events;
  Pipeline pipeline(media("h264-b.mp4"));
  GstPad *pad = gst_element_get_static_pad(pipeline.src(), "src");
  gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, note_event, &events, nullptr);
  gst_object_unref(pad);
  pipeline.play();
  /* tags of the stream, tags of the container */
  const std::vector<GstEventType> expected = {GST_EVENT_STREAM_START, GST_EVENT_CAPS,
                                              GST_EVENT_SEGMENT,      GST_EVENT_TAG,
                                              GST_EVENT_TAG,          GST_EVENT_EOS};
  fail_unless(events == expected, "%zu events", events.size());
}
GST_END_TEST;

GST_START_TEST(tags_name_codec_and_title) {
  Pipeline pipeline(media("rotated.mp4"));
  fail_unless(pipeline.preroll());
  GstPad *pad = gst_element_get_static_pad(pipeline.src(), "src");
  GstEvent *event = gst_pad_get_sticky_event(pad, GST_EVENT_TAG, 0);
  fail_unless(event != nullptr);
  GstTagList *tags;
  gst_event_parse_tag(event, &tags);
  gchar *codec = nullptr, *orientation = nullptr;
  fail_unless(gst_tag_list_get_string(tags, GST_TAG_VIDEO_CODEC, &codec));
  fail_unless(strstr(codec, "H.264") != nullptr);
  fail_unless(gst_tag_list_get_string(tags, GST_TAG_IMAGE_ORIENTATION, &orientation));
  g_free(codec);
  g_free(orientation);
  gst_event_unref(event);
  gst_object_unref(pad);
}
GST_END_TEST;

static GstPadProbeReturn count_buffer(GstPad *, GstPadProbeInfo *, gpointer data) {
  (*static_cast<std::atomic<int> *>(data))++;
  return GST_PAD_PROBE_OK;
}

GST_START_TEST(it_can_be_used_again_after_ready_with_another_file) {
  GstElement *pipeline = gst_parse_launch("containersrc name=src ! fakesink sync=false", nullptr);
  GstElement *src = gst_bin_get_by_name(GST_BIN(pipeline), "src");
  GstBus *bus = gst_element_get_bus(pipeline);
  GstPad *pad = gst_element_get_static_pad(src, "src");
  std::atomic<int> count{0};
  gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, count_buffer, &count, nullptr);
  struct {
    std::string location;
    GstMessageType end;
    int frames;
  } runs[] = {
      {media("h264-b.mp4"), GST_MESSAGE_EOS, 30}, {media("h264-b.mp4"), GST_MESSAGE_EOS, 30},
      {media("gif.gif"), GST_MESSAGE_EOS, 20},    {"/nowhere", GST_MESSAGE_ERROR, 0},
      {media("h264-b.mp4"), GST_MESSAGE_EOS, 30}, {media("text.mp4"), GST_MESSAGE_ERROR, 0},
      {media("gif.gif"), GST_MESSAGE_EOS, 20}};
  for (const auto &run : runs) {
    count = 0;
    g_object_set(src, "location", run.location.c_str(), nullptr);
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    GstMessage *message = gst_bus_timed_pop_filtered(
        bus, GST_CLOCK_TIME_NONE, GstMessageType(GST_MESSAGE_EOS | GST_MESSAGE_ERROR));
    fail_unless(GST_MESSAGE_TYPE(message) == run.end, "%s", run.location.c_str());
    gst_message_unref(message);
    fail_unless_equals_int(count, run.frames);
    gst_element_set_state(pipeline, GST_STATE_READY);
    gst_bus_set_flushing(bus, TRUE);
    gst_bus_set_flushing(bus, FALSE);
  }
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pad);
  gst_object_unref(bus);
  gst_object_unref(src);
  gst_object_unref(pipeline);
}
GST_END_TEST;

/* Takes connections and never says a word. */
static gboolean keep_silent(GSocketService *, GSocketConnection *connection, GObject *,
                            gpointer data) {
  static_cast<std::vector<GObject *> *>(data)->push_back(G_OBJECT(g_object_ref(connection)));
  return TRUE;
}

GST_START_TEST(a_blocked_read_is_broken_by_the_state_change) {
  std::vector<GObject *> connections;
  GSocketService *service = g_socket_service_new();
  guint16 port = g_socket_listener_add_any_inet_port(G_SOCKET_LISTENER(service), nullptr, nullptr);
  fail_unless(port != 0);
  g_signal_connect(service, "incoming", G_CALLBACK(keep_silent), &connections);
  g_socket_service_start(service);
  {
    std::string url = "tcp://127.0.0.1:" + std::to_string(port);
    Pipeline pipeline(url);
    pipeline.set_state(GST_STATE_PLAYING);
    while (connections.empty())
      g_main_context_iteration(nullptr, TRUE);
    pipeline.set_state(GST_STATE_NULL); /* hangs, and runs into the test's limit, if it is not */
    GstMessage *message =
        gst_bus_pop_filtered(pipeline.bus(), GST_MESSAGE_ERROR); /* nor is it an error */
    fail_unless(message == nullptr);
  }
  for (GObject *connection : connections)
    g_object_unref(connection);
  g_socket_service_stop(service);
  g_object_unref(service);
}
GST_END_TEST;

GST_START_TEST(a_seek_while_opening_waits_for_the_stream) {
  std::vector<GObject *> connections;
  GSocketService *service = g_socket_service_new();
  guint16 port = g_socket_listener_add_any_inet_port(G_SOCKET_LISTENER(service), nullptr, nullptr);
  g_signal_connect(service, "incoming", G_CALLBACK(keep_silent), &connections);
  g_socket_service_start(service);
  {
    Pipeline pipeline("tcp://127.0.0.1:" + std::to_string(port));
    pipeline.set_state(GST_STATE_PAUSED);
    while (connections.empty())
      g_main_context_iteration(nullptr, TRUE);
    fail_unless(gst_element_send_event(pipeline.src(), flushing_seek(GST_SECOND)));
    fail_unless(gst_element_send_event(pipeline.element(), flushing_seek(GST_SECOND)));
    GstMessage *message =
        gst_bus_timed_pop_filtered(pipeline.bus(), 50 * GST_MSECOND, GST_MESSAGE_ERROR);
    fail_unless(message == nullptr);
    pipeline.set_state(GST_STATE_NULL);
  }
  for (GObject *connection : connections)
    g_object_unref(connection);
  g_socket_service_stop(service);
  g_object_unref(service);
}
GST_END_TEST;

GST_START_TEST(waiting_for_the_writer_of_a_fifo_ends_with_the_state) {
  std::string folder = temp_folder(), fifo = folder + "/fifo";
  fail_unless(mkfifo(fifo.c_str(), 0600) == 0);
  {
    Pipeline pipeline(fifo);
    pipeline.set_state(GST_STATE_PLAYING);
    pipeline.set_state(GST_STATE_NULL);
  }
  g_unlink(fifo.c_str());
  g_rmdir(folder.c_str());
}
GST_END_TEST;

GST_START_TEST(a_fifo_is_read_to_its_end) {
  std::string folder = temp_folder(), fifo = folder + "/fifo";
  fail_unless(mkfifo(fifo.c_str(), 0600) == 0);
  std::string clip = media("h264.ts");
  auto expected = Pipeline(clip).play();
  const gchar *command[] = {"cp", clip.c_str(), fifo.c_str(), nullptr};
  GSubprocess *writer = g_subprocess_newv(command, G_SUBPROCESS_FLAGS_NONE, nullptr);
  auto frames = Pipeline(fifo).play();
  fail_unless(g_subprocess_wait_check(writer, nullptr, nullptr));
  g_object_unref(writer);
  fail_unless_equals_uint64(frames.size(), expected.size());
  for (size_t i = 0; i < frames.size(); i++)
    fail_unless(frames[i].md5 == expected[i].md5, "frame %zu", i);
  g_unlink(fifo.c_str());
  g_rmdir(folder.c_str());
}
GST_END_TEST;

GST_START_TEST(a_name_like_a_url_is_still_a_file) {
  std::string folder = temp_folder();
  const char *name = "http:clip.mp4";
  gchar *contents;
  gsize size;
  fail_unless(g_file_get_contents(media("h264-b.mp4").c_str(), &contents, &size, nullptr));
  std::string file = folder + "/" + name;
  fail_unless(g_file_set_contents(file.c_str(), contents, gssize(size), nullptr));
  g_free(contents);
  gchar *before = g_get_current_dir();
  fail_unless(g_chdir(folder.c_str()) == 0);
  fail_unless_equals_uint64(Pipeline(name).play().size(), 30);
  fail_unless(g_chdir(before) == 0);
  g_free(before);
  g_unlink(file.c_str());
  g_rmdir(folder.c_str());
}
GST_END_TEST;

static Suite *containersrc_life_suite() {
  Suite *suite = suite_create("containersrc-life");
  TCase *seeking = tcase_create("seeking");
  suite_add_tcase(suite, seeking);
  tcase_add_loop_test(seeking, a_time_seek_lands_on_the_frame_shown_then, 0,
                      int(G_N_ELEMENTS(seek_clips)));
  tcase_add_test(seeking, a_seek_past_the_end_is_eos);
  tcase_add_test(seeking, a_stop_position_ends_the_segment);
  tcase_add_test(seeking, backwards_gives_the_same_frames_in_reverse);
  tcase_add_test(seeking, a_seek_in_ready_is_where_playing_begins);
  tcase_add_test(seeking, a_seek_to_the_start_before_the_first_frame_loses_none);
  tcase_add_test(seeking, time_goes_on_where_the_clock_of_the_stream_starts_anew);
  tcase_add_test(seeking, duration_and_position_are_known);
  TCase *states = tcase_create("states");
  suite_add_tcase(suite, states);
  tcase_add_test(states, events_come_in_order);
  tcase_add_test(states, tags_name_codec_and_title);
  tcase_add_test(states, it_can_be_used_again_after_ready_with_another_file);
  tcase_add_test(states, a_blocked_read_is_broken_by_the_state_change);
  tcase_add_test(states, a_seek_while_opening_waits_for_the_stream);
  tcase_add_test(states, waiting_for_the_writer_of_a_fifo_ends_with_the_state);
  tcase_add_test(states, a_fifo_is_read_to_its_end);
  tcase_add_test(states, a_name_like_a_url_is_still_a_file);
  return suite;
}

GST_CHECK_MAIN(containersrc_life);
