/* gst-framewise: tests of the graphfilter element.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "filterbench.hpp"

#include "framemeta.hpp"

#include <gst/framewise/framewise.h>

#include <cstring>

using namespace filterbench;

/* ---- Nothing is lost --------------------------------------------------------------------------
 */

GST_START_TEST(doubling_the_rate_gives_exactly_twice_the_frames) {
  Bench bench("fps=50");
  bench.set_caps(params_of(small));
  bench.push_all(small);
  bench.eos();
  fail_unless_equals_int(bench.received(), 2 * small.frames);
  fail_unless_equals_int(bench.output().framerate.num, 50);
  for (int i = 0; i < 2 * small.frames; i++) {
    BufferPtr buffer = bench.pull();
    fail_unless_equals_uint64(GST_BUFFER_PTS(buffer.get()), i * 20 * GST_MSECOND);
    fail_unless_equals_uint64(GST_BUFFER_DURATION(buffer.get()), 20 * GST_MSECOND);
  }
}
GST_END_TEST

GST_START_TEST(a_caps_change_drains_the_old_graph_under_its_old_caps) {
  static const Clip first = {"yuv420p", 64, 48, 10}, second = {"yuv420p", 32, 24, 10};
  Bench bench("reverse");
  bench.set_caps(params_of(first));
  bench.push_all(first);
  fail_unless_equals_int(bench.received(), 0);
  bench.set_caps(params_of(second));
  fail_unless_equals_int(bench.received(), 10);
  bench.push_all(second);
  bench.eos();
  fail_unless_equals_int(bench.received(), 20);

  int caps_events = 0;
  for (int i = 0; i < 20; i++) {
    BufferPtr buffer = bench.pull();
    const GstVideoMeta *meta = gst_buffer_get_video_meta(buffer.get());
    fail_unless_equals_int(meta->width, i < 10 ? 64 : 32);
  }
  while (GstEvent *event = gst_harness_try_pull_event(bench.harness)) {
    if (GST_EVENT_TYPE(event) == GST_EVENT_CAPS)
      caps_events++;
    gst_event_unref(event);
  }
  fail_unless_equals_int(caps_events, 2);
}
GST_END_TEST

GST_START_TEST(a_new_segment_drains_what_came_before_it) {
  Bench bench("reverse");
  bench.set_caps(params_of(small));
  bench.push_all(small);
  fail_unless_equals_int(bench.received(), 0);
  fail_unless(
      gst_harness_push_event(bench.harness, segment_event(5 * GST_SECOND, 10 * GST_SECOND)));
  fail_unless_equals_int(bench.received(), small.frames);
}
GST_END_TEST

GST_START_TEST(the_same_segment_again_drains_nothing) {
  Bench bench("reverse");
  bench.set_caps(params_of(small));
  bench.push_all(small);
  fail_unless(gst_harness_push_event(bench.harness, segment_event(0, 0)));
  fail_unless_equals_int(bench.received(), 0);
  bench.eos();
  fail_unless_equals_int(bench.received(), small.frames);
}
GST_END_TEST

GST_START_TEST(times_are_mapped_through_the_segment_and_back) {
  Bench bench("fps=50");
  bench.set_caps(params_of(small));
  fail_unless(
      gst_harness_push_event(bench.harness, segment_event(5 * GST_SECOND, 10 * GST_SECOND)));
  for (GstBuffer *buffer : buffers_of(small)) {
    GST_BUFFER_PTS(buffer) += 5 * GST_SECOND;
    bench.push(buffer);
  }
  bench.eos();
  fail_unless_equals_int(bench.received(), 2 * small.frames);
  for (int i = 0; i < 2 * small.frames; i++)
    fail_unless_equals_uint64(GST_BUFFER_PTS(bench.pull().get()),
                              5 * GST_SECOND + i * 20 * GST_MSECOND);
}
GST_END_TEST

