/* gst-framewise: what the tests of the graphfilter element share: clips, and the element between
 * two pads of a harness.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "framebridge.hpp"
#include "framepool.hpp"

extern "C" {
#include <libavutil/imgutils.h>
}

#include <gst/check/gstcheck.h>
#include <gst/check/gstharness.h>

#include <glib/gstdio.h>

#include <string>
#include <vector>

namespace filterbench {

using namespace framewise;

/* ---- Media ------------------------------------------------------------------------------------
 */

inline std::string scratch_folder() {
  static const std::string folder = [] {
    CString path(g_dir_make_tmp("graphfilter-XXXXXX", nullptr));
    return std::string(path.get());
  }();
  return folder;
}

inline void remove_scratch_folder() {
  GDir *dir = g_dir_open(scratch_folder().c_str(), 0, nullptr);
  while (const char *name = g_dir_read_name(dir))
    g_unlink((scratch_folder() + "/" + name).c_str());
  g_dir_close(dir);
  g_rmdir(scratch_folder().c_str());
}

/* Standard output of the ffmpeg command. */
inline std::string run_ffmpeg(const std::vector<std::string> &arguments) {
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
  int rate_den = 1;
};

/* A file of raw frames without padding. */
inline std::string raw_file(const Clip &clip) {
  std::string path =
      scratch_folder() + "/" + clip.format +
      framewise::format("-%dx%d-%d-%d.raw", clip.width, clip.height, clip.frames, clip.rate);
  if (!g_file_test(path.c_str(), G_FILE_TEST_EXISTS))
    run_ffmpeg({"-f", "lavfi", "-i",
                framewise::format("testsrc2=s=352x288:r=%d/%d", clip.rate, clip.rate_den), "-vf",
                framewise::format("scale=%d:%d:flags=bicubic", clip.width, clip.height),
                "-frames:v", std::to_string(clip.frames), "-pix_fmt", clip.format, "-f", "rawvideo",
                path});
  return path;
}

inline VideoParams params_of(const Clip &clip) {
  VideoParams params;
  params.format = av_get_pix_fmt(clip.format.c_str());
  params.width = clip.width;
  params.height = clip.height;
  params.framerate = {clip.rate, clip.rate_den};
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
    GST_BUFFER_PTS(buffer) = gst_util_uint64_scale(i, GST_SECOND * clip.rate_den, clip.rate);
    GST_BUFFER_DURATION(buffer) =
        gst_util_uint64_scale(i + 1, GST_SECOND * clip.rate_den, clip.rate) -
        GST_BUFFER_PTS(buffer);
    buffers.push_back(buffer);
  }
  g_free(data);
  return buffers;
}

/* Of the picture, packed as libav's rawvideo packs it. */
inline std::string md5_of(GstBuffer *buffer, const VideoParams &params) {
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

inline GstEvent *segment_event(guint64 start, guint64 base, double rate = 1.0) {
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  segment.rate = rate;
  segment.start = segment.time = segment.position = start;
  segment.base = base;
  return gst_event_new_segment(&segment);
}

/* ---- Running the element ----------------------------------------------------------------------
 */

enum class Downstream { takes_video_meta, takes_plain_buffers };

struct Bench {
  GstHarness *harness;

  explicit Bench(const char *sequence, const char *graph = nullptr,
                 Downstream downstream = Downstream::takes_video_meta,
                 const char *sink_caps = nullptr, int threads = 0) {
    GstElement *element = gst_element_factory_make("graphfilter", nullptr);
    g_object_set(element, "filter-sequence", sequence, "filter-graph", graph, "thread-count",
                 threads, nullptr);
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

inline const void *address_of(GstBuffer *buffer) {
  GstMapInfo map;
  fail_unless(gst_buffer_map_range(buffer, 0, 1, &map, GST_MAP_READ));
  const void *address = map.data;
  gst_buffer_unmap(buffer, &map);
  return address;
}

/* A buffer that libav's code can work on as it is. */
inline GstBuffer *aligned_buffer(const VideoParams &params, GstClockTime pts) {
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

/* fail_unless_equals_string() keeps no temporary alive. */
inline void expect_text(const std::string &text, const char *expected) {
  fail_unless(text == expected, "`%s` instead of `%s`", text.c_str(), expected);
}

inline const Clip small = {"yuv420p", 176, 144, 20};

} // namespace filterbench
