/* gst-framewise: tests of each kind of seek that GStreamer has, with containersrc.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "seekbench.hpp"

#include <thread>

static constexpr GstSeekFlags flush = GST_SEEK_FLAG_FLUSH;

static GstSeekFlags with_flush(int flags) { return GstSeekFlags(GST_SEEK_FLAG_FLUSH | flags); }

/* ---- Types, formats ---------------------------------------------------------------------------
 */

struct Kind {
  GstSeekType type;
  int frame; /* for SET and END; -1 with SET: open */
};
struct Case {
  double rate;
  Kind start, stop;
  int first, last; /* below 0: from the number of frames on; never with `none` */
};
constexpr Kind none{GST_SEEK_TYPE_NONE, 0};
constexpr Kind set(int frame) { return {GST_SEEK_TYPE_SET, frame}; }
constexpr Kind end(int frame) { return {GST_SEEK_TYPE_END, frame}; }
constexpr int up_to_end = -1;

/* From a segment of frames 5 to 19, of which 5 has been sent. */
constexpr Case cases[] = {
    {1, set(3), set(9), 3, 8},
    {1, set(3), none, 3, 19},
    {1, set(3), end(-4), 3, -5},
    {1, set(3), set(-1), 3, up_to_end},
    {1, set(0), set(1), 0, 0},
    {1, none, set(9), 6, 8},
    {1, none, none, 6, 19},
    {1, none, end(0), 6, up_to_end},
    {1, end(-7), set(-1), -7, up_to_end},
    {1, end(-7), end(-3), -7, -4},
    {2, set(3), set(9), 3, 8},
    {0.5, none, none, 6, 19},
    {-1, set(3), set(9), 8, 3},
    {-1, set(3), none, 19, 3},
    {-1, set(3), end(-4), -5, 3},
    {-1, set(3), set(-1), up_to_end, 3},
    {-1, none, set(9), 8, 5},
    {-1, none, none, 5, 5},
    {-1, none, end(0), up_to_end, 5},
    {-1, end(-7), set(-1), up_to_end, -7},
    {-2, set(0), set(2), 1, 0},
};

static gint64 value_of(const Clip &clip, Kind kind, GstFormat format) {
  if (kind.type == GST_SEEK_TYPE_NONE)
    return 0;
  if (format == GST_FORMAT_DEFAULT || (kind.type == GST_SEEK_TYPE_SET && kind.frame < 0))
    return kind.frame;
  if (kind.type == GST_SEEK_TYPE_END)
    return clip.time(clip.n() + kind.frame) - clip.time(clip.n());
  return clip.time(kind.frame);
}

static void expect_all_types(const char *name, GstFormat format) {
  const Clip clip(name);
  for (const Case &wanted : cases) {
    Pipeline pipeline(clip.path);
    fail_unless(pipeline.preroll());
    wait_for_index(pipeline.src());
    fail_unless(gst_element_seek(pipeline.element(), 1.0, GST_FORMAT_DEFAULT, flush,
                                 GST_SEEK_TYPE_SET, 5, GST_SEEK_TYPE_SET, 20));
    gst_sample_unref(pipeline.pull_preroll());
    fail_unless(gst_element_seek(pipeline.element(), wanted.rate, format, flush, wanted.start.type,
                                 value_of(clip, wanted.start, format), wanted.stop.type,
                                 value_of(clip, wanted.stop, format)));
    auto from_start = [&](int number) { return number < 0 ? number + clip.n() : number; };
    const std::string what =
        "rate " + std::to_string(wanted.rate) + " start " + std::to_string(wanted.start.type) +
        ":" + std::to_string(wanted.start.frame) + " stop " + std::to_string(wanted.stop.type) +
        ":" + std::to_string(wanted.stop.frame);
    expect_frames(clip, pipeline.play(), from_start(wanted.first), from_start(wanted.last),
                  what.c_str());
  }
}

GST_START_TEST(every_type_of_start_and_stop_in_time) {
  expect_all_types(seek_clips[__i__], GST_FORMAT_TIME);
}
GST_END_TEST;

GST_START_TEST(every_type_of_start_and_stop_in_frames) {
  expect_all_types(seek_clips[__i__], GST_FORMAT_DEFAULT);
}
GST_END_TEST;

