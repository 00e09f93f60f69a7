/* gst-framewise: graphfilter as an element among others: events, queries, caps, messages.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "filterbench.hpp"

#include <gst/framewise/framewise.h>

#include <cstring>

using namespace filterbench;

namespace {

const Clip clip = {"yuv420p", 176, 144, 12};

GstMessage *pop_element_message(GstBus *bus, const char *name) {
  while (GstMessage *message = gst_bus_pop_filtered(bus, GST_MESSAGE_ELEMENT)) {
    if (gst_message_has_name(message, name))
      return message;
    gst_message_unref(message);
  }
  return nullptr;
}

int count_element_messages(GstBus *bus, const char *name) {
  int n = 0;
  while (GstMessage *message = pop_element_message(bus, name)) {
    gst_message_unref(message);
    n++;
  }
  return n;
}

struct WithBus {
  Bench &bench;
  GstBus *bus = gst_bus_new();
  explicit WithBus(Bench &b) : bench(b) { gst_element_set_bus(b.harness->element, bus); }
  ~WithBus() {
    gst_element_set_bus(bench.harness->element, nullptr);
    gst_object_unref(bus);
  }
};

const char *found_by_filters(GstBuffer *buffer, const char *item) {
  const GstStructure *fields = gst_framewise_buffer_get_filter_meta(buffer);
  return fields ? gst_structure_get_string(fields, item) : nullptr;
}

} // namespace

/* ---- What filters find ------------------------------------------------------------------------
 */

struct Finder {
  const char *filter, *item;
};
static const Finder finders[] = {{"signalstats", "lavfi.signalstats.YAVG"},
                                 {"cropdetect=skip=0:round=2", "lavfi.cropdetect.w"},
                                 {"blackdetect=d=0.01:pix_th=1:pic_th=0", "lavfi.black_start"},
                                 {"yadif,signalstats", "lavfi.signalstats.YAVG"}};

GST_START_TEST(what_filters_find_is_on_the_buffer_and_posted) {
  const Finder &finder = finders[__i__];
  Bench bench(finder.filter);
  WithBus with(bench);
  bench.set_caps(params_of(clip));
  bench.push_all(clip);
  bench.eos();
  BufferPtr frame = bench.pull();
  const char *value = found_by_filters(frame.get(), finder.item);
  fail_unless(value != nullptr, "no %s", finder.item);

  GstMessage *message = pop_element_message(with.bus, "graphfilter-metadata");
  fail_unless(message != nullptr);
  const GstStructure *fields = gst_message_get_structure(message);
  guint64 timestamp, stream_time, running_time, duration;
  fail_unless(gst_structure_get(fields, "timestamp", G_TYPE_UINT64, &timestamp, "stream-time",
                                G_TYPE_UINT64, &stream_time, "running-time", G_TYPE_UINT64,
                                &running_time, "duration", G_TYPE_UINT64, &duration, nullptr));
  fail_unless_equals_uint64(timestamp, GST_BUFFER_PTS(frame.get()));
  fail_unless_equals_uint64(stream_time, timestamp);
  fail_unless_equals_uint64(running_time, timestamp);
  fail_unless_equals_uint64(duration, 40 * GST_MSECOND);
  const GstStructure *found = gst_value_get_structure(gst_structure_get_value(fields, "metadata"));
  fail_unless_equals_string(gst_structure_get_string(found, finder.item), value);
  gst_message_unref(message);
}
GST_END_TEST

GST_START_TEST(nothing_found_is_no_meta_and_no_message) {
  Bench bench("hflip");
  WithBus with(bench);
  bench.set_caps(params_of(clip));
  bench.push_all(clip);
  fail_unless(gst_framewise_buffer_get_filter_meta(bench.pull().get()) == nullptr);
  fail_unless_equals_int(count_element_messages(with.bus, "graphfilter-metadata"), 0);
}
GST_END_TEST

GST_START_TEST(messages_can_be_switched_off) {
  Bench bench("signalstats");
  WithBus with(bench);
  g_object_set(bench.harness->element, "post-messages", FALSE, nullptr);
  bench.set_caps(params_of(clip));
  bench.push_all(clip);
  fail_unless(found_by_filters(bench.pull().get(), "lavfi.signalstats.YAVG") != nullptr);
  fail_unless_equals_int(count_element_messages(with.bus, "graphfilter-metadata"), 0);
}
GST_END_TEST

