/* gst-framewise: changes to a running graphfilter.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "livebench.hpp"

#include <atomic>
#include <cstring>
#include <thread>

using namespace filterbench;

namespace {

/* ---- Filters ----------------------------------------------------------------------------------
 */

struct Swap {
  const char *before, *after;
};
const Swap swaps[] = {
    {"hflip", "vflip"},         {"yadif", "hflip"},        {"reverse", "vflip"},
    {"tmix=frames=5", "yadif"}, {"atadenoise", "reverse"}, {"null", "tmix=frames=3"},
    {"hflip", "scale=64:48"},   {"yadif", "format=rgb24"},
};

} // namespace

/* A second thread that is at the element all the time, with what must not change anything. */
class Load {
 public:
  explicit Load(GstElement *element)
      : thread_([this, element] {
          while (!done_) {
            set_filters(element, "hflip,nosuch");
            send_command(element, "all", "nosuch", "1");
            char *dot;
            g_object_get(element, "graph-dot", &dot, nullptr);
            g_free(dot);
          }
        }) {}
  ~Load() {
    done_ = true;
    thread_.join();
  }

 private:
  std::atomic<bool> done_{false};
  std::thread thread_;
};

GST_START_TEST(filters_take_over_at_any_frame_with_none_lost_or_doubled) {
  const Swap &swap = swaps[__i__];
  for (int at = 0; at <= clip.frames; at++) {
    Bench bench(swap.before);
    Bus bus(bench.harness->element);
    Load load(bench.harness->element);
    bench.set_caps(params_of(clip));
    std::vector<Frame> got;
    int i = 0;
    for (GstBuffer *buffer : numbered_buffers(clip)) {
      if (i++ == at)
        fail_unless(set_filters(bench.harness->element, swap.after));
      bench.push(buffer);
      if (i - 1 == at && at > 0) {
        /* What the filters before still held came out under the old caps. */
        std::vector<BufferPtr> buffers;
        while (BufferPtr one{gst_harness_try_pull(bench.harness)})
          buffers.push_back(std::move(one));
        for (auto &one : buffers) {
          const GstVideoMeta *meta = gst_buffer_get_video_meta(one.get());
          VideoParams params = params_of(clip);
          if (int(meta->width) != params.width || to_av_format(meta->format) != params.format)
            params = bench.output();
          got.push_back(frame_of(one.get(), params));
        }
      } else if (i - 1 < at) {
        for (auto &frame : take_frames(bench))
          got.push_back(frame);
      }
    }
    if (at == clip.frames)
      fail_unless(set_filters(bench.harness->element, swap.after));
    bench.eos();
    for (auto &frame : take_frames(bench))
      got.push_back(frame);
    bus.expect_no_error();

    auto expected = frames_through(swap.before, clip, 0, at);
    for (auto &frame : frames_through(swap.after, clip, at, clip.frames))
      expected.push_back(frame);
    fail_unless(got.size() == expected.size(), "%s to %s at %d: %zu frames, not %zu", swap.before,
                swap.after, at, got.size(), expected.size());
    for (size_t k = 0; k < got.size(); k++) {
      fail_unless(got[k].number == expected[k].number && got[k].md5 == expected[k].md5,
                  "%s to %s at %d: frame %zu is %" G_GINT64_FORMAT ", not %" G_GINT64_FORMAT
                  ", or not its picture",
                  swap.before, swap.after, at, k, got[k].number, expected[k].number);
      fail_unless_equals_uint64(got[k].pts, expected[k].pts);
      fail_unless(k == 0 || got[k].pts > got[k - 1].pts);
    }
  }
}
GST_END_TEST