GST_START_TEST(a_negative_frame_counts_from_the_end) {
  const Clip clip(seek_clips[__i__]);
  Pipeline pipeline(clip.path);
  fail_unless(pipeline.preroll());
  fail_unless(gst_element_seek(pipeline.element(), 1.0, GST_FORMAT_DEFAULT, flush,
                               GST_SEEK_TYPE_SET, -6, GST_SEEK_TYPE_SET, -2));
  expect_frames(clip, pipeline.play(), clip.n() - 6, clip.n() - 3, "-6 to -2");
}
GST_END_TEST;

GST_START_TEST(seeks_in_ready_are_where_playing_begins) {
  const Clip clip(seek_clips[__i__]);
  struct {
    double rate;
    GstFormat format;
    gint64 start, stop, first, last;
  } const seeks[] = {
      {1, GST_FORMAT_DEFAULT, 7, 12, 7, 11},
      {1, GST_FORMAT_TIME, clip.time(7), clip.time(12), 7, 11},
      {-1, GST_FORMAT_DEFAULT, 7, 12, 11, 7},
      {-1, GST_FORMAT_TIME, 0, -1, clip.n() - 1, 0},
  };
  for (auto &seek : seeks) {
    Pipeline pipeline(clip.path);
    pipeline.set_state(GST_STATE_READY);
    fail_unless(gst_element_seek(pipeline.src(), 1.0, GST_FORMAT_TIME, flush, GST_SEEK_TYPE_SET,
                                 clip.time(20), GST_SEEK_TYPE_NONE, -1));
    fail_unless(gst_element_seek(pipeline.src(), seek.rate, seek.format, flush, GST_SEEK_TYPE_SET,
                                 seek.start, GST_SEEK_TYPE_SET, seek.stop));
    expect_frames(clip, pipeline.play(), seek.first, seek.last, "the last seek in READY");
  }
}
GST_END_TEST;

/* ---- Places -----------------------------------------------------------------------------------
 */

GST_START_TEST(a_time_within_a_frame_finds_it_and_is_where_the_segment_starts) {
  const Clip clip(seek_clips[__i__]);
  Pipeline pipeline(clip.path);
  Recorder recorder(pipeline.src());
  fail_unless(pipeline.preroll());
  for (gint64 number = 0; number < clip.n(); number++) {
    const GstClockTime within = clip.time(number) + clip.frames[number].duration / 2;
    expect_frames(clip, {pipeline.seek(within)}, number, number, "within");
    const GstSegment segment = recorder.last_segment();
    fail_unless_equals_uint64(segment.start, within);
    fail_unless_equals_uint64(segment.time, within);
  }
}
GST_END_TEST;

/* The key frame to expect, told from a list of them. */
static gint64 key_near(const Clip &clip, GstClockTime time, gint64 number, int snap) {
  gint64 before = number, after = number;
  while (before > 0 && !clip.is_key(before))
    before--;
  if (clip.frames[number].pts < time)
    after++;
  while (after < clip.n() && !clip.is_key(after))
    after++;
  if (after == clip.n() || snap == 0 || snap == GST_SEEK_FLAG_SNAP_BEFORE)
    return before;
  if (snap == GST_SEEK_FLAG_SNAP_AFTER)
    return after;
  return time - clip.frames[before].pts <= clip.frames[after].pts - time ? before : after;
}

GST_START_TEST(key_unit_seeks_snap_each_way) {
  const Clip clip(seek_clips[__i__]);
  Pipeline pipeline(clip.path);
  Recorder recorder(pipeline.src());
  fail_unless(pipeline.preroll());
  wait_for_index(pipeline.src());
  for (int snap : {0, int(GST_SEEK_FLAG_SNAP_BEFORE), int(GST_SEEK_FLAG_SNAP_AFTER),
                   int(GST_SEEK_FLAG_SNAP_NEAREST)})
    for (gint64 number = 0; number < clip.n(); number++) {
      const GstClockTime within = clip.time(number) + (number % 2) * GST_MSECOND;
      fail_unless(gst_element_seek_simple(pipeline.element(), GST_FORMAT_TIME,
                                          with_flush(GST_SEEK_FLAG_KEY_UNIT | snap),
                                          gint64(within)));
      GstSample *sample = pipeline.pull_preroll();
      const gint64 key = key_near(clip, within, number, snap);
      expect_frames(clip, {Pipeline::frame_of(sample)}, key, key, "snapped");
      gst_sample_unref(sample);
      fail_unless_equals_uint64(recorder.last_segment().start, clip.frames[key].pts);
    }
}
GST_END_TEST;

