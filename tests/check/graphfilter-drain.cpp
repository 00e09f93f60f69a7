/* gst-framewise: graphfilter where the caps change in mid-stream, with filters that hold frames
 * back: both halves are what the ffmpeg command makes of each alone.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "ffmpegframes.hpp"

extern "C" {
#include <libavutil/log.h>
}

using namespace filterbench;

/* Where the frames of the second half come out. Filters see stream time, which does not begin anew
 * there: those that scale times put it elsewhere. So may frames of the first half that reach into
 * it. */
enum class Times {
  follow,    /* as alone, but for where the half begins */
  only_rise, /* later than the frames before, no more */
};

struct Row {
  const char *filters; /* as `ffmpeg -vf` takes them */
  const char *graph;   /* the same for filter-graph; NULL: `filters` is a filter-sequence */
  Times times;
  int frames; /* of each half */
};

static constexpr Row chain(const char *filters, Times times = Times::follow, int frames = 17) {
  return {filters, nullptr, times, frames};
}

static constexpr Row graph(const char *filters) { return {filters, filters, Times::follow, 17}; }

/* For what counts in frames of another rate: a half that ends on one of them. */
constexpr int whole = 20;

static const Row table[] = {
    chain("null"),
    chain("yadif"),
    chain("yadif=1"),
    chain("bwdif"),
    chain("bwdif=send_field"),
    chain("w3fdif"),
    chain("tmix=frames=5"),
    chain("tmedian=radius=2"),
    chain("fps=50"),
    chain("fps=10", Times::follow, whole),
    chain("minterpolate=fps=50:mi_mode=blend"),
    chain("minterpolate=fps=50:mi_mode=dup"),
    chain("minterpolate=fps=50:mi_mode=mci:me=ds"),
    chain("framerate=fps=50"),
    chain("framerate=fps=10", Times::follow, whole),
    chain("reverse"),
    chain("reverse,tmix=3"),
    chain("loop=2:3:1", Times::only_rise),
    chain("trim=start_frame=3:end_frame=9"),
    chain("trim=start_frame=12"),
    chain("select='not(mod(n,3))'"),
    chain("setpts=2*PTS", Times::only_rise),
    chain("setpts=PTS+1/TB", Times::only_rise),
    chain("setpts=PTS-STARTPTS"),
    chain("tpad=stop=4:stop_mode=clone", Times::only_rise),
    chain("tpad=start=3", Times::only_rise),
    chain("thumbnail=5"),
    chain("tile=2x2"),
    chain("decimate"),
    chain("decimate=cycle=4"),
    chain("fps=50,mpdecimate"),
    chain("mpdecimate=max=2:hi=200000:lo=200000:frac=1"),
    chain("deflicker=size=5"),
    chain("atadenoise"),
    chain("tblend=all_mode=average"),
    chain("shuffleframes=2 1 0"),
    chain("shuffleframes=0 -1 1"),
    chain("random=frames=5:seed=1"),
    chain("telecine", Times::only_rise),
    chain("tinterlace=merge"),
    chain("separatefields"),
    chain("weave", Times::follow, whole),
    chain("framestep=3"),
    chain("freezedetect"),
    chain("untile=2x2"),
    chain("palettegen=16", Times::only_rise),
    graph("[video_in]split[a][b];[a]palettegen=16[p];[b][p]paletteuse[video_out]"),
    graph("[video_in]split[a][b];[b]hflip[c];[a][c]hstack[video_out]"),
    graph("[video_in]split[a][b];[b]tmix=5[c];[a][c]hstack[video_out]"),
    graph("[video_in]split[a][b];[b]reverse[c];[a][c]vstack[video_out]"),
    graph("[video_in]split[a][b];[b]scale=32:24,yadif[s];[a][s]overlay=5:5[video_out]"),
    graph("[video_in]split[a][b];[b]select='not(mod(n,4))'[s];[a][s]overlay=20[video_out]"),
};

/* ---- Running the element ----------------------------------------------------------------------
 */

struct Arrived {
  VideoParams caps; /* of the pad at that moment */
  GstClockTime pts;
  std::string md5;
};

static GstPadProbeReturn note_buffer(GstPad *pad, GstPadProbeInfo *info, gpointer data) {
  CapsPtr caps(gst_pad_get_current_caps(pad));
  fail_unless(caps.get() != nullptr, "a buffer without caps");
  auto params = from_caps(caps.get());
  fail_unless(params.has_value());
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER(info);
  static_cast<std::vector<Arrived> *>(data)->push_back(
      {*params, GST_BUFFER_PTS(buffer), md5_of(buffer, *params)});
  return GST_PAD_PROBE_OK;
}

