/* gst-framewise: tests of the graphfilter element.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "framebridge.hpp"
#include "framemeta.hpp"
#include "framepool.hpp"

#include <gst/check/gstcheck.h>
#include <gst/check/gstharness.h>
#include <gst/framewise/framewise.h>
#include <gst/video/video.h>

#include <glib/gstdio.h>

#include <cstring>
#include <string>
#include <vector>

using namespace framewise;

/* ---- Media ------------------------------------------------------------------------------------
 */

static std::string scratch_folder() {
  static const std::string folder = [] {
    CString path(g_dir_make_tmp("graphfilter-XXXXXX", nullptr));
    return std::string(path.get());
  }();
  return folder;
}

static void remove_scratch_folder() {
  GDir *dir = g_dir_open(scratch_folder().c_str(), 0, nullptr);
  while (const char *name = g_dir_read_name(dir))
    g_unlink((scratch_folder() + "/" + name).c_str());
  g_dir_close(dir);
  g_rmdir(scratch_folder().c_str());
}

/* Standard output of the ffmpeg command. */
static std::string run_ffmpeg(const std::vector<std::string> &arguments) {
  std::vector<const char *> argv = {"ffmpeg", "-v", "error", "-nostdin", "-y"};
  for (const auto &argument : arguments)
    argv.push_back(argument.c_str());
  argv.push_back(nullptr);
  char *out = nullptr;
  GError *error = nullptr;
  int status = -1;
  g_spawn_sync(nullptr, const_cast<char **>(argv.data()), nullptr, G_SPAWN_SEARCH_PATH, nullptr,
               nullptr, &out, nullptr, &status, &error);
  fail_unless(!error && status == 0, "ffmpeg failed");
  CString owned(out);
  return out;
}

struct Clip {
  std::string format; /* FFmpeg's name */
  int width, height, frames;
  int rate = 25;
};

/* A file of raw frames without padding. */
static std::string raw_file(const Clip &clip) {
  std::string path = scratch_folder() + "/" + clip.format +
                     framewise::format("-%dx%d-%d.raw", clip.width, clip.height, clip.frames);
  if (!g_file_test(path.c_str(), G_FILE_TEST_EXISTS))
    run_ffmpeg({"-f", "lavfi", "-i", framewise::format("testsrc2=s=352x288:r=%d", clip.rate), "-vf",
                framewise::format("scale=%d:%d:flags=bicubic", clip.width, clip.height),
                "-frames:v", std::to_string(clip.frames), "-pix_fmt", clip.format, "-f", "rawvideo",
                path});
  return path;
}

extern "C" {
#include <libavutil/imgutils.h>
}

static VideoParams params_of(const Clip &clip) {
  VideoParams params;
  params.format = av_get_pix_fmt(clip.format.c_str());
  params.width = clip.width;
  params.height = clip.height;
  params.framerate = {clip.rate, 1};
  return params;
}

/* The frames of a clip as buffers of its caps' default layout, with times. */
static std::vector<GstBuffer *> buffers_of(const Clip &clip) {
  char *data;
  gsize size;
  fail_unless(g_file_get_contents(raw_file(clip).c_str(), &data, &size, nullptr));
  VideoParams params = params_of(clip);
  auto layout = default_layout(params.format, params.width, params.height);
  fail_unless(layout.has_value());
  int tight = av_image_get_buffer_size(params.format, params.width, params.height, 1);
  fail_unless_equals_int(size, gsize(tight) * clip.frames);

  std::vector<GstBuffer *> buffers;
  for (int i = 0; i < clip.frames; i++) {
    GstBuffer *buffer = gst_buffer_new_allocate(nullptr, layout->size, nullptr);
    uint8_t *source[4];
    int strides[4];
    av_image_fill_arrays(source, strides, reinterpret_cast<uint8_t *>(data) + gsize(tight) * i,
                         params.format, params.width, params.height, 1);
    {
      auto view = writable_view(buffer, params);
      fail_unless(view.has_value());
      const uint8_t *planes[4] = {source[0], source[1], source[2], source[3]};
      av_image_copy((*view)->data, (*view)->linesize, planes, strides, params.format, params.width,
                    params.height);
    }
    GST_BUFFER_PTS(buffer) = gst_util_uint64_scale(i, GST_SECOND, clip.rate);
    GST_BUFFER_DURATION(buffer) =
        gst_util_uint64_scale(i + 1, GST_SECOND, clip.rate) - GST_BUFFER_PTS(buffer);
    buffers.push_back(buffer);
  }
  g_free(data);
  return buffers;
}

/* ---- Running the element ----------------------------------------------------------------------
 */