GST_START_TEST(a_frame_that_keeps_its_time_keeps_it_to_the_nanosecond) {
  Bench bench("hflip");
  bench.set_caps(params_of(small));
  GstClockTime jitter[] = {3, 40 * GST_MSECOND + 1234567, 80 * GST_MSECOND - 2345678};
  auto buffers = buffers_of(small);
  for (size_t i = 0; i < buffers.size(); i++) {
    if (i >= G_N_ELEMENTS(jitter)) {
      gst_buffer_unref(buffers[i]);
      continue;
    }
    GST_BUFFER_PTS(buffers[i]) = jitter[i];
    bench.push(buffers[i]);
  }
  for (GstClockTime pts : jitter)
    fail_unless_equals_uint64(GST_BUFFER_PTS(bench.pull().get()), pts);
}
GST_END_TEST

GST_START_TEST(frames_without_a_time_follow_each_other_at_the_framerate) {
  Bench bench("hflip");
  bench.set_caps(params_of(small));
  int n = 0;
  for (GstBuffer *buffer : buffers_of(small)) {
    if (n++ > 0)
      GST_BUFFER_PTS(buffer) = GST_BUFFER_DURATION(buffer) = GST_CLOCK_TIME_NONE;
    bench.push(buffer);
  }
  for (int i = 0; i < small.frames; i++)
    fail_unless_equals_uint64(GST_BUFFER_PTS(bench.pull().get()), i * 40 * GST_MSECOND);
}
GST_END_TEST

GST_START_TEST(a_flush_drops_what_is_inside_and_the_stream_goes_on) {
  Bench bench("reverse");
  bench.set_caps(params_of(small));
  bench.push_all(small);
  fail_unless(gst_harness_push_event(bench.harness, gst_event_new_flush_start()));
  fail_unless(gst_harness_push_event(bench.harness, gst_event_new_flush_stop(TRUE)));
  fail_unless(gst_harness_push_event(bench.harness, segment_event(0, 0)));
  fail_unless_equals_int(bench.received(), 0);
  bench.push_all(small);
  bench.eos();
  fail_unless_equals_int(bench.received(), small.frames);
}
GST_END_TEST

GST_START_TEST(a_filter_that_has_had_enough_ends_the_stream_upstream) {
  Bench bench("trim=end_frame=5");
  bench.set_caps(params_of(small));
  GstFlowReturn flow = GST_FLOW_OK;
  int pushed = 0;
  for (GstBuffer *buffer : buffers_of(small)) {
    if (flow == GST_FLOW_OK) {
      flow = gst_harness_push(bench.harness, buffer);
      pushed++;
    } else {
      gst_buffer_unref(buffer);
    }
  }
  fail_unless_equals_int(flow, GST_FLOW_EOS);
  fail_unless(pushed < small.frames);
  fail_unless_equals_int(bench.received(), 5);
}
GST_END_TEST

/* ---- Nothing is copied ------------------------------------------------------------------------
 */

GST_START_TEST(null_passes_the_same_memory) {
  Bench bench("null");
  VideoParams params = params_of(small);
  bench.set_caps(params);
  GstBuffer *buffer = aligned_buffer(params, 0);
  const void *address = address_of(buffer);
  bench.push(buffer);
  fail_unless(address_of(bench.pull().get()) == address);
}
GST_END_TEST

GST_START_TEST(hflip_reads_the_memory_of_the_input) {
  /* What comes out is the very frame that went into hflip. */
  Bench bench(nullptr, "[video_in]split[a][b];[b]hflip[c];[a][c]streamselect=map=0[video_out]");
  VideoParams params = params_of(small);
  bench.set_caps(params);
  GstBuffer *buffer = aligned_buffer(params, 0);
  const void *address = address_of(buffer);
  bench.push(buffer);
  fail_unless(address_of(bench.pull().get()) == address);
  fail_unless(bench.dump().find("scale") == std::string::npos, "%s", bench.dump().c_str());
}
GST_END_TEST