static GstClockTime length_of(const Clip &clip) {
  return gst_util_uint64_scale(clip.frames, GST_SECOND, clip.rate);
}

/* EOS ends a half early where a filter has had enough. */
static void push_half(Bench &bench, const Clip &clip, GstClockTime start) {
  bench.set_caps(params_of(clip));
  GstFlowReturn flow = GST_FLOW_OK;
  for (GstBuffer *buffer : buffers_of(clip)) {
    GST_BUFFER_PTS(buffer) += start;
    if (flow == GST_FLOW_OK)
      flow = gst_harness_push(bench.harness, buffer);
    else
      gst_buffer_unref(buffer);
  }
  fail_unless(flow == GST_FLOW_OK || flow == GST_FLOW_EOS, "%s", gst_flow_get_name(flow));
}

static void compare_half(const char *name, const Arrived *arrived,
                         const std::vector<ShownFrame> &expected, GstClockTime start, Times times) {
  for (size_t i = 0; i < expected.size(); i++) {
    fail_unless(arrived[i].md5 == expected[i].md5, "%s: frame %zu is %s, not %s", name, i,
                arrived[i].md5.c_str(), expected[i].md5.c_str());
    if (times == Times::only_rise)
      continue;
    GstClockTimeDiff off = GST_CLOCK_DIFF(arrived[i].pts, start + expected[i].pts);
    fail_unless(ABS(off) <= 1, "%s: frame %zu is at %" GST_TIME_FORMAT ", not %" GST_TIME_FORMAT,
                name, i, GST_TIME_ARGS(arrived[i].pts), GST_TIME_ARGS(start + expected[i].pts));
  }
}

GST_START_TEST(each_half_comes_out_whole_under_its_own_caps) {
  const Row &row = table[__i__];
  const Clip first = {"yuv420p", 64, 48, row.frames}, second = {"yuv420p", 96, 80, row.frames};
  const auto expected_first = frames_of_ffmpeg(first, row.filters);
  const auto expected_second = frames_of_ffmpeg(second, row.filters);

  std::vector<Arrived> arrived;
  Bench bench(row.graph ? nullptr : row.filters, row.graph, Downstream::takes_video_meta, nullptr,
              1);
  GstPad *pad = gst_element_get_static_pad(bench.harness->element, "src");
  gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, note_buffer, &arrived, nullptr);
  gst_object_unref(pad);
  push_half(bench, first, 0);
  push_half(bench, second, length_of(first));
  bench.eos();

  const size_t n_first = expected_first.size(), n_all = n_first + expected_second.size();
  fail_unless(arrived.size() == n_all, "%s: %zu frames, not %zu and %zu", row.filters,
              arrived.size(), n_first, expected_second.size());
  for (size_t i = 0; i < n_all; i++) {
    const VideoParams &half = i < n_first ? arrived.front().caps : arrived.back().caps;
    fail_unless(arrived[i].caps == half, "%s: frame %zu has caps of %s", row.filters, i,
                arrived[i].caps.describe().c_str());
    fail_unless(GST_CLOCK_TIME_IS_VALID(arrived[i].pts), "%s: frame %zu has no time", row.filters,
                i);
  }
  compare_half(row.filters, arrived.data(), expected_first, 0, Times::follow);
  compare_half(row.filters, arrived.data() + n_first, expected_second, length_of(first), row.times);
  for (size_t i = 1; i < n_all; i++)
    fail_if(arrived[i].pts <= arrived[i - 1].pts,
            "%s: frame %zu of %zu and %zu is at %" GST_TIME_FORMAT
            ", after one at %" GST_TIME_FORMAT,
            row.filters, i, n_first, expected_second.size(), GST_TIME_ARGS(arrived[i].pts),
            GST_TIME_ARGS(arrived[i - 1].pts));
}
GST_END_TEST

static Suite *drain_suite(void) {
  Suite *suite = suite_create("graphfilter-drain");
  TCase *tc = tcase_create("a caps change in mid-stream");
  suite_add_tcase(suite, tc);
  tcase_add_loop_test(tc, each_half_comes_out_whole_under_its_own_caps, 0, G_N_ELEMENTS(table));
  return suite;
}

int main(int argc, char **argv) {
  gst_check_init(&argc, &argv);
  av_log_set_level(AV_LOG_ERROR);
  scratch_folder();
  int failed = gst_check_run_suite(drain_suite(), "graphfilter-drain", __FILE__);
  remove_scratch_folder();
  return failed;
}