enum class Downstream { takes_video_meta, takes_plain_buffers };

struct Bench {
  GstHarness *harness;

  explicit Bench(const char *sequence, const char *graph = nullptr,
                 Downstream downstream = Downstream::takes_video_meta,
                 const char *sink_caps = nullptr) {
    GstElement *element = gst_element_factory_make("graphfilter", nullptr);
    g_object_set(element, "filter-sequence", sequence, "filter-graph", graph, nullptr);
    harness = gst_harness_new_with_element(element, "sink", "src");
    if (downstream == Downstream::takes_video_meta)
      gst_harness_add_propose_allocation_meta(harness, GST_VIDEO_META_API_TYPE, nullptr);
    if (sink_caps)
      gst_harness_set_sink_caps_str(harness, sink_caps);
    gst_object_unref(element);
  }
  Bench(const Bench &) = delete;
  ~Bench() { gst_harness_teardown(harness); }

  void set_caps(const VideoParams &params) {
    gst_harness_set_src_caps(harness, to_caps(params).release());
  }
  void push(GstBuffer *buffer) {
    fail_unless_equals_int(gst_harness_push(harness, buffer), GST_FLOW_OK);
  }
  void push_all(const Clip &clip) {
    for (GstBuffer *buffer : buffers_of(clip))
      push(buffer);
  }
  void eos() { fail_unless(gst_harness_push_event(harness, gst_event_new_eos())); }
  unsigned received() { return gst_harness_buffers_received(harness); }
  BufferPtr pull() {
    BufferPtr buffer(gst_harness_try_pull(harness));
    fail_unless(buffer.get() != nullptr, "a buffer should be there");
    return buffer;
  }
  VideoParams output() {
    CapsPtr caps(gst_pad_get_current_caps(harness->sinkpad));
    fail_unless(caps.get() != nullptr);
    auto params = from_caps(caps.get());
    fail_unless(params.has_value());
    return *params;
  }
  std::string dump() {
    char *text;
    g_object_get(harness->element, "graph-dump", &text, nullptr);
    CString owned(text);
    return text ? text : "";
  }
};

static std::string md5_of(GstBuffer *buffer, const VideoParams &params) {
  int size = av_image_get_buffer_size(params.format, params.width, params.height, 1);
  std::vector<uint8_t> tight(size);
  uint8_t *planes[4];
  int strides[4];
  av_image_fill_arrays(planes, strides, tight.data(), params.format, params.width, params.height,
                       1);
  auto frame = FrameImporter().import(BufferPtr(gst_buffer_ref(buffer)), params, Access::read);
  fail_unless(frame.has_value());
  const uint8_t *source[4] = {(*frame)->data[0], (*frame)->data[1], (*frame)->data[2],
                              (*frame)->data[3]};
  av_image_copy(planes, strides, source, (*frame)->linesize, params.format, params.width,
                params.height);
  CString sum(g_compute_checksum_for_data(G_CHECKSUM_MD5, tight.data(), tight.size()));
  return sum.get();
}

static const void *address_of(GstBuffer *buffer) {
  GstMapInfo map;
  fail_unless(gst_buffer_map_range(buffer, 0, 1, &map, GST_MAP_READ));
  const void *address = map.data;
  gst_buffer_unmap(buffer, &map);
  return address;
}

/* A buffer that libav's code can work on as it is. */
static GstBuffer *aligned_buffer(const VideoParams &params, GstClockTime pts) {
  auto pool = new_frame_pool();
  fail_unless(configure_frame_pool(pool.get(), params, WithVideoMeta::yes, 0, 0).has_value());
  gst_buffer_pool_set_active(pool.get(), TRUE);
  GstBuffer *buffer;
  fail_unless_equals_int(gst_buffer_pool_acquire_buffer(pool.get(), &buffer, nullptr), GST_FLOW_OK);
  gst_buffer_memset(buffer, 0, 0x40, gst_buffer_get_size(buffer));
  GST_BUFFER_PTS(buffer) = pts;
  gst_buffer_pool_set_active(pool.get(), FALSE);
  return buffer;
}

static const Clip small = {"yuv420p", 176, 144, 20};

/* ---- The same frames as the ffmpeg command ----------------------------------------------------
 */

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

static GstEvent *segment_event(guint64 start, guint64 base) {
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  segment.start = segment.time = segment.position = start;
  segment.base = base;
  return gst_event_new_segment(&segment);
}

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
  Bench bench(nullptr, "[video_in]split[a][b];[a]hflip,nullsink;[b]null[video_out]");
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
      gst_buffer_add_video_region_of_interest_meta(buffer, "face", 1, 2, 30, 40);
      bench.push(buffer);
    }
    bool kept = gst_buffer_get_video_region_of_interest_meta_id(bench.pull().get(), 0) != nullptr;
    fail_unless_equals_int(kept, !strcmp(filter, "null"));
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