GST_START_TEST(what_was_found_before_goes_into_the_filters_and_is_not_posted_again) {
  Bench finds("signalstats");
  finds.set_caps(params_of(clip));
  finds.push_all(clip);
  /* passes on only frames of which the filter before has found that */
  Bench selects("metadata=select:lavfi.signalstats.YMAX:value=0:function=greater");
  WithBus with(selects);
  selects.set_caps(params_of(clip));
  for (int i = 0; i < clip.frames; i++)
    selects.push(finds.pull().release());
  selects.eos();
  fail_unless_equals_int(selects.received(), clip.frames);
  BufferPtr buffer = selects.pull();
  fail_unless(found_by_filters(buffer.get(), "lavfi.signalstats.YMAX") != nullptr);
  int metas = 0;
  gst_buffer_foreach_meta(
      buffer.get(),
      [](GstBuffer *, GstMeta **meta, gpointer n) {
        *static_cast<int *>(n) += (*meta)->info == gst_framewise_filter_meta_get_info();
        return gboolean(TRUE);
      },
      &metas);
  fail_unless_equals_int(metas, 1);
  fail_unless_equals_int(count_element_messages(with.bus, "graphfilter-metadata"), 0);
}
GST_END_TEST

/* ---- The graph, drawn -------------------------------------------------------------------------
 */

static std::string dot_of(GstElement *element) {
  char *text;
  g_object_get(element, "graph-dot", &text, nullptr);
  CString owned(text);
  return text ? text : "";
}

GST_START_TEST(graphviz_draws_the_graph) {
  static const char *const graphs[] = {
      "[video_in]split[a][b];[b]hflip@left,scale=64:48,pad=176:144[c];[a][c]hstack[video_out]",
      "[video_in]metadata=add:key='say \"x\"':value='a<b>{c|d}\\n'[video_out]",
      ("[video_in]geq=lum='if(gt(X\\,W/2)\\,lum(X\\,Y)\\,0)':cb=128:cr=128,"
       "fps=30000/1001[video_out]")};
  Bench bench(nullptr, graphs[__i__], Downstream::takes_video_meta, "video/x-raw,format=RGB");
  expect_text(dot_of(bench.harness->element), "");
  bench.set_caps(params_of(clip));
  bench.push_all(clip);
  std::string dot = dot_of(bench.harness->element);
  for (const char *part : {"yuv420p", "176x144", "25 fps", "auto_scale_0", "1 tick = 1/25 s"})
    fail_unless(dot.find(part) != std::string::npos, "no `%s` in %s", part, dot.c_str());
  if (__i__ == 0)
    for (const char *part : {"hflip@left", "w=64", "64x48", "headlabel=\"1\"", "taillabel=\"1\""})
      fail_unless(dot.find(part) != std::string::npos, "no `%s` in %s", part, dot.c_str());

  std::string file = scratch_folder() + "/graph.dot";
  fail_unless(g_file_set_contents(file.c_str(), dot.c_str(), dot.size(), nullptr));
  const char *argv[] = {"dot", "-Tsvg", file.c_str(), nullptr};
  char *out = nullptr, *err = nullptr;
  int status = -1;
  GError *error = nullptr;
  fail_unless(g_spawn_sync(nullptr, const_cast<char **>(argv), nullptr, G_SPAWN_SEARCH_PATH,
                           nullptr, nullptr, &out, &err, &status, &error),
              "%s", error ? error->message : "");
  CString drawn(out), said(err);
  fail_unless(status == 0 && !*said, "dot: %s\n%s", said.get(), dot.c_str());
  fail_unless(strstr(drawn.get(), "<svg") && strstr(drawn.get(), "yuv420p"));
}
GST_END_TEST

GST_START_TEST(drawings_stand_beside_those_of_the_pipeline) {
  std::string folder = scratch_folder() + "/dots";
  fail_unless_equals_int(g_mkdir(folder.c_str(), 0700), 0);
  g_setenv("GST_DEBUG_DUMP_DOT_DIR", folder.c_str(), TRUE);
  std::vector<std::string> files;
  {
    Bench bench("hflip");
    gst_element_set_name(bench.harness->element, "turn");
    bench.set_caps(params_of(clip));
    bench.push_all(clip);
  }
  g_unsetenv("GST_DEBUG_DUMP_DOT_DIR");
  GDir *dir = g_dir_open(folder.c_str(), 0, nullptr);
  while (const char *name = g_dir_read_name(dir))
    files.push_back(name);
  g_dir_close(dir);
  for (const auto &file : files)
    g_unlink((folder + "/" + file).c_str());
  g_rmdir(folder.c_str());
  fail_unless_equals_int(files.size(), 1);
  fail_unless(g_str_has_suffix(files[0].c_str(), "-turn.filters.dot"), "%s", files[0].c_str());
}
GST_END_TEST

/* ---- Time -------------------------------------------------------------------------------------
 */