GST_START_TEST(key_frames_of_a_clip_of_known_gops_are_known) {
  const Clip clip("h264-b.mp4"); /* made with a key frame every 12 */
  for (gint64 number = 0; number < clip.n(); number++)
    fail_unless_equals_int(clip.is_key(number), number % 12 == 0);
}
GST_END_TEST;

GST_START_TEST(no_frame_begins_at_or_after_the_stop) {
  const Clip clip(seek_clips[__i__]);
  Pipeline pipeline(clip.path);
  fail_unless(pipeline.preroll());
  for (gint64 number : {gint64(5), gint64(12), gint64(13), clip.n() - 1}) {
    const struct {
      GstFormat format;
      gint64 start, stop, last;
    } seeks[] = {{GST_FORMAT_TIME, clip.time(3), clip.time(number), number - 1},
                 {GST_FORMAT_TIME, clip.time(3), clip.time(number) + 1, number},
                 {GST_FORMAT_TIME, 0, clip.time(number), number - 1},
                 {GST_FORMAT_DEFAULT, 3, number, number - 1},
                 {GST_FORMAT_DEFAULT, 0, number, number - 1}};
    for (auto &seek : seeks) {
      pipeline.set_state(GST_STATE_PAUSED);
      fail_unless(gst_element_seek(pipeline.element(), 1.0, seek.format, flush, GST_SEEK_TYPE_SET,
                                   seek.start, GST_SEEK_TYPE_SET, seek.stop));
      expect_frames(clip, pipeline.play(), seek.start ? 3 : 0, seek.last, "to a stop");
    }
  }
}
GST_END_TEST;

GST_START_TEST(trick_mode_shows_key_frames_only) {
  const Clip clip(seek_clips[__i__]);
  std::vector<gint64> keys;
  for (gint64 number = 0; number < clip.n(); number++)
    if (clip.is_key(number))
      keys.push_back(number);
  fail_unless(keys.size() > 1);
  for (double rate : {4.0, -4.0}) {
    Pipeline pipeline(clip.path);
    fail_unless(pipeline.preroll());
    fail_unless(
        gst_element_seek(pipeline.element(), rate, GST_FORMAT_TIME,
                         with_flush(GST_SEEK_FLAG_TRICKMODE | GST_SEEK_FLAG_TRICKMODE_KEY_UNITS),
                         GST_SEEK_TYPE_SET, 0, GST_SEEK_TYPE_SET, -1));
    auto frames = pipeline.play();
    fail_unless_equals_uint64(frames.size(), keys.size());
    for (size_t i = 0; i < keys.size(); i++)
      fail_unless_equals_int64(frames[i].offset, rate > 0 ? keys[i] : keys[keys.size() - 1 - i]);
  }
}
GST_END_TEST;

GST_START_TEST(a_frame_that_is_not_there_is_refused_and_named) {
  const Clip clip("h264-b.mp4");
  for (gint64 number : {clip.n(), gint64(1000), -clip.n() - 1}) {
    Pipeline pipeline(clip.path);
    fail_unless(pipeline.preroll());
    wait_for_index(pipeline.src());
    fail_if(gst_element_seek(pipeline.element(), 1.0, GST_FORMAT_DEFAULT, flush, GST_SEEK_TYPE_SET,
                             number, GST_SEEK_TYPE_NONE, -1));
    GstMessage *message = gst_bus_pop_filtered(pipeline.bus(), GST_MESSAGE_WARNING);
    fail_unless(message != nullptr);
    GError *error;
    gst_message_parse_warning(message, &error, nullptr);
    fail_unless(contains(error->message, std::to_string(number).c_str()) &&
                    contains(error->message, std::to_string(clip.n()).c_str()),
                "%s", error->message);
    g_error_free(error);
    gst_message_unref(message);
    expect_frames(clip, pipeline.play(), 0, clip.n() - 1, "as if nothing had been");
  }
}
GST_END_TEST;

GST_START_TEST(a_frame_that_turns_out_not_to_be_there_is_an_error) {
  Pipeline pipeline(media("h264-b.mp4"));
  pipeline.set_state(GST_STATE_READY);
  fail_unless(gst_element_seek_simple(pipeline.src(), GST_FORMAT_DEFAULT, flush, 1000));
  expect_error(pipeline, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SEEK, "1000");
}
GST_END_TEST;