/* ---- Errors -----------------------------------------------------------------------------------
 */

static std::vector<Error> errors_on(GstBus *bus) {
  std::vector<Error> errors;
  while (GstMessage *message = gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR)) {
    GError *error;
    char *debug;
    gst_message_parse_error(message, &error, &debug);
    errors.push_back({error->domain, error->code, error->message, debug ? debug : ""});
    g_error_free(error);
    g_free(debug);
    gst_message_unref(message);
  }
  return errors;
}

struct BadDescription {
  const char *sequence, *graph;
  const char *said;
};
static const BadDescription bad_descriptions[] = {
    {"nosuch", nullptr, "No filter `nosuch`"},
    {"scale=nosuch=3", nullptr, "Filter `scale` has no option `nosuch`"},
    {"hflip=3", nullptr, "`hflip` has no option left for `3`"},
    {"yadif=mode=sometimes", nullptr, "`mode=sometimes`"},
    {"tmix=frames=-4", nullptr, "`frames=-4`"},
    {"format=nosuch", nullptr, "`format`"},
    {"setpts=nosuch(", nullptr, "`expr=nosuch(`"},
    {"scale=2:2]", nullptr, "`]`"},
    {"[a", nullptr, "`[a`"},
    {"hflip,", nullptr, "missing at the end"},
    {"  ", nullptr, "empty"},
    {"hstack", nullptr, "Linked to nothing: input 0 of filter `hstack`, input 1"},
    {"split", nullptr, "Linked to nothing: output 0 of filter `split`, output 1"},
    {"color", nullptr, "No input is left open"},
    {"nullsink", nullptr, "No output is left open"},
    {"anull", nullptr, "is not video"},
    {"showwaves", nullptr, "Input 0 of filter `showwaves` is not video"},
    {"transpose=enable=0", nullptr, "takes no `enable`"},
    {nullptr, "[video_in]hflip[x]", "(`[x]`)"},
    {nullptr, "[video_in][video_in]hstack[video_out]", "`[video_in]` stands more than once"},
    {nullptr, "[video_in]split[a][b];[a]hflip[video_out]", "output 1 of filter `split` (`[b]`)"},
    {nullptr, "[video_in][y]overlay[video_out]", "input 1 of filter `overlay` (`[y]`)"},
    {nullptr, "[video_in]hflip[a][b][video_out]", "there is none for `[b]`"},
    {nullptr, "[video_in][a][b]overlay[video_out]", "has 2 inputs, but 3"},
    {"hflip", "nosuch", "No filter `nosuch`"},
};

GST_START_TEST(a_bad_description_is_one_error_before_any_data) {
  const BadDescription &bad = bad_descriptions[__i__];
  GstElement *element = gst_element_factory_make("graphfilter", nullptr);
  GstBus *bus = gst_bus_new();
  gst_element_set_bus(element, bus);
  g_object_set(element, "filter-sequence", bad.sequence, "filter-graph", bad.graph, nullptr);
  fail_unless_equals_int(gst_element_set_state(element, GST_STATE_PAUSED),
                         GST_STATE_CHANGE_FAILURE);
  auto errors = errors_on(bus);
  fail_unless_equals_int(errors.size(), 1);
  fail_unless(errors[0].domain == GST_LIBRARY_ERROR &&
              errors[0].code == GST_LIBRARY_ERROR_SETTINGS);
  fail_unless(strstr(errors[0].message.c_str(), bad.said) != nullptr, "said: %s",
              errors[0].message.c_str());
  gst_element_set_state(element, GST_STATE_NULL);
  gst_element_set_bus(element, nullptr);
  gst_object_unref(element);
  gst_object_unref(bus);
}
GST_END_TEST

static std::vector<Error> errors_of_pipeline(const std::string &description) {
  GstElement *pipeline = gst_parse_launch(description.c_str(), nullptr);
  fail_unless(pipeline != nullptr);
  GstBus *bus = gst_element_get_bus(pipeline);
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  GstMessage *first = gst_bus_timed_pop_filtered(
      bus, GST_CLOCK_TIME_NONE, GstMessageType(GST_MESSAGE_ERROR | GST_MESSAGE_EOS));
  gst_bus_post(bus, first);
  gst_element_get_state(pipeline, nullptr, nullptr, 0);
  std::vector<Error> errors;
  /* The one just taken was put behind those that had come meanwhile. */
  errors = errors_on(bus);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(bus);
  gst_object_unref(pipeline);
  return errors;
}