static GstEvent *segment_of(double rate, guint64 start, guint64 stop) {
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  segment.rate = rate;
  segment.start = segment.time = start;
  segment.stop = stop;
  segment.position = rate > 0 ? start : stop;
  return gst_event_new_segment(&segment);
}

GST_START_TEST(at_any_rate_as_many_frames_come_out_as_at_one) {
  static const double rates[] = {2.0, 0.5, -1.0, -2.0, 1.3};
  static const char *const filters[] = {"fps=50", "yadif", "framerate=fps=50", "tmix"};
  const double rate = rates[__i__ / 4];
  const char *filter = filters[__i__ % 4];
  auto through = [&](double r) {
    Bench bench(filter);
    bench.set_caps(params_of(clip));
    const GstClockTime end = clip.frames * 40 * GST_MSECOND;
    fail_unless(gst_harness_push_event(bench.harness, segment_of(r, 0, end)));
    auto buffers = buffers_of(clip);
    for (int i = 0; i < clip.frames; i++)
      bench.push(buffers[r > 0 ? i : clip.frames - 1 - i]);
    bench.eos();
    std::vector<GstClockTime> times;
    while (bench.received() > times.size())
      times.push_back(GST_BUFFER_PTS(bench.pull().get()));
    return times;
  };
  auto normal = through(1.0), other = through(rate);
  fail_unless_equals_int(other.size(), normal.size());
  for (size_t i = 1; i < other.size(); i++)
    fail_unless(rate > 0 ? other[i] > other[i - 1] : other[i] < other[i - 1]);
  if (rate > 0)
    for (size_t i = 0; i < other.size(); i++)
      fail_unless_equals_uint64(other[i], normal[i]);
}
GST_END_TEST

GST_START_TEST(expressions_mean_the_same_after_a_seek) {
  /* What the box is drawn over follows from the time in the stream. */
  const char *filter = "drawbox=c=white:t=fill:enable='gte(t,0.2)'";
  Bench bench(filter);
  bench.set_caps(params_of(clip));
  std::vector<std::string> whole;
  for (GstBuffer *buffer : buffers_of(clip)) {
    bench.push(buffer);
    whole.push_back(md5_of(bench.pull().get(), params_of(clip)));
  }
  fail_unless(whole[4] != whole[5]);
  fail_unless(gst_harness_push_event(bench.harness, gst_event_new_flush_start()));
  fail_unless(gst_harness_push_event(bench.harness, gst_event_new_flush_stop(TRUE)));
  fail_unless(gst_harness_push_event(bench.harness,
                                     segment_of(1.0, 120 * GST_MSECOND, GST_CLOCK_TIME_NONE)));
  auto buffers = buffers_of(clip);
  for (int i = 0; i < clip.frames; i++) {
    if (i < 3) {
      gst_buffer_unref(buffers[i]);
      continue;
    }
    bench.push(buffers[i]);
    fail_unless(md5_of(bench.pull().get(), params_of(clip)) == whole[i], "frame %d", i);
  }
}
GST_END_TEST

GST_START_TEST(frames_to_which_filters_give_no_time_follow_those_before) {
  Bench bench("repeatfields");
  bench.set_caps(params_of(clip));
  bench.push_all(clip);
  bench.eos();
  fail_unless_equals_int(bench.received(), clip.frames);
  for (int i = 0; i < clip.frames; i++)
    fail_unless_equals_uint64(GST_BUFFER_PTS(bench.pull().get()), i * 40 * GST_MSECOND);
}
GST_END_TEST

/* Frames as if a file had been sought in: `first_at` stream time, no frames before. */
static std::vector<GstClockTime> times_after_seek(Bench &bench, GstClockTime first_at) {
  bench.set_caps(params_of(clip));
  fail_unless(
      gst_harness_push_event(bench.harness, segment_of(1.0, first_at, GST_CLOCK_TIME_NONE)));
  for (GstBuffer *buffer : buffers_of(clip)) {
    GST_BUFFER_PTS(buffer) += first_at;
    bench.push(buffer);
  }
  bench.eos();
  std::vector<GstClockTime> times;
  while (bench.received() > times.size())
    times.push_back(GST_BUFFER_PTS(bench.pull().get()));
  return times;
}

GST_START_TEST(filters_that_count_from_zero_count_from_their_first_frame) {
  static const char *const filters[] = {"setpts=PTS-STARTPTS", "setpts=N/25/TB",
                                        "trim=start_frame=0,setpts=PTS-STARTPTS"};
  Bench bench(filters[__i__]);
  auto times = times_after_seek(bench, 3600 * GST_SECOND);
  fail_unless_equals_int(times.size(), clip.frames);
  for (int i = 0; i < clip.frames; i++)
    fail_unless_equals_uint64(times[i], 3600 * GST_SECOND + i * 40 * GST_MSECOND);
}
GST_END_TEST

