/* gst-framewise: what the layout of one frame costs, in time and in allocations.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Prints nanoseconds and calls of malloc for each way of asking. Asserts nothing.
 */
#include <gst/framewise/framewise.h>

#include "allocations.hpp"
#include "layout.hpp"
#include "videoparams.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>

using namespace framewise;

static void measure(const char *what, const std::function<void()> &once) {
  constexpr int rounds = 9, calls = 20000;
  double best = 1e9;
  for (int i = 0; i < calls; i++)
    once(); /* warm */
  const long before = allocations;
  for (int round = 0; round < rounds; round++) {
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < calls; i++)
      once();
    const std::chrono::duration<double, std::nano> spent = std::chrono::steady_clock::now() - start;
    best = std::min(best, spent.count() / calls);
  }
  std::printf("  %-58s %7.1f ns  %5.2f allocations\n", what, best,
              double(allocations - before) / (double(rounds) * calls));
}

static GstSample *sample_of(const char *pixel_format) {
  auto params = VideoParams{};
  params.format = av_get_pix_fmt(pixel_format);
  params.width = 1920;
  params.height = 1080;
  auto planes = aligned_layout(params.format, params.width, params.height);
  GstBuffer *buffer = gst_buffer_new_allocate(nullptr, planes->size, nullptr);
  gsize offset[GST_VIDEO_MAX_PLANES] = {};
  gint stride[GST_VIDEO_MAX_PLANES] = {};
  std::copy(planes->offset.begin(), planes->offset.end(), offset);
  std::copy(planes->stride.begin(), planes->stride.end(), stride);
  gst_buffer_add_video_meta_full(buffer, GST_VIDEO_FRAME_FLAG_NONE, to_gst_format(params.format),
                                 params.width, params.height, planes->n_planes, offset, stride);
  CapsPtr caps = to_caps(params);
  GstSample *sample = gst_sample_new(buffer, caps.get(), nullptr, nullptr);
  gst_buffer_unref(buffer);
  return sample;
}

static void measure_format(const char *pixel_format) {
  std::printf("%s 1920x1080\n", pixel_format);
  GstSample *sample = sample_of(pixel_format);
  GstBuffer *buffer = gst_sample_get_buffer(sample);
  GstFramewiseLayout *layout = gst_framewise_layout_new_from_sample(sample, nullptr);
  measure("for each frame: gst_framewise_layout_update()",
          [&] { gst_framewise_layout_update(layout, buffer, nullptr); });
  const AVPixelFormat format = av_get_pix_fmt(pixel_format);
  measure("inside: descriptor to arrays (StridedLayout)", [&] {
    auto inside = StridedLayout::create(format, 1920, 1080);
    if (!inside || !inside->place(layout->defaults))
      std::abort();
  });
  measure("anew: gst_framewise_layout_new_from_sample(), and free", [&] {
    gst_framewise_layout_free(gst_framewise_layout_new_from_sample(sample, nullptr));
  });
  GstFramewiseLayout *plane = gst_framewise_layout_get_plane(layout, 0);
  measure("gst_framewise_layout_map() of plane 0, and unref", [&] {
    gst_framewise_array_unref(
        gst_framewise_layout_map(plane, buffer, GST_FRAMEWISE_ACCESS_READ, nullptr));
  });
  gst_framewise_layout_free(plane);
  gst_framewise_layout_free(layout);
  gst_sample_unref(sample);
}

int main(int argc, char **argv) {
  gst_init(&argc, &argv);
  for (const char *pixel_format : {"rgb24", "yuv420p", "gbrp", "p010le"})
    measure_format(pixel_format);
  return 0;
}