static void expect_error(const std::string &description, GQuark domain, int code,
                         const char *said) {
  auto errors = errors_of_pipeline(description);
  int ours = 0;
  for (const auto &error : errors)
    if (strstr(error.message.c_str(), said)) {
      fail_unless(error.domain == domain && error.code == code, "%s: %s",
                  g_quark_to_string(error.domain), error.message.c_str());
      ours++;
    }
  fail_unless(ours == 1, "%d errors of %zu say `%s`; the first: %s", ours, errors.size(), said,
              errors.empty() ? "none" : errors[0].message.c_str());
}

GST_START_TEST(a_size_that_downstream_does_not_take_is_named) {
  expect_error("videotestsrc num-buffers=3 ! graphfilter filter-sequence=scale=64:48 ! "
               "video/x-raw,width=640 ! fakesink",
               GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION, "with width=64,");
}
GST_END_TEST

GST_START_TEST(filters_that_do_not_fit_the_input_are_an_error) {
  expect_error("videotestsrc num-buffers=3 ! graphfilter filter-sequence=crop=10000:10000 ! "
               "fakesink",
               GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT, "crop=");
}
GST_END_TEST

GST_START_TEST(without_auto_convert_a_missing_conversion_is_an_error) {
  expect_error("videotestsrc num-buffers=3 ! video/x-raw,format=I420 ! graphfilter "
               "filter-sequence=hflip auto-convert=false ! video/x-raw,format=RGB ! fakesink",
               GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT, "auto-convert=false");
}
GST_END_TEST

/* ---- Life -------------------------------------------------------------------------------------
 */

GST_START_TEST(properties_are_as_set) {
  GstElement *element = gst_element_factory_make("graphfilter", nullptr);
  g_object_set(element, "filter-sequence", "hflip", "filter-graph", "vflip", "thread-count", 3,
               "auto-convert", FALSE, nullptr);
  char *sequence, *graph, *dump;
  int threads;
  gboolean convert;
  g_object_get(element, "filter-sequence", &sequence, "filter-graph", &graph, "thread-count",
               &threads, "auto-convert", &convert, "graph-dump", &dump, nullptr);
  fail_unless_equals_string(sequence, "hflip");
  fail_unless_equals_string(graph, "vflip");
  fail_unless_equals_int(threads, 3);
  fail_unless(!convert);
  fail_unless(dump == nullptr);
  g_free(sequence);
  g_free(graph);
  g_object_set(element, "filter-sequence", nullptr, nullptr);
  g_object_get(element, "filter-sequence", &sequence, nullptr);
  fail_unless(sequence == nullptr);
  gst_object_unref(element);
}
GST_END_TEST

GST_START_TEST(the_dump_shows_the_configured_graph) {
  Bench bench("scale@big=352:288");
  bench.set_caps(params_of(small));
  bench.push_all(small);
  fail_unless(bench.dump().find("scale@big") != std::string::npos);
  fail_unless(bench.dump().find("352x288") != std::string::npos);
}
GST_END_TEST

static unsigned frames_through(GstElement *pipeline) {
  static unsigned frames;
  frames = 0;
  GstElement *sink = gst_bin_get_by_name(GST_BIN(pipeline), "sink");
  g_object_set(sink, "signal-handoffs", TRUE, nullptr);
  gulong id = g_signal_connect(
      sink, "handoff", G_CALLBACK(+[](GstElement *, GstBuffer *, GstPad *, gpointer) { frames++; }),
      nullptr);
  GstBus *bus = gst_element_get_bus(pipeline);
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  GstMessage *message = gst_bus_timed_pop_filtered(
      bus, GST_CLOCK_TIME_NONE, GstMessageType(GST_MESSAGE_ERROR | GST_MESSAGE_EOS));
  fail_unless_equals_int(GST_MESSAGE_TYPE(message), GST_MESSAGE_EOS);
  gst_message_unref(message);
  g_signal_handler_disconnect(sink, id);
  gst_object_unref(sink);
  gst_object_unref(bus);
  return frames;
}