GST_START_TEST(filters_are_changed_from_another_thread_under_load) {
  static const char *const filters[] = {"yadif",       "hflip", "tmix=frames=4", "reverse",
                                        "scale=64:48", "[null", "vflip,hflip",   "nosuch",
                                        "hue=h=3",     nullptr};
  Bench bench("hflip");
  GstElement *element = bench.harness->element;
  Bus bus(element);
  bench.set_caps(params_of(clip));
  std::atomic<bool> done{false};
  std::atomic<int> taken{0}, refused{0};
  std::thread other([&] {
    for (size_t i = 0; !done; i++) {
      const char *sequence = filters[i % G_N_ELEMENTS(filters)];
      (set_filters(element, sequence) ? taken : refused)++;
      send_command(element, i % 3 ? "all" : "hue", "h", "20");
      char *dump;
      g_object_get(element, "graph-dump", &dump, nullptr);
      g_free(dump);
      while (GstMessage *message = gst_bus_pop_filtered(
                 bus.bus,
                 GstMessageType(GST_MESSAGE_WARNING | GST_MESSAGE_ELEMENT | GST_MESSAGE_LATENCY)))
        gst_message_unref(message);
      std::this_thread::yield();
    }
  });
  constexpr int frames = 600;
  gint64 wanted_sum = 0;
  auto source = buffers_of(clip);
  for (int i = 0; i < frames || taken < 30 || refused < 5; i++) {
    GstBuffer *buffer = gst_buffer_copy(source[i % source.size()]);
    GST_BUFFER_PTS(buffer) = i * 40 * GST_MSECOND;
    number(buffer, i);
    wanted_sum++;
    bench.push(buffer);
  }
  done = true;
  other.join();
  bench.eos();
  for (GstBuffer *buffer : source)
    gst_buffer_unref(buffer);
  bus.expect_no_error();

  std::vector<bool> seen(wanted_sum);
  GstClockTime last = GST_CLOCK_TIME_NONE;
  while (BufferPtr buffer{gst_harness_try_pull(bench.harness)}) {
    gint64 n = number_of(buffer.get());
    fail_unless(n >= 0 && n < wanted_sum && !seen[n], "frame %" G_GINT64_FORMAT " twice", n);
    seen[n] = true;
    fail_unless(!GST_CLOCK_TIME_IS_VALID(last) || GST_BUFFER_PTS(buffer.get()) > last);
    last = GST_BUFFER_PTS(buffer.get());
  }
  for (size_t i = 0; i < seen.size(); i++)
    fail_unless(seen[i], "frame %zu is lost", i);
}
GST_END_TEST

GST_START_TEST(times_never_go_back_where_filters_take_over) {
  static const char *const slow[] = {"setpts=3*PTS", "tpad=stop=5", "setpts=PTS+2/TB"};
  Bench bench(slow[__i__]);
  bench.set_caps(params_of(clip));
  int i = 0;
  for (GstBuffer *buffer : numbered_buffers(clip)) {
    if (i++ == 4)
      fail_unless(set_filters(bench.harness->element, "null"));
    bench.push(buffer);
  }
  bench.eos();
  auto frames = take_frames(bench);
  fail_unless_equals_int(frames.size(), clip.frames + (__i__ == 1 ? 5 : 0));
  for (size_t k = 1; k < frames.size(); k++)
    fail_unless(frames[k].pts > frames[k - 1].pts, "frame %zu goes back", k);
  if (__i__ == 1) /* back in time as soon as may be */
    fail_unless_equals_uint64(frames.back().pts, (clip.frames - 1) * 40 * GST_MSECOND);
}
GST_END_TEST

GST_START_TEST(filters_that_never_end_end_where_others_take_over) {
  static const char *const endless[] = {"[video_in]tpad=stop=-1[video_out]",
                                        "color=s=176x144:r=25[c];[c][video_in]vstack[video_out]"};
  Bench bench(nullptr, endless[__i__]);
  bench.set_caps(params_of(clip));
  int i = 0;
  for (GstBuffer *buffer : numbered_buffers(clip)) {
    if (i++ == 6)
      fail_unless(set_filters(bench.harness->element, "hflip"));
    bench.push(buffer);
  }
  bench.eos();
  auto frames = take_frames(bench);
  fail_unless_equals_int(frames.size(), clip.frames);
  for (i = 6; i < clip.frames; i++)
    fail_unless_equals_int64(frames[i].number, i);
}
GST_END_TEST