GST_START_TEST(what_makes_no_sense_is_refused) {
  const Clip clip("h264-b.mp4");
  Pipeline pipeline(clip.path);
  fail_unless(pipeline.preroll());
  fail_if(gst_element_seek(pipeline.src(), 1.0, GST_FORMAT_TIME, flush, GST_SEEK_TYPE_SET,
                           GST_SECOND, GST_SEEK_TYPE_SET, GST_MSECOND));
  fail_if(gst_element_seek(pipeline.src(), 1.0, GST_FORMAT_DEFAULT, flush, GST_SEEK_TYPE_SET, 9,
                           GST_SEEK_TYPE_SET, 3));
  fail_if(gst_element_seek_simple(pipeline.src(), GST_FORMAT_BYTES, flush, 100));
  fail_if(gst_element_seek_simple(pipeline.src(), GST_FORMAT_PERCENT, flush, 10000));
  expect_frames(clip, pipeline.play(), 0, clip.n() - 1, "as if nothing had been");
}
GST_END_TEST;

/* ---- Segments ---------------------------------------------------------------------------------
 */

GST_START_TEST(all_that_follows_a_seek_has_its_seqnum) {
  const Clip clip(seek_clips[__i__]);
  for (GstFormat format : {GST_FORMAT_TIME, GST_FORMAT_DEFAULT}) {
    Pipeline pipeline(clip.path);
    fail_unless(pipeline.preroll());
    Recorder recorder(pipeline.src());
    GstEvent *seek =
        gst_event_new_seek(1.0, format, flush, GST_SEEK_TYPE_SET,
                           format == GST_FORMAT_TIME ? clip.time(20) : 20, GST_SEEK_TYPE_SET, -1);
    const guint32 seqnum = gst_event_get_seqnum(seek);
    fail_unless(gst_element_send_event(pipeline.src(), seek));
    pipeline.play();
    for (GstEventType type :
         {GST_EVENT_FLUSH_START, GST_EVENT_FLUSH_STOP, GST_EVENT_SEGMENT, GST_EVENT_EOS}) {
      auto events = recorder.events(type);
      fail_unless(events.size() == 1, "%zu times %s", events.size(), gst_event_type_get_name(type));
      fail_unless_equals_int(events[0].seqnum, seqnum);
    }
  }
}
GST_END_TEST;

GST_START_TEST(a_seek_to_the_end_sends_its_segment_and_eos) {
  const Clip clip(seek_clips[__i__]);
  Pipeline pipeline(clip.path);
  fail_unless(pipeline.preroll());
  Recorder recorder(pipeline.src());
  GstEvent *seek = gst_event_new_seek(1.0, GST_FORMAT_DEFAULT, flush, GST_SEEK_TYPE_END, 0,
                                      GST_SEEK_TYPE_SET, -1);
  const guint32 seqnum = gst_event_get_seqnum(seek);
  fail_unless(gst_element_send_event(pipeline.src(), seek));
  fail_unless(pipeline.play().empty());
  auto sent = recorder.sent();
  fail_unless_equals_uint64(sent.size(), 4);
  const GstEventType types[] = {GST_EVENT_FLUSH_START, GST_EVENT_FLUSH_STOP, GST_EVENT_SEGMENT,
                                GST_EVENT_EOS};
  for (size_t i = 0; i < 4; i++)
    fail_unless(sent[i].event == types[i] && sent[i].seqnum == seqnum, "event %zu", i);
  fail_unless_equals_uint64(recorder.last_segment().start, clip.time(clip.n()));
}
GST_END_TEST;

/* Running time at which a buffer begins and ends to be shown. */
static GstClockTime shown_from(const Sent &sent) {
  const GstClockTime edge =
      sent.segment.rate > 0 ? sent.frame.pts : sent.frame.pts + sent.frame.duration;
  return gst_segment_to_running_time(&sent.segment, GST_FORMAT_TIME, edge);
}
static GstClockTime shown_until(const Sent &sent) {
  const GstClockTime edge =
      sent.segment.rate > 0 ? sent.frame.pts + sent.frame.duration : sent.frame.pts;
  return gst_segment_to_running_time(&sent.segment, GST_FORMAT_TIME, edge);
}

static void expect_no_gap(const std::vector<Sent> &buffers) {
  fail_unless(!buffers.empty());

  for (size_t i = 1; i < buffers.size(); i++) {
    const gint64 gap = gint64(shown_from(buffers[i]) - shown_until(buffers[i - 1]));
    fail_unless(std::abs(gap) <= 1, "gap of %" G_GINT64_FORMAT " ns before buffer %zu", gap, i);
  }
}