GST_START_TEST(input_is_let_go_with_the_last_frame_that_uses_it) {
  Bench bench("hflip");
  VideoParams params = params_of(small);
  bench.set_caps(params);
  GstBuffer *buffer = aligned_buffer(params, 0);
  bool freed = false;
  gst_mini_object_weak_ref(
      GST_MINI_OBJECT(buffer),
      [](gpointer data, GstMiniObject *) { *static_cast<bool *>(data) = true; }, &freed);
  bench.push(buffer);
  fail_unless(freed);
}
GST_END_TEST

GST_START_TEST(memory_without_tail_padding_is_copied_once) {
  VideoParams params = params_of(small);
  auto layout = default_layout(params.format, params.width, params.height);
  Bench bench("null");
  bench.set_caps(params);
  GstBuffer *buffer = gst_buffer_new_wrapped(g_malloc0(layout->size), layout->size);
  GST_BUFFER_PTS(buffer) = 0;
  const void *address = address_of(buffer);
  bench.push(buffer);
  fail_unless(address_of(bench.pull().get()) != address);
}
GST_END_TEST

GST_START_TEST(a_filter_in_place_writes_into_memory_it_owns_alone) {
  Bench bench("drawbox=c=white:t=fill");
  VideoParams params = params_of(small);
  bench.set_caps(params);
  GstBuffer *buffer = aligned_buffer(params, 0);
  const void *address = address_of(buffer);
  bench.push(buffer);
  fail_unless(address_of(bench.pull().get()) == address);
}
GST_END_TEST

static uint8_t first_byte(GstBuffer *buffer) {
  uint8_t byte;
  fail_unless_equals_int(gst_buffer_extract(buffer, 0, &byte, 1), 1);
  return byte;
}

GST_START_TEST(a_filter_in_place_leaves_a_shared_buffer_as_it_is) {
  Bench bench("drawbox=c=white:t=fill");
  VideoParams params = params_of(small);
  bench.set_caps(params);
  BufferPtr kept(aligned_buffer(params, 0));
  bench.push(gst_buffer_ref(kept.get()));
  BufferPtr out = bench.pull();
  fail_unless_equals_int(first_byte(kept.get()), 0x40);
  fail_unless(first_byte(out.get()) > 200);
}
GST_END_TEST

GST_START_TEST(a_filter_in_place_leaves_shared_memory_as_it_is) {
  Bench bench("drawbox=c=white:t=fill");
  VideoParams params = params_of(small);
  bench.set_caps(params);
  BufferPtr kept(aligned_buffer(params, 0));
  bench.push(gst_buffer_copy(kept.get())); /* another buffer, the same memory */
  BufferPtr out = bench.pull();
  fail_unless_equals_int(first_byte(kept.get()), 0x40);
  fail_unless(first_byte(out.get()) > 200);
}
GST_END_TEST

GST_START_TEST(buffers_for_those_who_read_no_video_meta_have_the_default_layout) {
  Bench bench("scale=101:77", nullptr, Downstream::takes_plain_buffers);
  bench.set_caps(params_of(small));
  bench.push_all(small);
  BufferPtr buffer = bench.pull();
  GstVideoInfo info;
  fail_unless(gst_video_info_set_format(&info, GST_VIDEO_FORMAT_I420, 101, 77));
  fail_unless(gst_buffer_get_video_meta(buffer.get()) == nullptr);
  fail_unless_equals_int(gst_buffer_get_size(buffer.get()), GST_VIDEO_INFO_SIZE(&info));
}
GST_END_TEST

GST_START_TEST(allocation_is_proposed_so_that_no_copy_is_needed) {
  Bench bench("hflip");
  VideoParams params = params_of(small);
  bench.set_caps(params);
  CapsPtr caps = to_caps(params);
  GstPtr<GstQuery> query(gst_query_new_allocation(caps.get(), TRUE));
  fail_unless(gst_pad_peer_query(bench.harness->srcpad, query.get()));
  fail_unless(gst_query_find_allocation_meta(query.get(), GST_VIDEO_META_API_TYPE, nullptr));
  fail_unless_equals_int(gst_query_get_n_allocation_pools(query.get()), 1);
  GstAllocationParams allocation;
  gst_query_parse_nth_allocation_param(query.get(), 0, nullptr, &allocation);
  fail_unless(allocation.align + 1 >= gsize(frame_alignment()));
  fail_unless(allocation.padding >= gsize(frame_padding));
}
GST_END_TEST

