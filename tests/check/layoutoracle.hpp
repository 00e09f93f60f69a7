/* gst-framewise: reads arrays by what a layout says, and compares with av_read_image_line2().
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "array.h"
#include "layout.h"
#include "pixelformat.hpp"

extern "C" {
#include <libavutil/imgutils.h>
}

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace oracle {

struct Size {
  int width, height;
};
inline constexpr Size sizes[] = {{1, 1}, {3, 5}, {319, 237}};

inline std::vector<AVPixelFormat> all_formats() {
  std::vector<AVPixelFormat> formats;
  const AVPixFmtDescriptor *desc = nullptr;
  while ((desc = av_pix_fmt_desc_next(desc)))
    formats.push_back(av_pix_fmt_desc_get_id(desc));
  return formats;
}

/* Which formats have no array, by FFmpeg's own flags. */
inline bool has_layout(AVPixelFormat format) {
  return !(av_pix_fmt_desc_get(format)->flags &
           (AV_PIX_FMT_FLAG_HWACCEL | AV_PIX_FMT_FLAG_BITSTREAM));
}

inline std::vector<AVPixelFormat> expressible_formats() {
  std::vector<AVPixelFormat> formats;
  for (AVPixelFormat format : all_formats())
    if (has_layout(format))
      formats.push_back(format);
  return formats;
}

inline std::string label(AVPixelFormat format, Size size) {
  return std::string(av_get_pix_fmt_name(format)) + " " + std::to_string(size.width) + "x" +
         std::to_string(size.height);
}

struct FreeLayout {
  void operator()(GstFramewiseLayout *layout) const { gst_framewise_layout_free(layout); }
  void operator()(GstFramewiseArray *array) const { gst_framewise_array_unref(array); }
};
using LayoutPtr = std::unique_ptr<GstFramewiseLayout, FreeLayout>;
using ArrayPtr = std::unique_ptr<GstFramewiseArray, FreeLayout>;

/* Runs `make(&error)`, expecting no error. */
template <typename Make> auto succeed(Make make) {
  GError *error = nullptr;
  auto result = make(&error);
  EXPECT_EQ(error, nullptr) << (error ? error->message : "");
  g_clear_error(&error);
  return result;
}
/* Runs `make(&error)`, expecting an error, and returns its message. */
template <typename Make> std::string message_of(Make make) {
  GError *error = nullptr;
  auto result = make(&error);
  EXPECT_FALSE(result);
  EXPECT_NE(error, nullptr);
  std::string message = error ? error->message : "";
  g_clear_error(&error);
  return message;
}

inline LayoutPtr layout_of(AVPixelFormat format, Size size) {
  return LayoutPtr(succeed([&](GError **error) {
    return gst_framewise_layout_new(av_get_pix_fmt_name(format), size.width, size.height, error);
  }));
}
inline LayoutPtr plane_of(const GstFramewiseLayout *layout, guint plane) {
  return LayoutPtr(gst_framewise_layout_get_plane(layout, plane));
}
inline std::vector<int64_t> shape_of(const GstFramewiseLayout *layout) {
  gsize n;
  const gint64 *shape = gst_framewise_layout_get_shape(layout, &n);
  return {shape, shape + n};
}
inline std::vector<int64_t> strides_of(const GstFramewiseLayout *layout) {
  gsize n;
  const gint64 *strides = gst_framewise_layout_get_strides(layout, &n);
  return {strides, strides + n};
}
inline std::string channels_of(const GstFramewiseLayout *layout) {
  std::string names;
  for (guint i = 0; i < gst_framewise_layout_get_n_channels(layout); i++)
    names += std::string(i ? " " : "") + gst_framewise_layout_get_channel_name(layout, i);
  return names;
}

inline std::mt19937 &dice() {
  static std::mt19937 engine(30);
  return engine;
}
inline int roll(int low, int high) { return std::uniform_int_distribution<int>(low, high)(dice()); }
inline void fill_with_noise(uint8_t *data, size_t size) {
  for (size_t i = 0; i < size; i++)
    data[i] = uint8_t(dice()() >> 7);
}

/* A picture in libav's own layout, of noise; the planes may begin inside it. */
struct Picture {
  AVPixelFormat format;
  const AVPixFmtDescriptor *desc;
  Size size;
  std::vector<uint8_t> memory;
  uint8_t *planes[4] = {};
  int linesizes[4] = {};
  size_t plane_sizes[4] = {};
  int n_planes = 0;

  Picture(AVPixelFormat of, Size sized) : format(of), desc(av_pix_fmt_desc_get(of)), size(sized) {
    EXPECT_GE(av_image_fill_linesizes(linesizes, format, size.width), 0);
    ptrdiff_t strides[4];
    std::copy(std::begin(linesizes), std::end(linesizes), strides);
    EXPECT_GE(av_image_fill_plane_sizes(plane_sizes, format, size.height, strides), 0);
    size_t total = 0;
    for (size_t bytes : plane_sizes)
      total += bytes;
    memory.resize(total + 64);
    fill_with_noise(memory.data(), memory.size());
    uint8_t *next = memory.data();
    for (; n_planes < 4 && plane_sizes[n_planes]; n_planes++) {
      planes[n_planes] = next;
      next += plane_sizes[n_planes];
    }
  }
  bool has_palette() const { return desc->flags & AV_PIX_FMT_FLAG_PAL; }
  bool is_chroma(int component) const {
    return (component == 1 || component == 2) && !(desc->flags & AV_PIX_FMT_FLAG_RGB);
  }
  int width_of(int component) const {
    return is_chroma(component) ? AV_CEIL_RSHIFT(size.width, desc->log2_chroma_w) : size.width;
  }
  int height_of(int component) const {
    return is_chroma(component) ? AV_CEIL_RSHIFT(size.height, desc->log2_chroma_h) : size.height;
  }
};