GST_START_TEST(frames_before_the_first_begin_with_it) {
  Bench bench("tpad=start=3");
  auto times = times_after_seek(bench, 3600 * GST_SECOND);
  fail_unless_equals_int(times.size(), clip.frames + 3);
  for (size_t i = 0; i < times.size(); i++)
    fail_unless_equals_uint64(times[i], 3600 * GST_SECOND + i * 40 * GST_MSECOND);
}
GST_END_TEST

GST_START_TEST(sources_in_the_graph_begin_with_it) {
  /* An hour of their frames would have to be made and thrown away otherwise. */
  Bench bench(nullptr, "gradients=s=176x144:r=25:seed=1,metadata=add:key=lavfi.n:value=1[bg];"
                       "[bg][video_in]hstack=shortest=1[video_out]");
  auto times = times_after_seek(bench, 3600 * GST_SECOND);
  fail_unless_equals_int(times.size(), clip.frames);
  for (int i = 0; i < clip.frames; i++)
    fail_unless_equals_uint64(times[i], 3600 * GST_SECOND + i * 40 * GST_MSECOND);
  Bench counts(nullptr, "color=s=176x144:r=25,setpts=PTS,drawbox=c=white:t=fill:enable='lt(n,3)'"
                        "[bg];[video_in][bg]overlay=shortest=1[video_out]");
  counts.set_caps(params_of(clip));
  fail_unless(gst_harness_push_event(counts.harness,
                                     segment_of(1.0, 3600 * GST_SECOND, GST_CLOCK_TIME_NONE)));
  std::vector<std::string> pictures;
  for (GstBuffer *buffer : buffers_of(clip)) {
    GST_BUFFER_PTS(buffer) += 3600 * GST_SECOND;
    counts.push(buffer);
  }
  counts.eos();
  while (pictures.size() < counts.received())
    pictures.push_back(md5_of(counts.pull().get(), params_of(clip)));
  /* the source's first frames are the first that are seen */
  fail_unless(pictures[0] == pictures[2] && pictures[2] != pictures[3]);
}
GST_END_TEST

/* "1 g 2": the buffers' numbers and the gaps among them, as they come out. */
static std::string order_of(Bench &bench, int lost_from, int lost_to) {
  static std::string order;
  order.clear();
  auto note = [](GstPad *, GstPadProbeInfo *info, gpointer) {
    if (info->type & GST_PAD_PROBE_TYPE_BUFFER)
      order +=
          std::to_string(GST_BUFFER_PTS(GST_PAD_PROBE_INFO_BUFFER(info)) / (40 * GST_MSECOND)) +
          " ";
    else if (GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) == GST_EVENT_GAP)
      order += "gap ";
    return GST_PAD_PROBE_OK;
  };
  gst_pad_add_probe(
      bench.harness->sinkpad,
      GstPadProbeType(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM),
      GstPadProbeCallback(+note), nullptr, nullptr);
  bench.set_caps(params_of(clip));
  auto buffers = buffers_of(clip);
  for (int i = 0; i < 8; i++) {
    if (i < lost_from || i >= lost_to) {
      bench.push(buffers[i]);
      continue;
    }
    gst_buffer_unref(buffers[i]);
    if (i == lost_from)
      fail_unless(gst_harness_push_event(
          bench.harness, gst_event_new_gap(lost_from * 40 * GST_MSECOND,
                                           (lost_to - lost_from) * 40 * GST_MSECOND)));
  }
  for (int i = 8; i < clip.frames; i++)
    gst_buffer_unref(buffers[i]);
  bench.eos();
  return order;
}

GST_START_TEST(a_gap_stays_between_the_frames_it_is_between) {
  static const struct {
    const char *filter, *order;
    int from, to;
  } rows[] = {
      {"hflip", "0 1 gap 4 5 6 7 ", 2, 4},
      {"tmix=frames=1,yadif", "0 1 gap 4 5 6 7 ", 2, 4},
      {"tmix=frames=1,yadif", "0 1 2 3 4 5 gap ", 6, 8}, /* at the end */
      {"fps=25", "0 1 2 3 4 5 6 7 ", 2, 4},              /* filled by the filter */
  };
  Bench bench(rows[__i__].filter);
  const std::string order = order_of(bench, rows[__i__].from, rows[__i__].to);
  fail_unless_equals_string(order.c_str(), rows[__i__].order);
}
GST_END_TEST