static void expect_seamless_loops(const char *name, double rate) {
  const Clip clip(name);
  Pipeline pipeline(clip.path);
  fail_unless(pipeline.preroll());
  Recorder recorder(pipeline.src());
  const int passes = 4;
  guint32 seqnum = 0;
  auto seek = [&](int more_flags) {
    GstEvent *event = gst_event_new_seek(rate, GST_FORMAT_DEFAULT,
                                         GstSeekFlags(GST_SEEK_FLAG_SEGMENT | more_flags),
                                         GST_SEEK_TYPE_SET, 4, GST_SEEK_TYPE_SET, 17);
    seqnum = gst_event_get_seqnum(event);
    fail_unless(gst_element_send_event(pipeline.src(), event));
  };
  seek(GST_SEEK_FLAG_FLUSH);
  pipeline.set_state(GST_STATE_PLAYING);
  for (int pass = 0; pass < passes; pass++) {
    GstMessage *message = nullptr;
    while (!message) { /* appsink holds two, and then waits */
      GstSample *sample = pipeline.try_pull(5 * GST_MSECOND);
      if (sample)
        gst_sample_unref(sample);
      message = gst_bus_pop_filtered(pipeline.bus(),
                                     GstMessageType(GST_MESSAGE_SEGMENT_DONE | GST_MESSAGE_ERROR));
    }
    fail_unless(GST_MESSAGE_TYPE(message) == GST_MESSAGE_SEGMENT_DONE);
    GstFormat format;
    gint64 position;
    gst_message_parse_segment_done(message, &format, &position);
    fail_unless_equals_int(format, GST_FORMAT_TIME);
    fail_unless_equals_int64(position, clip.time(rate > 0 ? 17 : 4));
    gst_message_unref(message);
    while (recorder.events(GST_EVENT_SEGMENT_DONE).size() <= size_t(pass))
      g_usleep(1000); /* it comes right after the message */
    auto done = recorder.events(GST_EVENT_SEGMENT_DONE);
    fail_unless_equals_uint64(done.size(), size_t(pass) + 1);
    fail_unless_equals_int(done.back().seqnum, seqnum);
    if (pass + 1 < passes)
      seek(0);
  }
  auto buffers = recorder.buffers();
  fail_unless_equals_uint64(buffers.size(), size_t(passes) * 13);
  for (size_t i = 0; i < buffers.size(); i++)
    fail_unless_equals_uint64(buffers[i].frame.offset, rate > 0 ? 4 + i % 13 : 16 - i % 13);
  expect_no_gap(buffers);
  fail_unless(recorder.events(GST_EVENT_EOS).empty());
}

GST_START_TEST(segment_seeks_loop_without_a_gap) { expect_seamless_loops(seek_clips[__i__], 1.0); }
GST_END_TEST;

GST_START_TEST(segment_seeks_loop_without_a_gap_backwards) {
  expect_seamless_loops(seek_clips[__i__], -1.0);
}
GST_END_TEST;

GST_START_TEST(segment_seeks_loop_without_a_gap_at_another_rate) {
  expect_seamless_loops(seek_clips[__i__], 2.0);
}
GST_END_TEST;

GST_START_TEST(backwards_running_time_has_no_gap) {
  const Clip clip(seek_clips[__i__]);
  Pipeline pipeline(clip.path);
  fail_unless(pipeline.preroll());
  Recorder recorder(pipeline.src());
  fail_unless(gst_element_seek(pipeline.element(), -1.0, GST_FORMAT_TIME, flush, GST_SEEK_TYPE_SET,
                               0, GST_SEEK_TYPE_SET, -1));
  expect_frames(clip, pipeline.play(), clip.n() - 1, 0, "backwards");
  expect_no_gap(recorder.buffers());
}
GST_END_TEST;

static GstPadProbeReturn seek_on_at_frame_10(GstPad *pad, GstPadProbeInfo *info, gpointer) {
  if (GST_BUFFER_OFFSET(GST_PAD_PROBE_INFO_BUFFER(info)) != 10)
    return GST_PAD_PROBE_OK;
  GstElement *src = gst_pad_get_parent_element(pad);
  fail_unless(gst_element_seek(src, 1.0, GST_FORMAT_DEFAULT, GST_SEEK_FLAG_NONE, GST_SEEK_TYPE_SET,
                               20, GST_SEEK_TYPE_SET, -1));
  gst_object_unref(src);
  return GST_PAD_PROBE_REMOVE;
}

