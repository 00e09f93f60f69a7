/* gst-framewise: frames out of graphfilter beside those of the ffmpeg command.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "ffmpegframes.hpp"
#include "filterspec.hpp"
#include "filtertable.hpp"

extern "C" {
#include <libavfilter/avfilter.h>
#include <libavutil/log.h>
}

#include <cstring>
#include <set>

using namespace filterbench;
using namespace filtertable;

/* The table is made for this one, and all of it has to run there. */
static bool is_the_tables_libavfilter() { return avfilter_version() >> 16 == 8; }

static std::vector<FilterRow> rows_of_this_run;

/* ---- One row ----------------------------------------------------------------------------------
 */

static Clip clip_of(const FilterRow &row) {
  return {row.clip.format, row.clip.width,    row.clip.height,
          row.clip.frames, row.clip.rate.num, row.clip.rate.den};
}

/* Raw files say nothing of fields. */
static std::string text_for_ffmpeg(const FilterRow &row) {
  if (row.clip.fields == Fields::progressive)
    return row.filters;
  const std::string setfield =
      row.clip.fields == Fields::top_first ? "setfield=tff" : "setfield=bff";
  return row.graph ? setfield + "[video_in];" + row.graph : setfield + "," + row.filters;
}

static VideoParams caps_of(const FilterRow &row) {
  VideoParams params = params_of(clip_of(row));
  if (row.clip.fields != Fields::progressive) {
    params.interlace_mode = GST_VIDEO_INTERLACE_MODE_INTERLEAVED;
    params.field_order = row.clip.fields == Fields::top_first
                             ? GST_VIDEO_FIELD_ORDER_TOP_FIELD_FIRST
                             : GST_VIDEO_FIELD_ORDER_BOTTOM_FIELD_FIRST;
  }
  return params;
}

static const char *name_of(Downstream downstream) {
  return downstream == Downstream::takes_video_meta ? "with video meta" : "plain";
}

static void compare(const FilterRow &row, const std::vector<ShownFrame> &expected,
                    Downstream downstream) {
  const std::string title =
      framewise::format("%s of %s, %s", row.filters, row.clip.format, name_of(downstream));
  const char *name = title.c_str();
  Bench bench(row.graph ? nullptr : row.filters, row.graph, downstream, nullptr, row.threads);
  bench.set_caps(caps_of(row));
  GstFlowReturn flow = GST_FLOW_OK;
  for (GstBuffer *buffer : buffers_of(clip_of(row))) {
    if (flow == GST_FLOW_OK)
      flow = gst_harness_push(bench.harness, buffer);
    else
      gst_buffer_unref(buffer);
  }
  fail_unless(flow == GST_FLOW_OK || flow == GST_FLOW_EOS, "%s: %s", name, gst_flow_get_name(flow));
  bench.eos();
  fail_unless(bench.received() == expected.size(), "%s: %u frames, not %zu", name, bench.received(),
              expected.size());
  for (size_t i = 0; i < expected.size(); i++) {
    BufferPtr buffer = bench.pull();
    std::string md5 = md5_of(buffer.get(), bench.output());
    fail_unless(md5 == expected[i].md5, "%s: frame %zu is %s, not %s", name, i, md5.c_str(),
                expected[i].md5.c_str());
    GstClockTimeDiff off =
        GST_CLOCK_DIFF(GST_BUFFER_PTS(buffer.get()), GstClockTime(expected[i].pts));
    fail_unless(ABS(off) <= 1, "%s: frame %zu is at %" GST_TIME_FORMAT ", not %" GST_TIME_FORMAT,
                name, i, GST_TIME_ARGS(GST_BUFFER_PTS(buffer.get())),
                GST_TIME_ARGS(expected[i].pts));
  }
}

GST_START_TEST(frames_are_those_of_the_ffmpeg_command) {
  const FilterRow &row = rows_of_this_run[__i__];
  if (auto known = parse_filter_text(row.filters); !known && !is_the_tables_libavfilter()) {
    g_print("left out, as of this libavfilter: %s\n", known.error().message.c_str());
    return;
  }
  auto expected = frames_of_ffmpeg(clip_of(row), text_for_ffmpeg(row));
  for (Downstream downstream : {Downstream::takes_video_meta, Downstream::takes_plain_buffers})
    compare(row, expected, downstream);
}
GST_END_TEST