GST_START_TEST(a_segment_that_continues_stays_between_the_frames_it_is_between) {
  Bench bench("tmix=frames=1,yadif");
  static std::string order;
  order.clear();
  gst_pad_add_probe(
      bench.harness->sinkpad,
      GstPadProbeType(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM),
      [](GstPad *, GstPadProbeInfo *info, gpointer) {
        if (info->type & GST_PAD_PROBE_TYPE_BUFFER)
          order += "f";
        else if (GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) == GST_EVENT_SEGMENT)
          order += "s";
        return GST_PAD_PROBE_OK;
      },
      nullptr, nullptr);
  bench.set_caps(params_of(clip));
  int i = 0;
  for (GstBuffer *buffer : buffers_of(clip)) {
    if (i++ == 6)
      fail_unless(gst_harness_push_event(bench.harness,
                                         segment_event(240 * GST_MSECOND, 240 * GST_MSECOND)));
    bench.push(buffer);
  }
  bench.eos();
  fail_unless_equals_string(order.c_str(), "sffffffsffffff");
}
GST_END_TEST

GST_START_TEST(a_segment_ends_with_all_its_frames) {
  static const char *const filters[] = {"yadif", "reverse", "atadenoise"};
  for (GstEventType type : {GST_EVENT_SEGMENT_DONE, GST_EVENT_STREAM_START}) {
    Bench bench(filters[__i__]);
    bench.set_caps(params_of(clip));
    bench.push_all(clip);
    fail_unless(gst_harness_push_event(
        bench.harness, type == GST_EVENT_SEGMENT_DONE
                           ? gst_event_new_segment_done(GST_FORMAT_TIME, 480 * GST_MSECOND)
                           : gst_event_new_stream_start("another")));
    fail_unless_equals_int(bench.received(), clip.frames);
  }
}
GST_END_TEST

GST_START_TEST(gaps_do_not_wait_for_filters_that_drop_frames) {
  Bench bench("select='not(mod(n,2))'");
  bench.set_caps(params_of(clip));
  auto buffers = buffers_of(clip);
  for (int i = 0; i < clip.frames; i++)
    if (i < 4)
      bench.push(buffers[i]);
    else
      gst_buffer_unref(buffers[i]);
  for (int i = 4; i < 10; i++)
    fail_unless(gst_harness_push_event(bench.harness,
                                       gst_event_new_gap(i * 40 * GST_MSECOND, 40 * GST_MSECOND)));
  int gaps = 0;
  while (GstEvent *event = gst_harness_try_pull_event(bench.harness)) {
    gaps += GST_EVENT_TYPE(event) == GST_EVENT_GAP;
    gst_event_unref(event);
  }
  fail_unless_equals_int(gaps, 6);
}
GST_END_TEST

GST_START_TEST(a_picture_shown_anew_is_not_late) {
  Bench bench("loop=1:4:0");
  bench.set_caps(params_of(clip));
  bench.push_all(clip);
  bench.eos();
  fail_unless(gst_harness_query_latency(bench.harness) <= 4 * 40 * GST_MSECOND);
}
GST_END_TEST

GST_START_TEST(renegotiation_takes_no_file_away_from_the_filters_that_run) {
  std::string file = scratch_folder() + "/found.txt";
  {
    Bench bench(("signalstats,metadata=print:file=" + file).c_str());
    bench.set_caps(params_of(clip));
    int i = 0;
    for (GstBuffer *buffer : buffers_of(clip)) {
      if (i++ == 8) {
        fail_unless(gst_harness_push_upstream_event(bench.harness, gst_event_new_reconfigure()));
        gboolean taken = TRUE;
        g_signal_emit_by_name(bench.harness->element, "set-filters",
                              ("metadata=print:file=" + file + ",nosuch").c_str(), nullptr, &taken);
        fail_unless(!taken);
      }
      bench.push(buffer);
    }
    bench.eos();
    fail_unless_equals_int(bench.received(), clip.frames);
  }
  char *text = nullptr;
  gsize length;
  fail_unless(g_file_get_contents(file.c_str(), &text, &length, nullptr));
  CString owned(text);
  int frames = 0;
  for (const char *at = text; (at = strstr(at, "frame:")); at++)
    frames++;
  fail_unless_equals_int(frames, clip.frames);
}
GST_END_TEST

GST_START_TEST(a_buffer_without_a_time_begins_where_its_segment_does) {
  Bench bench("hflip");
  bench.set_caps(params_of(clip));
  fail_unless(gst_harness_push_event(bench.harness, segment_event(3 * GST_SECOND, 0)));
  for (GstBuffer *buffer : buffers_of(clip)) {
    GST_BUFFER_PTS(buffer) = GST_BUFFER_DURATION(buffer) = GST_CLOCK_TIME_NONE;
    bench.push(buffer);
  }
  for (int i = 0; i < clip.frames; i++)
    fail_unless_equals_uint64(GST_BUFFER_PTS(bench.pull().get()),
                              3 * GST_SECOND + i * 40 * GST_MSECOND);
}
GST_END_TEST

