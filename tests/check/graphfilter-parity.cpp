/* gst-framewise: frames out of graphfilter beside those of the ffmpeg command.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "filterbench.hpp"

using namespace filterbench;

struct Row {
  Clip clip;
  const char *filters; /* as `ffmpeg -vf` takes them */
  const char *graph;   /* the same for filter-graph; NULL: `filters` is the sequence */
};

static const Row table[] = {
    {small, "null", nullptr},
    {small, "scale=512:-2", nullptr},
    {small, "scale=90:70:flags=neighbor", nullptr},
    {small, "sws_flags=bilinear;scale=100:80", nullptr},
    {small, "hflip", nullptr},
    {small, "vflip", nullptr},
    {small, "rotate=45*PI/180:fillcolor=AliceBlue,scale=512:-2", nullptr},
    {small, "yadif", nullptr},
    {small, "yadif=mode=send_field:parity=tff", nullptr},
    {small, "bwdif=1", nullptr},
    {small, "tmix=frames=5", nullptr},
    {small, "fps=50", nullptr},
    {small, "fps=10", nullptr},
    {small, "fps=30000/1001", nullptr},
    {small, "reverse", nullptr},
    {small, "format=rgb24", nullptr},
    {small, "format=gray,negate", nullptr},
    {small, "format=yuvj420p", nullptr},
    {small, "format=pal8", nullptr},
    {small, "format=monow", nullptr},
    {small, "crop=101:77:3:5", nullptr},
    {small, "crop=99:51:1:1:exact=1,format=yuv444p", nullptr},
    {small, "pad=200:180:5:7:color=red", nullptr},
    {small, "transpose=1", nullptr},
    {small, "setpts=2*PTS", nullptr},
    {small, "setpts=PTS+1/TB", nullptr},
    {small, "select='not(mod(n,3))'", nullptr},
    {small, "trim=start_frame=3:end_frame=9", nullptr},
    {small, "tpad=stop=4:stop_mode=clone", nullptr},
    {small, "atadenoise", nullptr},
    {small, "nlmeans=r=5", nullptr},
    {small, "minterpolate=fps=50:mi_mode=blend", nullptr},
    {small, "framerate=fps=40", nullptr},
    {small, "loop=2:3:1", nullptr},
    {small, "tile=2x2", nullptr},
    {small, "drawbox=10:10:50:50:red@0.5:t=fill", nullptr},
    {small, "hue=h=90:enable='between(n,5,10)'", nullptr},
    {small, "setsar=4/3", nullptr},
    {small, "colorspace=all=bt709:iall=bt601-6-625", nullptr},
    {small, "split[a][b];[b]hflip[c];[a][c]hstack",
     "[video_in]split[a][b];[b]hflip[c];[a][c]hstack[video_out]"},
    {small, "split[o][s];[s]scale=64:-1[small];[o][small]overlay=x=25:y=25",
     "[video_in]split[o][s];[s]scale=64:-1[small];[o][small]overlay=x=25:y=25[video_out]"},
    {small, "color=c=blue:s=176x144:r=25[bg];[bg][in]blend=all_mode=average:shortest=1",
     "color=c=blue:s=176x144:r=25[bg];[bg][video_in]blend=all_mode=average:shortest=1"},
    {{"yuv420p", 35, 27, 6}, "hflip", nullptr},
    {{"yuv420p", 35, 27, 6}, "nlmeans", nullptr},
    {{"yuv422p10le", 64, 36, 6}, "scale=100:100,hflip", nullptr},
    {{"rgb24", 63, 35, 6}, "hflip", nullptr},
    {{"rgb48le", 63, 35, 6}, "hflip", nullptr},
    {{"rgb48le", 63, 35, 6}, "scale=40:30", nullptr},
    {{"gbrp", 64, 36, 6}, "vflip", nullptr},
    {{"yuva420p", 64, 36, 6}, "fade=in:0:4:alpha=1", nullptr},
    {{"nv12", 66, 38, 6}, "transpose=2", nullptr},
    {{"gray16le", 50, 50, 6}, "hflip", nullptr},
    {{"yuv444p16le", 50, 50, 6}, "format=rgb48le", nullptr},
};