/* ---- The table --------------------------------------------------------------------------------
 */

static bool is_video_to_video(const AVFilter *filter) {
  if (filter->flags & (AVFILTER_FLAG_DYNAMIC_INPUTS | AVFILTER_FLAG_DYNAMIC_OUTPUTS))
    return false;
  return avfilter_filter_pad_count(filter, 0) == 1 && avfilter_filter_pad_count(filter, 1) == 1 &&
         avfilter_pad_get_type(filter->inputs, 0) == AVMEDIA_TYPE_VIDEO &&
         avfilter_pad_get_type(filter->outputs, 0) == AVMEDIA_TYPE_VIDEO;
}

static std::set<std::string> filters_in_table() {
  std::set<std::string> names;
  for (const FilterRow &row : filter_table())
    if (auto spec = parse_filter_text(row.filters))
      for (const auto &chain : spec->chains)
        for (const auto &node : chain)
          names.insert(node.filter->name);
  return names;
}

static bool is_left_out(const std::string &filter) {
  for (const LeftOutFilter &left_out : left_out_filters())
    if (left_out.name[0] == '*' ? filter.ends_with(left_out.name + 1) : filter == left_out.name)
      return true;
  return false;
}

GST_START_TEST(every_filter_from_video_to_video_is_in_a_row_or_left_out_for_a_reason) {
  const std::set<std::string> used = filters_in_table();
  void *iterator = nullptr;
  while (const AVFilter *filter = av_filter_iterate(&iterator)) {
    if (!is_video_to_video(filter))
      continue;
    const bool known = used.count(filter->name) > 0 || is_left_out(filter->name);
    if (!is_the_tables_libavfilter() && !known)
      g_print("not in the table: %s\n", filter->name);
    else
      fail_unless(known, "%s is in no row, and nothing says why", filter->name);
  }
}
GST_END_TEST

GST_START_TEST(what_is_left_out_is_in_no_row_and_exceptions_are_few) {
  for (const std::string &name : filters_in_table())
    fail_if(is_left_out(name), "%s is left out, and yet in a row", name.c_str());
  int exceptions = 0;
  for (const LeftOutFilter &left_out : left_out_filters())
    exceptions += left_out.why == LeftOut::exception;
  fail_unless(exceptions <= 10, "%d exceptions", exceptions);
}
GST_END_TEST

/* ---- Suites -----------------------------------------------------------------------------------
 */

/* In two runs, one beside the other: the rows with even numbers, and those with odd ones. */
static Suite *parity_suite(size_t remainder) {
  const auto table = filter_table();
  for (size_t i = remainder; i < table.size(); i += 2)
    rows_of_this_run.push_back(table[i]);
  Suite *suite = suite_create("graphfilter-parity");
  TCase *rows = tcase_create("the same frames as the ffmpeg command");
  suite_add_tcase(suite, rows);
  tcase_add_loop_test(rows, frames_are_those_of_the_ffmpeg_command, 0,
                      int(rows_of_this_run.size()));
  if (remainder > 0)
    return suite;
  TCase *whole = tcase_create("table");
  suite_add_tcase(suite, whole);
  tcase_add_test(whole, every_filter_from_video_to_video_is_in_a_row_or_left_out_for_a_reason);
  tcase_add_test(whole, what_is_left_out_is_in_no_row_and_exceptions_are_few);
  return suite;
}

int main(int argc, char **argv) {
  gst_check_init(&argc, &argv);
  av_log_set_level(AV_LOG_ERROR);
  scratch_folder();
  const bool odd = argc > 1 && !strcmp(argv[1], "odd");
  int failed = gst_check_run_suite(parity_suite(odd ? 1 : 0), "graphfilter-parity", __FILE__);
  remove_scratch_folder();
  return failed;
}