/* ---- Events and queries -----------------------------------------------------------------------
 */

GST_START_TEST(qos_goes_upstream_and_tags_go_downstream) {
  Bench bench("tmix=frames=1,yadif");
  bench.set_caps(params_of(clip));
  bench.push_all(clip);
  fail_unless(gst_harness_push_upstream_event(
      bench.harness, gst_event_new_qos(GST_QOS_TYPE_UNDERFLOW, 1.5, 7, 3 * GST_SECOND)));
  bool seen = false;
  while (GstEvent *event = gst_harness_try_pull_upstream_event(bench.harness)) {
    if (GST_EVENT_TYPE(event) == GST_EVENT_QOS) {
      GstClockTime timestamp;
      gst_event_parse_qos(event, nullptr, nullptr, nullptr, &timestamp);
      seen = timestamp == 3 * GST_SECOND;
    }
    gst_event_unref(event);
  }
  fail_unless(seen);

  GstTagList *tags = gst_tag_list_new(GST_TAG_TITLE, "a title", nullptr);
  fail_unless(gst_harness_push_event(bench.harness, gst_event_new_tag(tags)));
  seen = false;
  while (GstEvent *event = gst_harness_try_pull_event(bench.harness)) {
    seen = seen || GST_EVENT_TYPE(event) == GST_EVENT_TAG;
    gst_event_unref(event);
  }
  fail_unless(seen);
}
GST_END_TEST

static unsigned proposed_buffers(Bench &bench, const VideoParams &params) {
  CapsPtr caps = to_caps(params);
  GstPtr<GstQuery> query(gst_query_new_allocation(caps.get(), TRUE));
  fail_unless(gst_pad_peer_query(bench.harness->srcpad, query.get()));
  guint min = 0;
  gst_query_parse_nth_allocation_pool(query.get(), 0, nullptr, nullptr, &min, nullptr);
  return min;
}

GST_START_TEST(upstream_is_asked_for_buffers_to_cover_the_lag) {
  Bench bench("yadif,yadif,yadif");
  VideoParams params = params_of(clip);
  bench.set_caps(params);
  unsigned before = proposed_buffers(bench, params);
  bool asked_anew = false;
  for (GstBuffer *buffer : buffers_of(clip)) {
    bench.push(buffer);
    while (GstEvent *event = gst_harness_try_pull_upstream_event(bench.harness)) {
      asked_anew = asked_anew || GST_EVENT_TYPE(event) == GST_EVENT_RECONFIGURE;
      gst_event_unref(event);
    }
  }
  const GstClockTime lag = gst_harness_query_latency(bench.harness) / (40 * GST_MSECOND);
  fail_unless(lag >= 2);
  fail_unless(asked_anew);
  fail_unless(proposed_buffers(bench, params) > lag, "%u before, now %u for %u", before,
              proposed_buffers(bench, params), unsigned(lag));
}
GST_END_TEST

GST_START_TEST(downstream_can_change_its_mind) {
  Bench bench("tmix=frames=1,yadif", nullptr, Downstream::takes_video_meta,
              "video/x-raw,format=I420");
  bench.set_caps(params_of(clip));
  auto buffers = buffers_of(clip);
  int i = 0;
  for (; i < 5; i++)
    bench.push(buffers[i]);
  gst_harness_set_sink_caps_str(bench.harness, "video/x-raw,format=RGB");
  fail_unless(gst_harness_push_upstream_event(bench.harness, gst_event_new_reconfigure()));
  for (; i < clip.frames; i++)
    bench.push(buffers[i]);
  bench.eos();
  fail_unless_equals_int(bench.received(), clip.frames);
  for (i = 0; i < clip.frames; i++) {
    BufferPtr buffer = bench.pull();
    fail_unless_equals_int(gst_buffer_get_video_meta(buffer.get())->format,
                           i < 5 ? GST_VIDEO_FORMAT_I420 : GST_VIDEO_FORMAT_RGB);
  }
}
GST_END_TEST

/* ---- Caps -------------------------------------------------------------------------------------
 */

GST_START_TEST(frames_that_change_their_size_bring_new_caps) {
  Bench bench("scale=w='if(lt(n,5),64,96)':h=48:eval=frame");
  bench.set_caps(params_of(clip));
  int i = 0;
  for (GstBuffer *buffer : buffers_of(clip)) {
    bench.push(buffer);
    fail_unless_equals_int(bench.output().width, i++ < 5 ? 64 : 96);
    fail_unless_equals_int(gst_buffer_get_video_meta(bench.pull().get())->width,
                           bench.output().width);
  }
}
GST_END_TEST