GST_START_TEST(filters_that_take_no_more_input_can_be_changed) {
  Bench bench("loop=-1:3:2");
  bench.set_caps(params_of(clip));
  auto buffers = numbered_buffers(clip);
  std::atomic<unsigned> pushed{0};
  std::thread streaming([&] {
    for (GstBuffer *buffer : buffers) {
      bench.push(buffer);
      pushed++;
    }
  });
  while (bench.received() < 50)
    std::this_thread::yield();
  fail_unless(pushed < 6);
  fail_unless(set_filters(bench.harness->element, "hflip"));
  streaming.join();
  auto frames = take_frames(bench);
  fail_unless_equals_int64(frames.back().number, clip.frames - 1);
}
GST_END_TEST

struct Refusal {
  const char *sequence, *graph, *said;
};
static const Refusal refusals[] = {
    {"nosuch", nullptr, "No filter `nosuch`"},
    {"scale=nosuch=3", nullptr, "no option `nosuch`"},
    {"yadif=mode=sometimes", nullptr, "`mode=sometimes`"},
    {"crop=5000:5000", nullptr, "cannot be configured"},
    {nullptr, "[video_in]split[a][b];[a]hflip[video_out]", "`[b]`"},
    {"hflip", "nosuch", "No filter `nosuch`"},
};

GST_START_TEST(bad_filters_are_refused_and_the_old_ones_run_on) {
  const Refusal &bad = refusals[__i__];
  Bench bench("hflip");
  GstElement *element = bench.harness->element;
  Bus bus(element);
  bench.set_caps(params_of(clip));
  int i = 0;
  for (GstBuffer *buffer : numbered_buffers(clip)) {
    if (i++ == 5) {
      fail_unless(!set_filters(element, bad.sequence, bad.graph));
      std::string said = bus.warning();
      EXPECT_SAID(said, bad.said);
      EXPECT_SAID(said, "The filters stay as they were.");
      expect_text(sequence_of(element), "hflip");
      if (bad.sequence && !bad.graph) {
        g_object_set(element, "filter-sequence", bad.sequence, nullptr);
        EXPECT_SAID(bus.warning(), bad.said);
        expect_text(sequence_of(element), "hflip");
      }
    }
    bench.push(buffer);
  }
  bench.eos();
  auto frames = take_frames(bench), expected = frames_through("hflip", clip, 0, clip.frames);
  fail_unless_equals_int(frames.size(), expected.size());
  for (size_t k = 0; k < frames.size(); k++)
    fail_unless(frames[k].md5 == expected[k].md5);
  bus.expect_no_error();
}
GST_END_TEST

GST_START_TEST(filters_that_downstream_does_not_go_with_are_refused_by_the_stream) {
  Bench bench("hflip", nullptr, Downstream::takes_video_meta, "video/x-raw,width=176");
  GstElement *element = bench.harness->element;
  Bus bus(element);
  bench.set_caps(params_of(clip));
  int i = 0;
  for (GstBuffer *buffer : numbered_buffers(clip)) {
    if (i++ == 5)
      fail_unless(set_filters(element, "scale=64:48"));
    bench.push(buffer);
  }
  EXPECT_SAID(bus.warning(), "width=64");
  expect_text(sequence_of(element), "hflip");
  fail_unless_equals_int(bench.received(), clip.frames);
  bus.expect_no_error();
}
GST_END_TEST

GST_START_TEST(properties_set_while_running_take_over_too) {
  Bench bench("hflip");
  GstElement *element = bench.harness->element;
  bench.set_caps(params_of(clip));
  auto buffers = numbered_buffers(clip);
  for (int i = 0; i < clip.frames; i++) {
    if (i == 4)
      g_object_set(element, "filter-sequence", "[[\"scale\", {\"w\": 88, \"h\": 72}]]",
                   "filter-graph", "[video_in]split[a][b];[a][b]hstack[video_out]", nullptr);
    bench.push(buffers[i]);
    fail_unless_equals_int(take_frames(bench).at(0).width, 176);
    fail_unless_equals_int(bench.output().height, i < 4 ? 144 : 72);
  }
}
GST_END_TEST