GST_START_TEST(it_can_be_used_again_after_ready_with_other_filters) {
  GstElement *pipeline = gst_parse_launch(
      "videotestsrc num-buffers=10 ! video/x-raw,framerate=25/1 ! graphfilter name=f "
      "filter-sequence=fps=50 ! fakesink name=sink",
      nullptr);
  fail_unless_equals_int(frames_through(pipeline), 20);
  gst_element_set_state(pipeline, GST_STATE_READY);
  fail_unless_equals_int(frames_through(pipeline), 20);
  gst_element_set_state(pipeline, GST_STATE_READY);
  GstElement *filter = gst_bin_get_by_name(GST_BIN(pipeline), "f");
  g_object_set(filter, "filter-sequence", "fps=100", nullptr);
  fail_unless_equals_int(frames_through(pipeline), 40);
  gst_element_set_state(pipeline, GST_STATE_READY);
  g_object_set(filter, "filter-sequence", nullptr, nullptr);
  fail_unless_equals_int(frames_through(pipeline), 10);
  gst_object_unref(filter);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pipeline);
}
GST_END_TEST

GST_START_TEST(a_filter_that_has_had_enough_ends_a_pipeline) {
  GstElement *pipeline = gst_parse_launch(
      "videotestsrc ! video/x-raw,framerate=25/1 ! graphfilter filter-sequence=trim=end_frame=7 ! "
      "fakesink name=sink",
      nullptr);
  fail_unless_equals_int(frames_through(pipeline), 7);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pipeline);
}
GST_END_TEST

GST_START_TEST(unaligned_cropped_input_goes_through) {
  GstElement *pipeline = gst_parse_launch(
      "videotestsrc num-buffers=10 ! video/x-raw,width=101,height=67,format=RGB ! videocrop left=3 "
      "top=1 right=5 ! graphfilter filter-sequence=nlmeans=r=3,scale=33:21 ! videoconvert ! "
      "video/x-raw,format=GRAY8 ! fakesink name=sink",
      nullptr);
  fail_unless_equals_int(frames_through(pipeline), 10);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pipeline);
}
GST_END_TEST

GST_START_TEST(state_changes_storm_through) {
  GstElement *pipeline = gst_parse_launch(
      "videotestsrc ! graphfilter filter-sequence=tmix,scale=64:48 ! queue ! fakesink", nullptr);
  static const GstState states[] = {GST_STATE_PLAYING, GST_STATE_NULL,    GST_STATE_PAUSED,
                                    GST_STATE_READY,   GST_STATE_PLAYING, GST_STATE_READY};
  GstBus *bus = gst_element_get_bus(pipeline);
  for (int i = 0; i < 60; i++) {
    fail_unless(gst_element_set_state(pipeline, states[i % G_N_ELEMENTS(states)]) !=
                GST_STATE_CHANGE_FAILURE);
    if (i % 7 == 0)
      gst_element_get_state(pipeline, nullptr, nullptr, GST_CLOCK_TIME_NONE);
  }
  fail_unless_equals_int(errors_on(bus).size(), 0);
  gst_object_unref(bus);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pipeline);
}
GST_END_TEST

static Suite *graphfilter_suite(void) {
  Suite *suite = suite_create("graphfilter");
  auto add_case = [&](const char *name) {
    TCase *tc = tcase_create(name);
    suite_add_tcase(suite, tc);
    return tc;
  };

  TCase *same = add_case("the same frames as the ffmpeg command");
  tcase_add_loop_test(same, frames_are_those_of_the_ffmpeg_command, 0, G_N_ELEMENTS(table));
  tcase_add_loop_test(same, frames_are_the_same_for_those_who_read_no_video_meta, 0,
                      G_N_ELEMENTS(table));

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
  tcase_add_test(metas, lag_is_answered_as_latency);

  TCase *errors = add_case("errors");
  tcase_add_loop_test(errors, a_bad_description_is_one_error_before_any_data, 0,
                      G_N_ELEMENTS(bad_descriptions));
  tcase_add_test(errors, a_size_that_downstream_does_not_take_is_named);
  tcase_add_test(errors, filters_that_do_not_fit_the_input_are_an_error);
  tcase_add_test(errors, without_auto_convert_a_missing_conversion_is_an_error);

  TCase *life = add_case("life");
  tcase_add_test(life, properties_are_as_set);
  tcase_add_test(life, the_dump_shows_the_configured_graph);
  tcase_add_test(life, it_can_be_used_again_after_ready_with_other_filters);
  tcase_add_test(life, a_filter_that_has_had_enough_ends_a_pipeline);
  tcase_add_test(life, unaligned_cropped_input_goes_through);
  tcase_add_test(life, state_changes_storm_through);
  return suite;
}

int main(int argc, char **argv) {
  gst_check_init(&argc, &argv);
  scratch_folder();
  int failed = gst_check_run_suite(graphfilter_suite(), "graphfilter", __FILE__);
  remove_scratch_folder();
  return failed;
}