struct Shown {
  GstClockTime pts;
  std::string md5;
};

static std::vector<Shown> expected_frames(const Row &row) {
  const Clip &clip = row.clip;
  std::string text = run_ffmpeg({"-f",         "rawvideo",
                                 "-pix_fmt",   clip.format,
                                 "-s",         framewise::format("%dx%d", clip.width, clip.height),
                                 "-framerate", std::to_string(clip.rate),
                                 "-i",         raw_file(clip),
                                 "-vf",        row.filters,
                                 "-autoscale", "0",
                                 "-fps_mode",  "passthrough",
                                 "-c:v",       "rawvideo",
                                 "-f",         "framemd5",
                                 "-"});
  std::vector<Shown> frames;
  char **lines = g_strsplit(text.c_str(), "\n", -1);
  int num = 1, den = 1;
  for (int i = 0; lines[i]; i++) {
    if (sscanf(lines[i], "#tb 0: %d/%d", &num, &den) == 2 || lines[i][0] == '#' || !*lines[i])
      continue;
    char **fields = g_strsplit(lines[i], ",", -1);
    gint64 pts = g_ascii_strtoll(fields[2], nullptr, 10);
    frames.push_back({GstClockTime(ticks_to_ns(pts, {num, den})), g_strstrip(fields[5])});
    g_strfreev(fields);
  }
  g_strfreev(lines);
  return frames;
}

static void compare_with_ffmpeg(const Row &row, Downstream downstream) {
  auto expected = expected_frames(row);
  Bench bench(row.graph ? nullptr : row.filters, row.graph, downstream);
  bench.set_caps(params_of(row.clip));
  GstFlowReturn flow = GST_FLOW_OK;
  for (GstBuffer *buffer : buffers_of(row.clip)) {
    if (flow == GST_FLOW_OK)
      flow = gst_harness_push(bench.harness, buffer);
    else
      gst_buffer_unref(buffer);
  }
  fail_unless(flow == GST_FLOW_OK || flow == GST_FLOW_EOS, "%s: %s", row.filters,
              gst_flow_get_name(flow));
  bench.eos();
  fail_unless(bench.received() == expected.size(), "%s: %u frames, not %zu", row.filters,
              bench.received(), expected.size());
  for (size_t i = 0; i < expected.size(); i++) {
    BufferPtr buffer = bench.pull();
    std::string md5 = md5_of(buffer.get(), bench.output());
    fail_unless(md5 == expected[i].md5, "%s: frame %zu is %s, not %s", row.filters, i, md5.c_str(),
                expected[i].md5.c_str());
    GstClockTimeDiff off = GST_CLOCK_DIFF(GST_BUFFER_PTS(buffer.get()), expected[i].pts);
    fail_unless(ABS(off) <= 1, "%s: frame %zu is at %" GST_TIME_FORMAT ", not %" GST_TIME_FORMAT,
                row.filters, i, GST_TIME_ARGS(GST_BUFFER_PTS(buffer.get())),
                GST_TIME_ARGS(expected[i].pts));
  }
}

GST_START_TEST(frames_are_those_of_the_ffmpeg_command) {
  compare_with_ffmpeg(table[__i__], Downstream::takes_video_meta);
}
GST_END_TEST

GST_START_TEST(frames_are_the_same_for_those_who_read_no_video_meta) {
  compare_with_ffmpeg(table[__i__], Downstream::takes_plain_buffers);
}
GST_END_TEST

static Suite *parity_suite(void) {
  Suite *suite = suite_create("graphfilter-parity");
  TCase *tc = tcase_create("the same frames as the ffmpeg command");
  suite_add_tcase(suite, tc);
  tcase_add_loop_test(tc, frames_are_those_of_the_ffmpeg_command, 0, G_N_ELEMENTS(table));
  tcase_add_loop_test(tc, frames_are_the_same_for_those_who_read_no_video_meta, 0,
                      G_N_ELEMENTS(table));
  return suite;
}

int main(int argc, char **argv) {
  gst_check_init(&argc, &argv);
  scratch_folder();
  int failed = gst_check_run_suite(parity_suite(), "graphfilter-parity", __FILE__);
  remove_scratch_folder();
  return failed;
}