/* ---- Caps -------------------------------------------------------------------------------------
 */

static size_t count(const std::string &text, const char *word) {
  size_t n = 0;
  for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1))
    n++;
  return n;
}

GST_START_TEST(what_downstream_takes_comes_out_converted_once) {
  Bench bench("hflip", nullptr, Downstream::takes_video_meta, "video/x-raw,format={BGRx,RGB}");
  bench.set_caps(params_of(small));
  bench.push_all(small);
  fail_unless_equals_int(to_gst_format(bench.output().format), GST_VIDEO_FORMAT_RGB);
  fail_unless_equals_int(count(bench.dump(), "(scale)"), 1);
}
GST_END_TEST

GST_START_TEST(a_format_that_downstream_takes_is_left_alone) {
  Bench bench("hflip", nullptr, Downstream::takes_video_meta, "video/x-raw,format={RGB,I420}");
  bench.set_caps(params_of(small));
  bench.push_all(small);
  fail_unless_equals_int(bench.output().format, AV_PIX_FMT_YUV420P);
  fail_unless_equals_int(count(bench.dump(), "(scale)"), 0);
}
GST_END_TEST

GST_START_TEST(output_caps_have_size_ratio_and_rate_of_the_graph) {
  Bench bench("scale=100:80,setsar=5/3,fps=12");
  bench.set_caps(params_of(small));
  bench.push_all(small);
  VideoParams out = bench.output();
  fail_unless_equals_int(out.width, 100);
  fail_unless_equals_int(out.height, 80);
  fail_unless_equals_int(out.sample_aspect_ratio.num, 5);
  fail_unless_equals_int(out.sample_aspect_ratio.den, 3);
  fail_unless_equals_int(out.framerate.num, 12);
}
GST_END_TEST

GST_START_TEST(colorimetry_of_the_input_is_kept) {
  VideoParams params = params_of(small);
  params.matrix = AVCOL_SPC_BT709;
  params.range = AVCOL_RANGE_MPEG;
  params.primaries = AVCOL_PRI_BT709;
  params.transfer = AVCOL_TRC_BT709;
  Bench bench("hflip");
  bench.set_caps(params);
  bench.push_all(small);
  VideoParams out = bench.output();
  fail_unless_equals_int(out.matrix, AVCOL_SPC_BT709);
  fail_unless_equals_int(out.range, AVCOL_RANGE_MPEG);
}
GST_END_TEST

GST_START_TEST(full_range_stays_full_range) {
  VideoParams params = params_of(small);
  params.matrix = AVCOL_SPC_BT470BG;
  params.range = AVCOL_RANGE_JPEG;
  Bench bench("hflip");
  bench.set_caps(params);
  bench.push_all(small);
  fail_unless_equals_int(bench.output().range, AVCOL_RANGE_JPEG);
  fail_unless_equals_int(count(bench.dump(), "(scale)"), 0);
}
GST_END_TEST

GST_START_TEST(rgb_made_of_yuv_is_full_range) {
  VideoParams params = params_of(small);
  params.matrix = AVCOL_SPC_BT709;
  params.range = AVCOL_RANGE_MPEG;
  Bench bench("format=rgb24");
  bench.set_caps(params);
  bench.push_all(small);
  fail_unless_equals_int(bench.output().range, AVCOL_RANGE_JPEG);
  fail_unless_equals_int(bench.output().matrix, AVCOL_SPC_RGB);
}
GST_END_TEST