GST_START_TEST(a_seek_without_flush_goes_on_in_running_time) {
  const Clip clip(seek_clips[__i__]);
  Pipeline pipeline(clip.path);
  GstPad *pad = gst_element_get_static_pad(pipeline.src(), "src");
  gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, seek_on_at_frame_10, nullptr, nullptr);
  gst_object_unref(pad);
  Recorder recorder(pipeline.src());
  auto frames = pipeline.play();
  fail_unless(frames.size() == size_t(11 + clip.n() - 20), "%zu frames", frames.size());
  expect_frames(clip, {frames.begin(), frames.begin() + 11}, 0, 10, "before");
  expect_frames(clip, {frames.begin() + 11, frames.end()}, 20, clip.n() - 1, "after");
  expect_no_gap(recorder.buffers());
  fail_unless(recorder.events(GST_EVENT_FLUSH_START).empty());
}
GST_END_TEST;

GST_START_TEST(the_rate_changes_at_once) {
  const Clip clip("h264-b.mp4");
  Pipeline pipeline(clip.path);
  fail_unless(pipeline.preroll());
  Recorder recorder(pipeline.src());
  auto change = [&](double rate) {
    GstEvent *event = gst_event_new_seek(rate, GST_FORMAT_TIME, GST_SEEK_FLAG_INSTANT_RATE_CHANGE,
                                         GST_SEEK_TYPE_NONE, 0, GST_SEEK_TYPE_NONE, 0);
    const guint32 seqnum = gst_event_get_seqnum(event);
    return gst_element_send_event(pipeline.src(), event) ? seqnum : 0;
  };
  const guint32 seqnum = change(2.0);
  fail_unless(seqnum != 0);
  auto changes = recorder.events(GST_EVENT_INSTANT_RATE_CHANGE);
  fail_unless_equals_uint64(changes.size(), 1);
  fail_unless_equals_int(changes[0].seqnum, seqnum);
  fail_unless_equals_float(changes[0].multiplier, 2.0);
  fail_unless(change(-1.0) == 0, "turning back is no change of rate");
  fail_unless(recorder.events(GST_EVENT_SEGMENT).empty());
}
GST_END_TEST;

/* ---- Others at the same time ------------------------------------------------------------------
 */

GST_START_TEST(steps_in_paused_show_frame_after_frame) {
  const Clip clip(seek_clips[__i__]);
  Pipeline pipeline(clip.path);
  fail_unless(pipeline.preroll());
  gst_sample_unref(pipeline.pull_preroll());
  expect_frames(clip, {pipeline.seek(clip.time(8))}, 8, 8, "before stepping");
  gint64 at = 8;
  for (int by : {1, 1, 3, 2}) {
    fail_unless(gst_element_send_event(
        pipeline.element(), gst_event_new_step(GST_FORMAT_BUFFERS, by, 1.0, TRUE, FALSE)));
    GstSample *sample = pipeline.pull_preroll();
    at += by;
    expect_frames(clip, {Pipeline::frame_of(sample)}, at, at, "stepped");
    gst_sample_unref(sample);
  }
}
GST_END_TEST;

GST_START_TEST(seeks_from_two_threads_leave_the_last_in_force) {
  const Clip clip(seek_clips[__i__]);
  Pipeline pipeline(clip.path);
  fail_unless(pipeline.preroll());
  auto storm = [&](guint32 seed, GstElement *target) {
    GRand *random = g_rand_new_with_seed(seed);
    for (int i = 0; i < 60; i++) {
      const bool in_frames = g_rand_boolean(random);
      const gint64 start = g_rand_int_range(random, 0, gint32(clip.n()));
      const double rate = g_rand_boolean(random) ? 1.0 : -1.0;
      const int flags = g_rand_boolean(random) ? GST_SEEK_FLAG_KEY_UNIT : GST_SEEK_FLAG_ACCURATE;
      const GstSeekType type =
          g_rand_int_range(random, 0, 4) ? GST_SEEK_TYPE_SET : GST_SEEK_TYPE_NONE;
      gst_element_seek(target, rate, in_frames ? GST_FORMAT_DEFAULT : GST_FORMAT_TIME,
                       with_flush(flags), type, in_frames ? start : clip.time(start),
                       GST_SEEK_TYPE_SET, -1);
    }
    g_rand_free(random);
  };
  std::thread one(storm, 1, pipeline.element()), other(storm, 2, pipeline.src());
  one.join();
  other.join();
  fail_unless(gst_bus_pop_filtered(pipeline.bus(), GST_MESSAGE_ERROR) == nullptr);
  fail_unless(gst_element_seek(pipeline.element(), 1.0, GST_FORMAT_DEFAULT, flush,
                               GST_SEEK_TYPE_SET, 9, GST_SEEK_TYPE_SET, 14));
  expect_frames(clip, pipeline.play(), 9, 13, "after the storm");
}
GST_END_TEST;