/* The samples of a component in row `y`, both in its own sampling. */
inline std::vector<uint32_t> line_of(const Picture &picture, int component, int x, int y,
                                     int width) {
  std::vector<uint32_t> line(width);
  if (std::string(picture.desc->name) == "uyyvyy411" && component == 0) {
    /* Its descriptor has no way to say where luma is; pixfmt.h does: Cb Y0 Y1 Cr Y2 Y3. */
    static constexpr int places[] = {1, 2, 4, 5};
    const uint8_t *row = picture.planes[0] + y * picture.linesizes[0];
    for (int i = 0; i < width; i++)
      line[i] = row[(x + i) / 4 * 6 + places[(x + i) % 4]];
    return line;
  }
  const uint8_t *planes[4] = {picture.planes[0], picture.planes[1], picture.planes[2],
                              picture.planes[3]};
  av_read_image_line2(line.data(), planes, picture.linesizes, picture.desc, x, y, component, width,
                      0, 4);
  return line;
}

/* An element as the type string has it, knowing nothing else of the format. */
inline uint32_t load(const uint8_t *at, const std::string &typestr) {
  const int bytes = typestr[2] - '0';
  uint32_t value = 0;
  for (int i = 0; i < bytes; i++)
    value |= uint32_t(at[i]) << 8 * (typestr[0] == '>' ? bytes - 1 - i : i);
  return value;
}

inline int component_of(const Picture &picture, const std::string &channels,
                        const std::string &name) {
  if (name == "A")
    return picture.desc->nb_components - 1;
  if (name == "index")
    return 0;
  const std::string space = channels.find('X') != std::string::npos ? "XYZ"
                            : channels.find('R') != std::string::npos ||
                                    channels.find('G') != std::string::npos ||
                                    channels.find('B') != std::string::npos
                                ? "RGB"
                                : "YUV";
  return int(space.find(name[0]));
}

struct Elements {
  const GstFramewiseLayout *layout;
  const uint8_t *data;
  std::vector<int64_t> shape, strides;
};

/* Every element of the array is the sample of that row, column and channel in the picture, which
 * the array shows from pixel x0, y0 on. Returns how many samples it has, without padding. */
inline size_t expect_samples(const Elements &array, const Picture &picture, int x0 = 0,
                             int y0 = 0) {
  const std::string axes = gst_framewise_layout_get_axes(array.layout);
  const std::string type = gst_framewise_layout_get_typestr(array.layout);
  const guint n_channels = gst_framewise_layout_get_n_channels(array.layout);
  const std::string channels = channels_of(array.layout);
  EXPECT_EQ(axes.size(), array.shape.size());
  EXPECT_EQ(axes.size(), array.strides.size());
  if (axes == "W") { /* a palette */
    for (int i = 0; i < 256; i++) {
      uint32_t wanted;
      memcpy(&wanted, picture.planes[1] + 4 * i, 4);
      EXPECT_EQ(load(array.data + i * array.strides[0], type), wanted) << i;
    }
    EXPECT_EQ(channels, "A R G B");
    return 256;
  }
  auto along = [&](char axis) {
    size_t i = axes.find(axis);
    return i == std::string::npos ? std::pair<int64_t, int64_t>{1, 0}
                                  : std::pair<int64_t, int64_t>{array.shape[i], array.strides[i]};
  };
  const auto [rows, row_stride] = along('H');
  const auto [columns, column_stride] = along('W');
  const auto [axis_length, channel_stride] = along('C');
  if (axes.find('C') != std::string::npos) {
    EXPECT_EQ(axis_length, n_channels);
  }

  int luma_in_group = 0;
  for (guint c = 0; c < n_channels; c++)
    luma_in_group += isdigit(gst_framewise_layout_get_channel_name(array.layout, c)[1]) ? 1 : 0;

  size_t seen = 0, wrong = 0;
  for (guint c = 0; c < n_channels; c++) {
    const std::string name = gst_framewise_layout_get_channel_name(array.layout, c);
    if (name == "x")
      continue;
    const bool bayer = name == "bayer";
    const int component = bayer ? 1 : component_of(picture, channels, name);
    const bool chroma = picture.is_chroma(component);
    const int cw = chroma ? picture.desc->log2_chroma_w : 0;
    const int ch = chroma ? picture.desc->log2_chroma_h : 0;
    const int depth = bayer ? picture.desc->comp[1].depth : picture.desc->comp[component].depth;
    if (!bayer) {
      EXPECT_EQ(int(gst_framewise_layout_get_channel_depth(array.layout, c)), depth);
    }
    const int shift = gst_framewise_layout_get_channel_shift(array.layout, c);
    const uint32_t mask = uint32_t((uint64_t(1) << depth) - 1);
    const bool grouped = name.size() == 2;
    const int times = grouped ? luma_in_group : 1;
    const int phase = grouped ? name[1] - '0' : 0;
    for (int64_t y = 0; y < rows; y++) {
      auto line = line_of(picture, component, x0 >> cw, int(y) + (y0 >> ch), int(columns) * times);
      for (int64_t x = 0; x < columns; x++, seen++) {
        const uint8_t *at = array.data + y * row_stride + x * column_stride +
                            (axis_length > 1 ? c * channel_stride : 0);
        if (((load(at, type) >> shift) & mask) != line[x * times + phase])
          wrong++;
      }
    }
  }
  EXPECT_EQ(wrong, 0u) << "of " << seen << " samples in " << type << " " << axes << " " << channels;
  return seen;
}

} // namespace oracle