GST_START_TEST(colors_that_a_filter_changes_are_in_the_caps) {
  VideoParams params = params_of(small);
  params.matrix = AVCOL_SPC_BT470BG;
  params.range = AVCOL_RANGE_MPEG;
  params.primaries = AVCOL_PRI_BT470BG;
  params.transfer = AVCOL_TRC_SMPTE170M;
  Bench bench("colorspace=all=bt709");
  bench.set_caps(params);
  bench.push_all(small);
  fail_unless_equals_int(bench.output().matrix, AVCOL_SPC_BT709);
  fail_unless_equals_int(bench.output().primaries, AVCOL_PRI_BT709);
}
GST_END_TEST

GST_START_TEST(a_deinterlacer_makes_progressive_caps) {
  VideoParams params = params_of(small);
  params.interlace_mode = GST_VIDEO_INTERLACE_MODE_INTERLEAVED;
  params.field_order = GST_VIDEO_FIELD_ORDER_TOP_FIELD_FIRST;
  Bench bench("yadif");
  bench.set_caps(params);
  bench.push_all(small);
  bench.eos();
  fail_unless_equals_int(bench.output().interlace_mode, GST_VIDEO_INTERLACE_MODE_PROGRESSIVE);
}
GST_END_TEST

GST_START_TEST(interlacing_is_kept_where_no_filter_takes_it_away) {
  VideoParams params = params_of(small);
  params.interlace_mode = GST_VIDEO_INTERLACE_MODE_INTERLEAVED;
  params.field_order = GST_VIDEO_FIELD_ORDER_TOP_FIELD_FIRST;
  Bench bench("hflip");
  bench.set_caps(params);
  bench.push_all(small);
  fail_unless_equals_int(bench.output().interlace_mode, GST_VIDEO_INTERLACE_MODE_INTERLEAVED);
  fail_unless_equals_int(bench.output().field_order, GST_VIDEO_FIELD_ORDER_TOP_FIELD_FIRST);
  BufferPtr buffer = bench.pull();
  fail_unless(GST_BUFFER_FLAG_IS_SET(buffer.get(), GST_VIDEO_BUFFER_FLAG_TFF));
}
GST_END_TEST

GST_START_TEST(an_unknown_rate_stays_unknown) {
  VideoParams params = params_of(small);
  params.framerate = {0, 1};
  Bench bench("hflip");
  bench.set_caps(params);
  bench.push_all(small);
  fail_unless_equals_int(bench.output().framerate.num, 0);
  fail_unless_equals_uint64(GST_BUFFER_DURATION(bench.pull().get()), 40 * GST_MSECOND);
}
GST_END_TEST

GST_START_TEST(formats_without_a_gstreamer_name_go_through) {
  static const Clip clip = {"rgb48le", 64, 36, 3};
  Bench bench("hflip");
  bench.set_caps(params_of(clip));
  bench.push_all(clip);
  CapsPtr caps(gst_pad_get_current_caps(bench.harness->sinkpad));
  fail_unless(gst_structure_has_name(gst_caps_get_structure(caps.get(), 0), "video/x-framewise"));
  fail_unless_equals_int(bench.output().format, AV_PIX_FMT_RGB48LE);
}
GST_END_TEST

GST_START_TEST(without_filters_everything_passes_untouched) {
  Bench bench(nullptr);
  bench.set_caps(params_of(small));
  auto buffers = buffers_of(small);
  for (GstBuffer *buffer : buffers) {
    bench.push(buffer);
    fail_unless(bench.pull().get() == buffer);
  }
}
GST_END_TEST

GST_START_TEST(sequence_and_graph_run_one_behind_the_other) {
  Bench bench("scale=64:48", "[video_in]split[a][b];[a][b]hstack[video_out]");
  bench.set_caps(params_of(small));
  bench.push_all(small);
  fail_unless_equals_int(bench.output().width, 128);
  fail_unless_equals_int(bench.output().height, 48);
}
GST_END_TEST