/* ---- Ranges and passes ------------------------------------------------------------------------
 */

GST_START_TEST(seeks_stay_within_the_range) {
  const Clip clip(seek_clips[__i__]);
  Pipeline pipeline(clip.path, "start-frame=5 stop-frame=-5");
  fail_unless(pipeline.preroll());
  struct {
    double rate;
    GstFormat format;
    gint64 start, stop, first, last;
  } const seeks[] = {
      {1, GST_FORMAT_TIME, 0, -1, 5, clip.n() - 6},
      {1, GST_FORMAT_DEFAULT, 0, clip.n(), 5, clip.n() - 6},
      {1, GST_FORMAT_DEFAULT, 8, 11, 8, 10},
      {-1, GST_FORMAT_TIME, 0, -1, clip.n() - 6, 5},
      {-1, GST_FORMAT_DEFAULT, 2, clip.n(), clip.n() - 6, 5},
      {1, GST_FORMAT_DEFAULT, clip.n() - 2, -1, -1, -1},
  };
  for (auto &seek : seeks) {
    pipeline.set_state(GST_STATE_PAUSED);
    fail_unless(gst_element_seek(pipeline.element(), seek.rate, seek.format, flush,
                                 GST_SEEK_TYPE_SET, seek.start, GST_SEEK_TYPE_SET, seek.stop));
    expect_frames(clip, pipeline.play(), seek.first, seek.last, "in the range");
  }
}
GST_END_TEST;

static void expect_passes(const Clip &clip, const char *properties, gint64 first, gint64 last,
                          size_t passes) {
  Pipeline pipeline(clip.path, properties);
  Recorder recorder(pipeline.src());
  auto frames = pipeline.play();
  const size_t count = size_t(last - first + 1);
  fail_unless_equals_uint64(frames.size(), passes * count);
  for (size_t pass = 0; pass < passes; pass++)
    expect_frames(clip, {frames.begin() + pass * count, frames.begin() + (pass + 1) * count}, first,
                  last, properties);
  expect_no_gap(recorder.buffers());
  fail_unless_equals_uint64(recorder.events(GST_EVENT_SEGMENT).size(), passes);
  fail_unless_equals_uint64(recorder.events(GST_EVENT_EOS).size(), 1);
  fail_unless(recorder.events(GST_EVENT_FLUSH_START).empty());
}

GST_START_TEST(passes_follow_each_other_without_a_gap) {
  const Clip clip(seek_clips[__i__]);
  expect_passes(clip, "loop=3", 0, clip.n() - 1, 3);
  expect_passes(clip, "loop=3 start-frame=4 stop-frame=9", 4, 8, 3);
  expect_passes(clip, "loop=2 stop-frame=9", 0, 8, 2);
  expect_passes(clip, "loop=2 start-frame=-3", clip.n() - 3, clip.n() - 1, 2);
}
GST_END_TEST;

GST_START_TEST(passes_go_backwards_as_well) {
  const Clip clip(seek_clips[__i__]);
  Pipeline pipeline(clip.path, "loop=2 start-frame=4 stop-frame=9");
  Recorder recorder(pipeline.src());
  fail_unless(pipeline.preroll());
  recorder.clear();
  fail_unless(gst_element_seek(pipeline.element(), -1.0, GST_FORMAT_TIME, flush, GST_SEEK_TYPE_NONE,
                               0, GST_SEEK_TYPE_SET, -1));
  auto frames = pipeline.play();
  fail_unless_equals_uint64(frames.size(), 10);
  for (size_t i = 0; i < frames.size(); i++)
    fail_unless_equals_uint64(frames[i].offset, 8 - i % 5);
  expect_no_gap(recorder.buffers());
}
GST_END_TEST;