GST_START_TEST(a_size_that_downstream_does_not_take_in_mid_stream_is_an_error) {
  Bench bench("scale=w='if(lt(n,5),64,96)':h=48:eval=frame", nullptr, Downstream::takes_video_meta,
              "video/x-raw,width=64");
  WithBus with(bench);
  bench.set_caps(params_of(clip));
  GstFlowReturn flow = GST_FLOW_OK;
  int taken = 0;
  for (GstBuffer *buffer : buffers_of(clip)) {
    if (flow != GST_FLOW_OK) {
      gst_buffer_unref(buffer);
      continue;
    }
    flow = gst_harness_push(bench.harness, buffer);
    taken += flow == GST_FLOW_OK;
  }
  fail_unless_equals_int(flow, GST_FLOW_ERROR);
  fail_unless_equals_int(taken, 5);
  GstMessage *message = gst_bus_pop_filtered(with.bus, GST_MESSAGE_ERROR);
  fail_unless(message != nullptr);
  GError *error;
  gst_message_parse_error(message, &error, nullptr);
  fail_unless(g_error_matches(error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT));
  fail_unless(strstr(error->message, "96x48") != nullptr, "%s", error->message);
  g_error_free(error);
  gst_message_unref(message);
}
GST_END_TEST

static VideoParams output_for(const char *filter, const VideoParams &input, const Clip &of) {
  Bench bench(filter);
  bench.set_caps(input);
  bench.push_all(of);
  bench.eos();
  fail_unless(bench.received() > 0, "%s", filter);
  return bench.output();
}

static VideoParams hdr_params(const Clip &of) {
  VideoParams params = params_of(of);
  params.matrix = AVCOL_SPC_BT2020_NCL;
  params.primaries = AVCOL_PRI_BT2020;
  params.transfer = AVCOL_TRC_SMPTE2084;
  params.range = AVCOL_RANGE_MPEG;
  params.chroma_location = AVCHROMA_LOC_LEFT;
  GstVideoMasteringDisplayInfo display = {};
  fail_unless(gst_video_mastering_display_info_from_string(
      &display, "35400:14600:8500:39850:6550:2300:15635:16450:10000000:50"));
  params.mastering_display = display;
  GstVideoContentLightLevel light = {};
  light.max_content_light_level = 1000;
  light.max_frame_average_light_level = 400;
  params.content_light_level = light;
  return params;
}

static const Clip deep = {"yuv420p10le", 64, 48, 4};

GST_START_TEST(hdr_is_kept_by_filters_that_keep_it) {
  for (const char *filter : {"hflip", "scale=32:24", "yadif"}) {
    VideoParams out = output_for(filter, hdr_params(deep), deep);
    fail_unless(out.mastering_display && out.content_light_level, "%s", filter);
    fail_unless_equals_int(out.transfer, AVCOL_TRC_SMPTE2084);
    fail_unless_equals_int(out.primaries, AVCOL_PRI_BT2020);
  }
}
GST_END_TEST

GST_START_TEST(hdr_is_gone_once_tones_are_mapped) {
  VideoParams out = output_for("zscale=t=linear:npl=100,format=gbrpf32le,zscale=p=bt709,"
                               "tonemap=hable,zscale=t=bt709:m=bt709:r=tv,format=yuv420p",
                               hdr_params(deep), deep);
  fail_unless(!out.mastering_display && !out.content_light_level);
  fail_unless_equals_int(out.transfer, AVCOL_TRC_BT709);
  fail_unless_equals_int(out.primaries, AVCOL_PRI_BT709);
  fail_unless_equals_int(out.matrix, AVCOL_SPC_BT709);
  fail_unless_equals_int(out.format, AV_PIX_FMT_YUV420P);
}
GST_END_TEST

GST_START_TEST(turning_the_picture_turns_its_pixels) {
  VideoParams params = params_of(clip);
  params.sample_aspect_ratio = {4, 3};
  VideoParams out = output_for("transpose=1", params, clip);
  fail_unless_equals_int(out.width, 144);
  fail_unless_equals_int(out.height, 176);
  fail_unless_equals_int(out.sample_aspect_ratio.num, 3);
  fail_unless_equals_int(out.sample_aspect_ratio.den, 4);
  /* and a scaler keeps the picture's shape by them */
  out = output_for("scale=88:144", params, clip);
  fail_unless_equals_int(out.sample_aspect_ratio.num, 8);
  fail_unless_equals_int(out.sample_aspect_ratio.den, 3);
}
GST_END_TEST