/* ---- Metas ------------------------------------------------------------------------------------
 */

static void tag(GstBuffer *buffer, gint64 number) {
  FramePtr frame = new_frame();
  add_frame_meta(buffer, {frame.get(), number, number * 512, {1, 12800}});
}

static gint64 number_of(GstBuffer *buffer) {
  const GstStructure *fields = gst_framewise_buffer_get_frame_meta(buffer);
  fail_unless(fields != nullptr);
  gint64 number = -1;
  gst_structure_get_int64(fields, "frame", &number);
  return number;
}

GST_START_TEST(the_frame_meta_goes_with_its_frame) {
  static const char *const filters[] = {"null", "hflip", "scale=64:48", "yadif", "reverse"};
  const char *filter = filters[__i__];
  Bench bench(filter);
  bench.set_caps(params_of(small));
  int n = 0;
  for (GstBuffer *buffer : buffers_of(small)) {
    tag(buffer, n++);
    bench.push(buffer);
  }
  bench.eos();
  fail_unless_equals_int(bench.received(), small.frames);
  for (int i = 0; i < small.frames; i++)
    fail_unless_equals_int64(number_of(bench.pull().get()),
                             strcmp(filter, "reverse") ? i : small.frames - 1 - i);
}
GST_END_TEST

GST_START_TEST(the_time_base_of_the_frame_meta_is_that_of_the_graph) {
  Bench bench("settb=intb,setpts=PTS+1"); /* one tick later */
  bench.set_caps(params_of(small));
  for (GstBuffer *buffer : buffers_of(small)) {
    tag(buffer, 0);
    bench.push(buffer);
  }
  fail_unless_equals_uint64(GST_BUFFER_PTS(bench.pull().get()), GST_SECOND / 12800);
}
GST_END_TEST

GST_START_TEST(metas_bound_to_the_size_go_when_it_changes) {
  for (const char *filter : {"null", "scale=64:48"}) {
    Bench bench(filter);
    bench.set_caps(params_of(small));
    for (GstBuffer *buffer : buffers_of(small)) {
      gst_buffer_add_video_crop_meta(buffer);
      bench.push(buffer);
    }
    bool kept = gst_buffer_get_video_crop_meta(bench.pull().get()) != nullptr;
    fail_unless_equals_int(kept, !strcmp(filter, "null"));
  }
}
GST_END_TEST

GST_START_TEST(regions_are_scaled_with_the_picture_and_go_where_it_moves) {
  for (const char *filter : {"null", "scale=2*iw:3*ih", "crop=64:48", "hflip"}) {
    Bench bench(filter);
    bench.set_caps(params_of(small));
    for (GstBuffer *buffer : buffers_of(small)) {
      gst_buffer_add_video_region_of_interest_meta(buffer, "face", 1, 2, 30, 40);
      bench.push(buffer);
    }
    auto filtered = bench.pull();
    const auto *region = gst_buffer_get_video_region_of_interest_meta_id(filtered.get(), 0);
    const bool scales = g_str_has_prefix(filter, "scale");
    const bool kept = scales || !strcmp(filter, "null");
    fail_unless_equals_int(region != nullptr, kept);
    if (!kept)
      continue;
    fail_unless_equals_int(region->x, scales ? 2 : 1);
    fail_unless_equals_int(region->y, scales ? 6 : 2);
    fail_unless_equals_int(region->w, scales ? 60 : 30);
    fail_unless_equals_int(region->h, scales ? 120 : 40);
  }
}
GST_END_TEST

/* ---- Latency ----------------------------------------------------------------------------------
 */

GST_START_TEST(lag_is_answered_as_latency) {
  Bench bench("tmix=frames=1,yadif"); /* yadif needs one frame more */
  gst_harness_set_upstream_latency(bench.harness, 7 * GST_MSECOND);
  bench.set_caps(params_of(small));
  bench.push_all(small);
  fail_unless_equals_uint64(gst_harness_query_latency(bench.harness), 47 * GST_MSECOND);
}
GST_END_TEST