GST_START_TEST(a_loop_for_ever_goes_on_until_a_stop_is_asked_for) {
  const Clip clip("h264-b.mp4");
  Pipeline pipeline(clip.path, "loop=-1 start-frame=4 stop-frame=9");
  pipeline.set_state(GST_STATE_PLAYING);
  for (size_t i = 0; i < 100; i++) {
    GstSample *sample = pipeline.pull();
    fail_unless(sample != nullptr);
    fail_unless_equals_uint64(Pipeline::frame_of(sample).offset, 4 + i % 5);
    gst_sample_unref(sample);
  }
  pipeline.set_state(GST_STATE_PAUSED);
  fail_unless(gst_element_seek(pipeline.element(), 1.0, GST_FORMAT_DEFAULT, flush,
                               GST_SEEK_TYPE_SET, 5, GST_SEEK_TYPE_SET, 7));
  expect_frames(clip, pipeline.play(), 5, 6, "to a stop");
}
GST_END_TEST;

GST_START_TEST(a_loop_of_no_pass_is_an_error) {
  Pipeline pipeline(media("h264-b.mp4"), "loop=0");
  expect_error(pipeline, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS, "loop");
}
GST_END_TEST;

static Suite *containersrc_seek_suite() {
  Suite *suite = suite_create("containersrc-seek");
  TCase *kinds = tcase_create("kinds");
  suite_add_tcase(suite, kinds);
  tcase_add_loop_test(kinds, every_type_of_start_and_stop_in_time, 0, n_seek_clips);
  tcase_add_loop_test(kinds, every_type_of_start_and_stop_in_frames, 0, n_seek_clips);
  tcase_add_loop_test(kinds, a_negative_frame_counts_from_the_end, 0, n_seek_clips);
  tcase_add_loop_test(kinds, seeks_in_ready_are_where_playing_begins, 0, n_seek_clips);

  TCase *places = tcase_create("places");
  suite_add_tcase(suite, places);
  tcase_add_loop_test(places, a_time_within_a_frame_finds_it_and_is_where_the_segment_starts, 0,
                      n_seek_clips);
  tcase_add_loop_test(places, key_unit_seeks_snap_each_way, 0, n_seek_clips);
  tcase_add_test(places, key_frames_of_a_clip_of_known_gops_are_known);
  tcase_add_loop_test(places, no_frame_begins_at_or_after_the_stop, 0, n_seek_clips);
  tcase_add_loop_test(places, trick_mode_shows_key_frames_only, 0, n_seek_clips);
  tcase_add_test(places, a_frame_that_is_not_there_is_refused_and_named);
  tcase_add_test(places, a_frame_that_turns_out_not_to_be_there_is_an_error);
  tcase_add_test(places, what_makes_no_sense_is_refused);

  TCase *segments = tcase_create("segments");
  suite_add_tcase(suite, segments);
  tcase_add_loop_test(segments, all_that_follows_a_seek_has_its_seqnum, 0, n_seek_clips);
  tcase_add_loop_test(segments, a_seek_to_the_end_sends_its_segment_and_eos, 0, n_seek_clips);
  tcase_add_loop_test(segments, segment_seeks_loop_without_a_gap, 0, n_seek_clips);
  tcase_add_loop_test(segments, segment_seeks_loop_without_a_gap_backwards, 0, n_seek_clips);
  tcase_add_loop_test(segments, segment_seeks_loop_without_a_gap_at_another_rate, 0, n_seek_clips);
  tcase_add_loop_test(segments, backwards_running_time_has_no_gap, 0, n_seek_clips);
  tcase_add_loop_test(segments, a_seek_without_flush_goes_on_in_running_time, 0, n_seek_clips);
  tcase_add_test(segments, the_rate_changes_at_once);

  TCase *others = tcase_create("others");
  suite_add_tcase(suite, others);
  tcase_add_loop_test(others, steps_in_paused_show_frame_after_frame, 0, n_seek_clips);
  tcase_add_loop_test(others, seeks_from_two_threads_leave_the_last_in_force, 0, n_seek_clips);

  TCase *ranges = tcase_create("ranges");
  suite_add_tcase(suite, ranges);
  tcase_add_loop_test(ranges, seeks_stay_within_the_range, 0, n_seek_clips);
  tcase_add_loop_test(ranges, passes_follow_each_other_without_a_gap, 0, n_seek_clips);
  tcase_add_loop_test(ranges, passes_go_backwards_as_well, 0, n_seek_clips);
  tcase_add_test(ranges, a_loop_for_ever_goes_on_until_a_stop_is_asked_for);
  tcase_add_test(ranges, a_loop_of_no_pass_is_an_error);
  return suite;
}

GST_CHECK_MAIN(containersrc_seek)