struct Rate {
  const char *filter;
  int num, den;
};
static const Rate rates[] = {{"fps=30000/1001", 30000, 1001},
                             {"framerate=fps=50", 50, 1},
                             {"yadif=1", 50, 1},
                             {"telecine", 125, 4},
                             {"framestep=5", 5, 1},
                             {"interlace", 25, 2},
                             {"separatefields", 50, 1},
                             {"decimate=cycle=5", 20, 1}};

GST_START_TEST(the_rate_of_the_caps_is_that_of_the_filters) {
  VideoParams out = output_for(rates[__i__].filter, params_of(small), small);
  fail_unless(out.framerate.num == rates[__i__].num && out.framerate.den == rates[__i__].den,
              "%s: %d/%d", rates[__i__].filter, out.framerate.num, out.framerate.den);
}
GST_END_TEST

GST_START_TEST(interlacing_that_filters_make_is_in_the_caps) {
  VideoParams out = output_for("interlace", params_of(clip), clip);
  fail_unless(out.interlace_mode != GST_VIDEO_INTERLACE_MODE_PROGRESSIVE);
  out = output_for("interlace,bwdif", params_of(clip), clip);
  fail_unless_equals_int(out.interlace_mode, GST_VIDEO_INTERLACE_MODE_PROGRESSIVE);
}
GST_END_TEST

static Suite *manners_suite(void) {
  Suite *suite = suite_create("graphfilter-manners");
  auto add_case = [&](const char *name) {
    TCase *tc = tcase_create(name);
    suite_add_tcase(suite, tc);
    return tc;
  };

  TCase *found = add_case("what filters find");
  tcase_add_loop_test(found, what_filters_find_is_on_the_buffer_and_posted, 0,
                      G_N_ELEMENTS(finders));
  tcase_add_test(found, nothing_found_is_no_meta_and_no_message);
  tcase_add_test(found, messages_can_be_switched_off);
  tcase_add_test(found, what_was_found_before_goes_into_the_filters_and_is_not_posted_again);

  TCase *drawn = add_case("the graph, drawn");
  tcase_add_loop_test(drawn, graphviz_draws_the_graph, 0, 3);
  tcase_add_test(drawn, drawings_stand_beside_those_of_the_pipeline);

  TCase *time = add_case("time");
  tcase_add_loop_test(time, at_any_rate_as_many_frames_come_out_as_at_one, 0, 20);
  tcase_add_test(time, expressions_mean_the_same_after_a_seek);
  tcase_add_loop_test(time, filters_that_count_from_zero_count_from_their_first_frame, 0, 3);
  tcase_add_test(time, frames_before_the_first_begin_with_it);
  tcase_add_test(time, sources_in_the_graph_begin_with_it);
  tcase_add_loop_test(time, a_gap_stays_between_the_frames_it_is_between, 0, 4);
  tcase_add_test(time, frames_to_which_filters_give_no_time_follow_those_before);
  tcase_add_test(time, a_segment_that_continues_stays_between_the_frames_it_is_between);
  tcase_add_loop_test(time, a_segment_ends_with_all_its_frames, 0, 3);
  tcase_add_test(time, gaps_do_not_wait_for_filters_that_drop_frames);
  tcase_add_test(time, a_picture_shown_anew_is_not_late);
  tcase_add_test(time, renegotiation_takes_no_file_away_from_the_filters_that_run);
  tcase_add_test(time, a_buffer_without_a_time_begins_where_its_segment_does);

  TCase *events = add_case("events and queries");
  tcase_add_test(events, qos_goes_upstream_and_tags_go_downstream);
  tcase_add_test(events, upstream_is_asked_for_buffers_to_cover_the_lag);
  tcase_add_test(events, downstream_can_change_its_mind);

  TCase *caps = add_case("caps");
  tcase_add_test(caps, frames_that_change_their_size_bring_new_caps);
  tcase_add_test(caps, a_size_that_downstream_does_not_take_in_mid_stream_is_an_error);
  tcase_add_test(caps, hdr_is_kept_by_filters_that_keep_it);
  tcase_add_test(caps, hdr_is_gone_once_tones_are_mapped);
  tcase_add_test(caps, turning_the_picture_turns_its_pixels);
  tcase_add_loop_test(caps, the_rate_of_the_caps_is_that_of_the_filters, 0, G_N_ELEMENTS(rates));
  tcase_add_test(caps, interlacing_that_filters_make_is_in_the_caps);
  return suite;
}

int main(int argc, char **argv) {
  gst_check_init(&argc, &argv);
  scratch_folder();
  int failed = gst_check_run_suite(manners_suite(), "graphfilter-manners", __FILE__);
  remove_scratch_folder();
  return failed;
}