GST_START_TEST(filters_come_and_go_in_an_element_that_has_none) {
  Bench bench(nullptr);
  GstElement *element = bench.harness->element;
  Bus bus(element);
  bench.set_caps(params_of(clip));
  auto buffers = numbered_buffers(clip);
  std::vector<Frame> frames;
  for (int i = 0; i < clip.frames; i++) {
    if (i == 3)
      fail_unless(set_filters(element, "scale=64:48"));
    if (i == 6)
      fail_unless(set_filters(element, nullptr));
    if (i == 9)
      fail_unless(set_filters(element, "", "[video_in]vflip[video_out]"));
    bench.push(buffers[i]);
    frames.push_back(take_frames(bench).at(0));
  }
  fail_unless_equals_int(frames[2].width, 176);
  fail_unless_equals_int(frames[5].width, 64);
  auto plain = frames_through("null", clip, 0, clip.frames);
  fail_unless(frames[7].md5 == plain[7].md5);
  fail_unless(frames[10].md5 == frames_through("vflip", clip, 0, clip.frames)[10].md5);
  bus.expect_no_error();
}
GST_END_TEST

GST_START_TEST(filters_go_on_where_others_had_had_enough) {
  Bench bench("trim=end_frame=3");
  bench.set_caps(params_of(clip));
  auto buffers = numbered_buffers(clip);
  GstFlowReturn flow = GST_FLOW_OK;
  int i = 0;
  for (; flow == GST_FLOW_OK; i++)
    flow = gst_harness_push(bench.harness, buffers[i]);
  fail_unless_equals_int(flow, GST_FLOW_EOS);
  fail_unless(set_filters(bench.harness->element, "hflip"));
  for (; i < clip.frames; i++)
    bench.push(buffers[i]);
  auto frames = take_frames(bench);
  fail_unless(frames.size() >= 10);
  fail_unless_equals_int64(frames.back().number, clip.frames - 1);
}
GST_END_TEST

GST_START_TEST(a_change_waits_for_the_caps_that_come_next) {
  static const Clip small_clip = {"yuv420p", 64, 48, 6};
  Bench bench("crop=100:100");
  GstElement *element = bench.harness->element;
  Bus bus(element);
  bench.set_caps(params_of(clip));
  for (GstBuffer *buffer : numbered_buffers(clip))
    bench.push(buffer);
  /* 100x100 could not be cut out of the next caps. */
  fail_unless(set_filters(element, "reverse"));
  bench.set_caps(params_of(small_clip));
  for (GstBuffer *buffer : numbered_buffers(small_clip))
    bench.push(buffer);
  bench.eos();
  fail_unless_equals_int(bench.received(), clip.frames + small_clip.frames);
  bus.expect_no_error();
}
GST_END_TEST

GST_START_TEST(who_takes_over_is_told) {
  Bench bench("hflip");
  GstElement *element = bench.harness->element;
  Bus bus(element);
  bench.set_caps(params_of(clip));
  auto buffers = numbered_buffers(clip);
  for (int i = 0; i < clip.frames; i++) {
    if (i == 5) {
      fail_unless(!bus.element_message("graphfilter-reconfigured"));
      fail_unless(set_filters(element, "scale=64:48", "null"));
    }
    bench.push(buffers[i]);
  }
  StructurePtr fields = bus.element_message("graphfilter-reconfigured");
  fail_unless(bool(fields));
  guint64 running_time;
  fail_unless(gst_structure_get_uint64(fields.get(), "running-time", &running_time));
  fail_unless_equals_uint64(running_time, 200 * GST_MSECOND);
  EXPECT_SAID(gst_structure_get_string(fields.get(), "graph"), "64x48");
  fail_unless_equals_string(gst_structure_get_string(fields.get(), "filter-sequence"),
                            "scale=64:48");
  fail_unless_equals_string(gst_structure_get_string(fields.get(), "filter-graph"), "null");
  fail_unless(!bus.element_message("graphfilter-reconfigured"));
}
GST_END_TEST

GST_START_TEST(latency_follows_the_filters) {
  Bench bench("tmix=frames=1,yadif");
  bench.set_caps(params_of(clip));
  auto buffers = numbered_buffers(clip);
  for (int i = 0; i < clip.frames; i++) {
    if (i == 6) {
      fail_unless_equals_uint64(gst_harness_query_latency(bench.harness), 40 * GST_MSECOND);
      fail_unless(set_filters(bench.harness->element, "hflip"));
    }
    bench.push(buffers[i]);
  }
  fail_unless_equals_uint64(gst_harness_query_latency(bench.harness), 0);
}
GST_END_TEST