static Suite *graphfilter_suite(void) {
  Suite *suite = suite_create("graphfilter");
  auto add_case = [&](const char *name) {
    TCase *tc = tcase_create(name);
    suite_add_tcase(suite, tc);
    return tc;
  };

  TCase *lossless = add_case("nothing is lost");
  tcase_add_test(lossless, doubling_the_rate_gives_exactly_twice_the_frames);
  tcase_add_test(lossless, a_caps_change_drains_the_old_graph_under_its_old_caps);
  tcase_add_test(lossless, a_new_segment_drains_what_came_before_it);
  tcase_add_test(lossless, the_same_segment_again_drains_nothing);
  tcase_add_test(lossless, times_are_mapped_through_the_segment_and_back);
  tcase_add_test(lossless, a_frame_that_keeps_its_time_keeps_it_to_the_nanosecond);
  tcase_add_test(lossless, frames_without_a_time_follow_each_other_at_the_framerate);
  tcase_add_test(lossless, a_flush_drops_what_is_inside_and_the_stream_goes_on);
  tcase_add_test(lossless, a_filter_that_has_had_enough_ends_the_stream_upstream);

  TCase *uncopied = add_case("nothing is copied");
  tcase_add_test(uncopied, null_passes_the_same_memory);
  tcase_add_test(uncopied, hflip_reads_the_memory_of_the_input);
  tcase_add_test(uncopied, input_is_let_go_with_the_last_frame_that_uses_it);
  tcase_add_test(uncopied, memory_without_tail_padding_is_copied_once);
  tcase_add_test(uncopied, a_filter_in_place_writes_into_memory_it_owns_alone);
  tcase_add_test(uncopied, a_filter_in_place_leaves_a_shared_buffer_as_it_is);
  tcase_add_test(uncopied, a_filter_in_place_leaves_shared_memory_as_it_is);
  tcase_add_test(uncopied, buffers_for_those_who_read_no_video_meta_have_the_default_layout);
  tcase_add_test(uncopied, allocation_is_proposed_so_that_no_copy_is_needed);

  TCase *caps = add_case("caps");
  tcase_add_test(caps, what_downstream_takes_comes_out_converted_once);
  tcase_add_test(caps, a_format_that_downstream_takes_is_left_alone);
  tcase_add_test(caps, output_caps_have_size_ratio_and_rate_of_the_graph);
  tcase_add_test(caps, colorimetry_of_the_input_is_kept);
  tcase_add_test(caps, full_range_stays_full_range);
  tcase_add_test(caps, rgb_made_of_yuv_is_full_range);
  tcase_add_test(caps, colors_that_a_filter_changes_are_in_the_caps);
  tcase_add_test(caps, a_deinterlacer_makes_progressive_caps);
  tcase_add_test(caps, interlacing_is_kept_where_no_filter_takes_it_away);
  tcase_add_test(caps, an_unknown_rate_stays_unknown);
  tcase_add_test(caps, formats_without_a_gstreamer_name_go_through);
  tcase_add_test(caps, without_filters_everything_passes_untouched);
  tcase_add_test(caps, sequence_and_graph_run_one_behind_the_other);

  TCase *metas = add_case("metas and latency");
  tcase_add_loop_test(metas, the_frame_meta_goes_with_its_frame, 0, 5);
  tcase_add_test(metas, the_time_base_of_the_frame_meta_is_that_of_the_graph);
  tcase_add_test(metas, metas_bound_to_the_size_go_when_it_changes);
  tcase_add_test(metas, regions_are_scaled_with_the_picture_and_go_where_it_moves);
  tcase_add_test(metas, lag_is_answered_as_latency);
  return suite;
}

int main(int argc, char **argv) {
  gst_check_init(&argc, &argv);
  scratch_folder();
  int failed = gst_check_run_suite(graphfilter_suite(), "graphfilter", __FILE__);
  remove_scratch_folder();
  return failed;
}