/* ---- Storms -----------------------------------------------------------------------------------
 */

static gboolean ends_without_error(GstElement *pipeline) {
  GstBus *bus = gst_element_get_bus(pipeline);
  GstMessage *message = gst_bus_timed_pop_filtered(
      bus, 60 * GST_SECOND, GstMessageType(GST_MESSAGE_ERROR | GST_MESSAGE_EOS));
  gboolean ended = message && GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS;
  if (message && !ended) {
    GError *error;
    gst_message_parse_error(message, &error, nullptr);
    g_printerr("%s\n", error->message);
    g_error_free(error);
  }
  gst_clear_message(&message);
  gst_object_unref(bus);
  return ended;
}

GST_START_TEST(flushes_and_changes_storm_through) {
  static const char *const filters[] = {"yadif", "minterpolate=fps=50:mi_mode=blend", "reverse",
                                        "fps=60,tmix", "scale=64:48"};
  GstElement *pipeline = gst_parse_launch(
      "videotestsrc num-buffers=2000 ! video/x-raw,width=64,height=48,framerate=25/1 ! graphfilter "
      "name=f filter-sequence=tmix ! queue max-size-buffers=4 ! fakesink sync=false",
      nullptr);
  GstElement *filter = gst_bin_get_by_name(GST_BIN(pipeline), "f");
  gst_element_set_state(pipeline, GST_STATE_PAUSED);
  gst_element_get_state(pipeline, nullptr, nullptr, GST_CLOCK_TIME_NONE);
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; t++)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 60; i++) {
        gst_element_seek_simple(pipeline, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH,
                                ((i * 7 + t) % 30) * GST_SECOND);
        set_filters(filter, filters[(i + t) % G_N_ELEMENTS(filters)]);
        send_command(filter, "all", "h", "3");
        if (i % 5 == 0)
          g_usleep(1000);
      }
    });
  for (auto &thread : threads)
    thread.join();
  gst_element_seek_simple(pipeline, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, 70 * GST_SECOND);
  fail_unless(ends_without_error(pipeline));
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(filter);
  gst_object_unref(pipeline);
}
GST_END_TEST

static Suite *live_suite(void) {
  Suite *suite = suite_create("graphfilter-live");
  auto add_case = [&](const char *name) {
    TCase *tc = tcase_create(name);
    suite_add_tcase(suite, tc);
    return tc;
  };

  TCase *filters = add_case("filters");
  tcase_add_loop_test(filters, filters_take_over_at_any_frame_with_none_lost_or_doubled, 0,
                      G_N_ELEMENTS(swaps));
  tcase_add_test(filters, filters_are_changed_from_another_thread_under_load);
  tcase_add_loop_test(filters, times_never_go_back_where_filters_take_over, 0, 3);
  tcase_add_loop_test(filters, filters_that_never_end_end_where_others_take_over, 0, 2);
  tcase_add_test(filters, filters_that_take_no_more_input_can_be_changed);
  tcase_add_loop_test(filters, bad_filters_are_refused_and_the_old_ones_run_on, 0,
                      G_N_ELEMENTS(refusals));
  tcase_add_test(filters, filters_that_downstream_does_not_go_with_are_refused_by_the_stream);
  tcase_add_test(filters, properties_set_while_running_take_over_too);
  tcase_add_test(filters, filters_come_and_go_in_an_element_that_has_none);
  tcase_add_test(filters, filters_go_on_where_others_had_had_enough);
  tcase_add_test(filters, a_change_waits_for_the_caps_that_come_next);
  tcase_add_test(filters, who_takes_over_is_told);
  tcase_add_test(filters, latency_follows_the_filters);

  TCase *storms = add_case("storms");
  tcase_add_test(storms, flushes_and_changes_storm_through);
  return suite;
}

int main(int argc, char **argv) {
  gst_check_init(&argc, &argv);
  scratch_folder();
  int failed = gst_check_run_suite(live_suite(), "graphfilter-live", __FILE__);
  remove_scratch_folder();
  return failed;
}
