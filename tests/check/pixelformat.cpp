/* gst-framewise: pixel formats, caps, and frames across the border, for every format there is.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "closestformat.hpp"
#include "framebridge.hpp"
#include "frameconverter.hpp"
#include "framepool.hpp"

extern "C" {
#include <libavutil/imgutils.h>
}

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <sstream>

using namespace framewise;

namespace {

std::vector<AVPixelFormat> software_formats() {
  std::vector<AVPixelFormat> formats;
  const AVPixFmtDescriptor *desc = nullptr;
  while ((desc = av_pix_fmt_desc_next(desc)))
    if (AVPixelFormat id = av_pix_fmt_desc_get_id(desc); is_software(id))
      formats.push_back(id);
  return formats;
}

struct Size {
  int width, height;
};
constexpr Size sizes[] = {{1, 1}, {3, 5}, {33, 17}, {319, 237}, {320, 240}};

std::mt19937 &dice() {
  static std::mt19937 engine(20);
  return engine;
}

void fill_with_noise(uint8_t *data, size_t size) {
  static const std::vector<uint8_t> noise = [] {
    std::vector<uint8_t> bytes(1 << 16);
    for (auto &byte : bytes)
      byte = uint8_t(dice()());
    return bytes;
  }();
  /* From another place each time, so that no two planes are alike. */
  for (size_t done = 0; done < size;) {
    size_t start = dice()() % (noise.size() / 2);
    size_t length = std::min(size - done, noise.size() - start);
    memcpy(data + done, noise.data() + start, length);
    done += length;
  }
}

bool is_read_only(GstBuffer *buffer) {
  for (guint i = 0; i < gst_buffer_n_memory(buffer); i++)
    if (!GST_MEMORY_IS_READONLY(gst_buffer_peek_memory(buffer, i)))
      return false;
  return true;
}

FramePtr noise_frame(AVPixelFormat format, Size size) {
  FramePtr frame = new_frame();
  frame->format = format;
  frame->width = size.width;
  frame->height = size.height;
  EXPECT_EQ(av_frame_get_buffer(frame.get(), 0), 0);
  for (int i = 0; i < AV_NUM_DATA_POINTERS && frame->buf[i]; i++)
    fill_with_noise(frame->buf[i]->data, frame->buf[i]->size);
  return frame;
}

std::vector<uint8_t> packed(const AVFrame *frame) {
  auto format = AVPixelFormat(frame->format);
  int size = av_image_get_buffer_size(format, frame->width, frame->height, 1);
  std::vector<uint8_t> bytes(size);
  EXPECT_EQ(av_image_copy_to_buffer(bytes.data(), size, frame->data, frame->linesize, format,
                                    frame->width, frame->height, 1),
            size);
  return bytes;
}

VideoParams params_of(AVPixelFormat format, Size size) {
  VideoParams params;
  params.format = without_range(format);
  params.width = size.width;
  params.height = size.height;
  return params;
}

std::string label(AVPixelFormat format, Size size) { return params_of(format, size).describe(); }

/* ---- Twins -------------------------------------------------------------------------------------
 */

/* One frame in memory, as both worlds address it. */
struct TwinFrame {
  const GstVideoFormatInfo *info;
  const AVPixFmtDescriptor *desc;
  PlaneLayout layout;
  std::vector<uint8_t> memory;
  uint8_t *data[4] = {};
  int av_stride[4] = {};

  TwinFrame(const PixelFormatTwin &twin, Size size)
      : info(gst_video_format_get_info(twin.gst)), desc(av_pix_fmt_desc_get(twin.av)),
        layout(*default_layout(twin.av, size.width, size.height)), memory(layout.size + 64) {
    for (int i = 0; i < layout.n_planes; i++) {
      data[i] = memory.data() + layout.offset[i];
      av_stride[i] = layout.stride[i];
    }
  }

  int width_of(int component, int width) const {
    bool chroma = component == 1 || component == 2;
    return chroma ? AV_CEIL_RSHIFT(width, desc->log2_chroma_w) : width;
  }
  int row_of(int component, int y) const {
    bool chroma = component == 1 || component == 2;
    return chroma ? y >> desc->log2_chroma_h : y;
  }
};

/* A sample of `depth` bits moved up to the top of `bits`. */
unsigned to_top(unsigned value, int depth, int bits) {
  return bits >= depth ? value << (bits - depth) : value >> (depth - bits);
}

/* Luma at uneven distances (U Y Y V Y Y), which neither world's description can express. */
bool is_irregular(const PixelFormatTwin &twin) { return twin.av == AV_PIX_FMT_UYYVYY411; }

TEST(Twins, name_each_format_once) {
  for (const auto &a : pixel_format_twins())
    for (const auto &b : pixel_format_twins())
      if (&a != &b) {
        EXPECT_NE(a.gst, b.gst) << gst_video_format_to_string(a.gst);
        EXPECT_NE(a.av, b.av) << av_get_pix_fmt_name(a.av);
      }
  for (const auto &twin : pixel_format_twins()) {
    EXPECT_EQ(to_gst_format(twin.av), twin.gst);
    EXPECT_EQ(to_av_format(twin.gst), twin.av);
    EXPECT_TRUE(is_software(twin.av));
  }
}

/* Byte order, shifts and offsets are told in two languages; hold_each_sample_in_the_same_bits tries
 * them out instead. */
TEST(Twins, have_the_same_components) {
  for (const auto &twin : pixel_format_twins()) {
    SCOPED_TRACE(gst_video_format_to_string(twin.gst));
    const auto *info = gst_video_format_get_info(twin.gst);
    const auto *desc = av_pix_fmt_desc_get(twin.av);
    if (desc->flags & AV_PIX_FMT_FLAG_PAL) {
      EXPECT_TRUE(GST_VIDEO_FORMAT_INFO_HAS_PALETTE(info));
      continue;
    }
    EXPECT_EQ(info->n_components, desc->nb_components);
    EXPECT_EQ(bool(GST_VIDEO_FORMAT_INFO_HAS_ALPHA(info)),
              bool(desc->flags & AV_PIX_FMT_FLAG_ALPHA));
    EXPECT_EQ(bool(GST_VIDEO_FORMAT_INFO_IS_RGB(info)), bool(desc->flags & AV_PIX_FMT_FLAG_RGB));
    for (int c = 0; c < desc->nb_components; c++) {
      SCOPED_TRACE(c);
      EXPECT_EQ(int(info->depth[c]), desc->comp[c].depth);
      EXPECT_EQ(int(info->plane[c]), desc->comp[c].plane);
      if (!is_irregular(twin)) {
        EXPECT_EQ(int(info->pixel_stride[c]), desc->comp[c].step);
      }
      bool chroma = c == 1 || c == 2;
      EXPECT_EQ(int(info->w_sub[c]), chroma ? desc->log2_chroma_w : 0);
      EXPECT_EQ(int(info->h_sub[c]), chroma ? desc->log2_chroma_h : 0);
    }
  }
}

/* By their descriptions, where these speak alike: not of words that hold several components. */
bool are_described_alike(const GstVideoFormatInfo *info, const AVPixFmtDescriptor *desc) {
  const bool big_endian = desc->flags & AV_PIX_FMT_FLAG_BE;
  if (GST_VIDEO_FORMAT_INFO_IS_TILED(info) || GST_VIDEO_FORMAT_INFO_IS_COMPLEX(info) ||
      GST_VIDEO_FORMAT_INFO_HAS_PALETTE(info) != bool(desc->flags & AV_PIX_FMT_FLAG_PAL) ||
      GST_VIDEO_FORMAT_INFO_IS_RGB(info) != bool(desc->flags & AV_PIX_FMT_FLAG_RGB) ||
      GST_VIDEO_FORMAT_INFO_HAS_ALPHA(info) != bool(desc->flags & AV_PIX_FMT_FLAG_ALPHA) ||
      int(info->n_components) != desc->nb_components)
    return false;
  for (int c = 0; c < desc->nb_components; c++) {
    const auto &component = desc->comp[c];
    const bool chroma = c == 1 || c == 2;
    const bool wide = component.depth + component.shift > 8;
    if (int(info->plane[c]) != component.plane || int(info->pixel_stride[c]) != component.step ||
        int(info->poffset[c]) != component.offset || int(info->shift[c]) != component.shift ||
        int(info->depth[c]) != component.depth ||
        int(info->w_sub[c]) != (chroma ? desc->log2_chroma_w : 0) ||
        int(info->h_sub[c]) != (chroma ? desc->log2_chroma_h : 0) ||
        (wide && GST_VIDEO_FORMAT_INFO_IS_LE(info) == big_endian))
      return false;
  }
  return true;
}

TEST(Twins, leave_no_pair_out) {
  guint n;
  const GstVideoFormat *raw = gst_video_formats_raw(&n);
  int n_alike = 0;
  for (guint i = 0; i < n; i++)
    for (AVPixelFormat format : software_formats()) {
      if (implies_full_range(format) ||
          !are_described_alike(gst_video_format_get_info(raw[i]), av_pix_fmt_desc_get(format)))
        continue;
      n_alike++;
      /* one of them may have another that is its twin: VYUY is described just as UYVY */
      EXPECT_TRUE(to_av_format(raw[i]) != AV_PIX_FMT_NONE ||
                  to_gst_format(format) != GST_VIDEO_FORMAT_UNKNOWN)
          << gst_video_format_to_string(raw[i]) << " is " << av_get_pix_fmt_name(format);
    }
  EXPECT_GT(n_alike, 50);
}

/* Samples are written where libav has them and read where GStreamer has them. */
TEST(Twins, hold_each_sample_in_the_same_bits) {
  constexpr Size size{32, 8};
  for (const auto &twin : pixel_format_twins()) {
    SCOPED_TRACE(gst_video_format_to_string(twin.gst));
    TwinFrame frame(twin, size);
    if (frame.desc->flags & AV_PIX_FMT_FLAG_PAL || is_irregular(twin))
      continue;
    std::vector<std::vector<std::vector<uint32_t>>> samples(frame.desc->nb_components);
    for (int c = 0; c < frame.desc->nb_components; c++) {
      int depth = frame.desc->comp[c].depth;
      samples[c].resize(frame.row_of(c, size.height - 1) + 1);
      for (size_t y = 0; y < samples[c].size(); y++) {
        auto &row = samples[c][y];
        row.resize(frame.width_of(c, size.width));
        for (auto &sample : row)
          sample = dice()() & ((1u << depth) - 1);
        av_write_image_line2(row.data(), frame.data, frame.av_stride, frame.desc, 0, int(y), c,
                             int(row.size()), 4);
      }
    }

    GstVideoFormat wide = frame.info->unpack_format;
    const bool is_64 = wide == GST_VIDEO_FORMAT_AYUV64 || wide == GST_VIDEO_FORMAT_ARGB64;
    const int bits = is_64 ? 16 : 8;
    const int alpha_first[4] = {1, 2, 3, 0};
    for (int y = 0; y < size.height; y++) {
      std::vector<uint16_t> line(size.width * 4);
      gpointer planes[GST_VIDEO_MAX_PLANES];
      gint strides[GST_VIDEO_MAX_PLANES];
      for (int i = 0; i < GST_VIDEO_MAX_PLANES; i++) {
        planes[i] = frame.data[i];
        strides[i] = frame.av_stride[i];
      }
      frame.info->unpack_func(frame.info, GST_VIDEO_PACK_FLAG_TRUNCATE_RANGE, line.data(), planes,
                              strides, 0, y, size.width);
      for (int x = 0; x < size.width; x++)
        for (int c = 0; c < frame.desc->nb_components; c++) {
          bool is_alpha =
              c == frame.desc->nb_components - 1 && frame.desc->flags & AV_PIX_FMT_FLAG_ALPHA;
          int at = x * 4 + (is_alpha ? 0 : alpha_first[c]);
          unsigned read = is_64 ? line[at] : reinterpret_cast<const uint8_t *>(line.data())[at];
          bool chroma = c == 1 || c == 2;
          unsigned written =
              samples[c][frame.row_of(c, y)][chroma ? x >> frame.desc->log2_chroma_w : x];
          ASSERT_EQ(read, to_top(written, frame.desc->comp[c].depth, bits))
              << "component " << c << " at " << x << "," << y;
        }
    }
  }
}

/* UYYVYY411 as FFmpeg's documentation spells it: six bytes for four pixels. */
TEST(Twins, of_packed_411_have_their_bytes_in_the_order_u_y_y_v_y_y) {
  constexpr Size size{32, 2};
  TwinFrame frame({GST_VIDEO_FORMAT_IYU1, AV_PIX_FMT_UYYVYY411}, size);
  fill_with_noise(frame.memory.data(), frame.layout.size);
  for (int y = 0; y < size.height; y++) {
    std::vector<uint8_t> line(size.width * 4);
    gpointer planes[4] = {frame.data[0]};
    gint strides[4] = {frame.av_stride[0]};
    frame.info->unpack_func(frame.info, GST_VIDEO_PACK_FLAG_NONE, line.data(), planes, strides, 0,
                            y, size.width);
    for (int x = 0; x < size.width; x++) {
      const uint8_t *four = frame.data[0] + y * frame.av_stride[0] + x / 4 * 6;
      constexpr int luma_at[4] = {1, 2, 4, 5};
      EXPECT_EQ(line[x * 4 + 1], four[luma_at[x % 4]]) << "Y at " << x;
      EXPECT_EQ(line[x * 4 + 2], four[0]) << "U at " << x;
      EXPECT_EQ(line[x * 4 + 3], four[3]) << "V at " << x;
    }
  }
}

TEST(Twins, have_their_palette_in_the_same_place) {
  constexpr Size size{32, 8};
  TwinFrame frame({GST_VIDEO_FORMAT_RGB8P, AV_PIX_FMT_PAL8}, size);
  fill_with_noise(frame.memory.data(), frame.layout.size);
  FramePtr pal8 = new_frame();
  describe_frame(pal8.get(), params_of(AV_PIX_FMT_PAL8, size));
  for (int i = 0; i < 2; i++)
    pal8->data[i] = frame.data[i];
  pal8->linesize[0] = frame.av_stride[0];
  for (int y = 0; y < size.height; y++) {
    std::vector<uint8_t> line(size.width * 4);
    gpointer planes[4] = {frame.data[0], frame.data[1]};
    gint strides[4] = {frame.av_stride[0], frame.av_stride[1]};
    frame.info->unpack_func(frame.info, GST_VIDEO_PACK_FLAG_NONE, line.data(), planes, strides, 0,
                            y, size.width);
    for (int x = 0; x < size.width; x++) {
      uint8_t index = frame.data[0][y * frame.av_stride[0] + x];
      uint32_t argb = reinterpret_cast<const uint32_t *>(frame.data[1])[index];
      for (int byte = 0; byte < 4; byte++)
        ASSERT_EQ(line[x * 4 + byte], uint8_t(argb >> (24 - 8 * byte)));
    }
  }
}

/* ---- Layouts -----------------------------------------------------------------------------------
 */

TEST(Layout, is_what_gstreamer_makes_of_the_caps) {
  const GstVideoInterlaceMode modes[] = {GST_VIDEO_INTERLACE_MODE_PROGRESSIVE,
                                         GST_VIDEO_INTERLACE_MODE_INTERLEAVED,
                                         GST_VIDEO_INTERLACE_MODE_MIXED};
  for (const auto &twin : pixel_format_twins())
    for (Size size : sizes)
      for (auto mode : modes) {
        SCOPED_TRACE(label(twin.av, size) + " " + gst_video_interlace_mode_to_string(mode));
        VideoParams params = params_of(twin.av, size);
        params.interlace_mode = mode;
        CapsPtr caps = to_caps(params);
        GstVideoInfo info;
        ASSERT_TRUE(gst_video_info_from_caps(&info, caps.get()));
        auto layout = default_layout(twin.av, size.width, size.height, mode);
        ASSERT_TRUE(layout);
        EXPECT_EQ(layout->size, GST_VIDEO_INFO_SIZE(&info));
        ASSERT_EQ(layout->n_planes, int(GST_VIDEO_INFO_N_PLANES(&info)));
        for (int i = 0; i < layout->n_planes; i++) {
          EXPECT_EQ(layout->stride[i], GST_VIDEO_INFO_PLANE_STRIDE(&info, i)) << i;
          EXPECT_EQ(layout->offset[i], GST_VIDEO_INFO_PLANE_OFFSET(&info, i)) << i;
        }
      }
}

void expect_planes_apart(const PlaneLayout &layout) {
  size_t end = 0;
  for (int i = 0; i < layout.n_planes; i++) {
    EXPECT_GE(layout.offset[i], end) << "plane " << i;
    bool palette = layout.row_size[i] == AVPALETTE_SIZE && layout.rows[i] == 1;
    if (!palette) {
      EXPECT_GE(layout.stride[i], layout.row_size[i]) << "plane " << i;
    }
    end = layout.offset[i] + size_t(layout.stride[i]) * (layout.rows[i] - 1) + layout.row_size[i];
  }
  EXPECT_LE(end, layout.size);
}

TEST(Layout, keeps_planes_apart_in_every_format) {
  for (AVPixelFormat format : software_formats())
    for (Size size : sizes) {
      SCOPED_TRACE(label(format, size));
      auto tight = default_layout(format, size.width, size.height);
      auto aligned = aligned_layout(format, size.width, size.height);
      ASSERT_TRUE(tight);
      ASSERT_TRUE(aligned);
      expect_planes_apart(*tight);
      expect_planes_apart(*aligned);
      for (int i = 0; i < aligned->n_planes; i++)
        EXPECT_EQ(aligned->offset[i] % frame_alignment(), 0u);
    }
}

TEST(Layout, refuses_sizes_and_formats_that_cannot_be) {
  EXPECT_FALSE(default_layout(AV_PIX_FMT_YUV420P, 0, 5));
  EXPECT_FALSE(default_layout(AV_PIX_FMT_YUV420P, -4, 5));
  EXPECT_FALSE(default_layout(AV_PIX_FMT_RGBA64LE, INT_MAX, INT_MAX));
  EXPECT_FALSE(default_layout(AV_PIX_FMT_VAAPI, 16, 16));
  EXPECT_FALSE(default_layout(AV_PIX_FMT_NONE, 16, 16));
}

/* ---- Caps --------------------------------------------------------------------------------------
 */

void expect_round_trip(const VideoParams &params) {
  CapsPtr caps = to_caps(params);
  CString text(gst_caps_to_string(caps.get()));
  SCOPED_TRACE(text.get());
  EXPECT_TRUE(gst_caps_is_fixed(caps.get()));
  auto back = from_caps(caps.get());
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_TRUE(*back == params);
  CapsPtr templ = template_caps();
  EXPECT_TRUE(gst_caps_is_subset(caps.get(), templ.get()));
}

TEST(Caps, round_trip_for_every_format) {
  for (AVPixelFormat format : software_formats())
    for (Size size : sizes)
      expect_round_trip(params_of(format, size));
}

TEST(Caps, of_formats_without_a_gstreamer_name_carry_libavs) {
  CapsPtr caps = to_caps(params_of(AV_PIX_FMT_RGB48LE, {4, 2}));
  const GstStructure *s = gst_caps_get_structure(caps.get(), 0);
  EXPECT_STREQ(gst_structure_get_name(s), FRAMEWISE_CAPS_NAME);
  EXPECT_STREQ(gst_structure_get_string(s, "format"), "rgb48le");
}

TEST(Caps, round_trip_for_rates_and_aspect_ratios) {
  VideoParams params = params_of(AV_PIX_FMT_YUV420P, {320, 240});
  for (AVRational rate : {AVRational{0, 1}, {25, 1}, {30000, 1001}, {1, 7}, {1000, 1}})
    for (AVRational aspect : {AVRational{1, 1}, {4, 3}, {10, 11}, {1, 2}}) {
      params.framerate = rate;
      params.sample_aspect_ratio = aspect;
      expect_round_trip(params);
    }
  params.framerate = {0, 1};
  params.max_framerate = {60, 1};
  expect_round_trip(params);
}

TEST(Caps, round_trip_for_interlacing) {
  VideoParams params = params_of(AV_PIX_FMT_YUV420P, {320, 240});
  params.interlace_mode = GST_VIDEO_INTERLACE_MODE_MIXED;
  expect_round_trip(params);
  params.interlace_mode = GST_VIDEO_INTERLACE_MODE_INTERLEAVED;
  for (auto order : {GST_VIDEO_FIELD_ORDER_UNKNOWN, GST_VIDEO_FIELD_ORDER_TOP_FIELD_FIRST,
                     GST_VIDEO_FIELD_ORDER_BOTTOM_FIELD_FIRST}) {
    params.field_order = order;
    expect_round_trip(params);
  }
}

TEST(Caps, round_trip_for_chroma_positions) {
  VideoParams params = params_of(AV_PIX_FMT_YUV420P, {320, 240});
  for (auto location : {AVCHROMA_LOC_UNSPECIFIED, AVCHROMA_LOC_LEFT, AVCHROMA_LOC_CENTER,
                        AVCHROMA_LOC_TOPLEFT, AVCHROMA_LOC_TOP}) {
    params.chroma_location = location;
    expect_round_trip(params);
  }
}

/* The code points that GStreamer knows as well; of two that it holds for one, the one it gives. */
template <typename Value> std::vector<Value> shared_code_points(guint (*round_trip)(guint)) {
  std::vector<Value> shared;
  for (guint iso = 1; iso < 24; iso++)
    if (iso != 2 && round_trip(iso) == iso)
      shared.push_back(static_cast<Value>(iso));
  return shared;
}

TEST(Caps, round_trip_for_colorimetry) {
  auto matrices = shared_code_points<AVColorSpace>([](guint iso) {
    return gst_video_color_matrix_to_iso(gst_video_color_matrix_from_iso(iso));
  });
  auto transfers = shared_code_points<AVColorTransferCharacteristic>([](guint iso) {
    return gst_video_transfer_function_to_iso(gst_video_transfer_function_from_iso(iso));
  });
  auto primaries = shared_code_points<AVColorPrimaries>([](guint iso) {
    return gst_video_color_primaries_to_iso(gst_video_color_primaries_from_iso(iso));
  });
  ASSERT_GE(matrices.size(), 4u);
  ASSERT_GE(transfers.size(), 8u);
  ASSERT_GE(primaries.size(), 6u);
  transfers.push_back(AVCOL_TRC_UNSPECIFIED);
  primaries.push_back(AVCOL_PRI_UNSPECIFIED);

  VideoParams params = params_of(AV_PIX_FMT_YUV420P10LE, {320, 240});
  for (auto matrix : matrices)
    for (auto transfer : transfers)
      for (auto primary : primaries)
        for (auto range : {AVCOL_RANGE_MPEG, AVCOL_RANGE_JPEG, AVCOL_RANGE_UNSPECIFIED}) {
          params.matrix = matrix;
          params.transfer = transfer;
          params.primaries = primary;
          params.range = range;
          expect_round_trip(params);
        }
}

TEST(Caps, keep_the_range_of_a_stream_that_names_no_matrix) {
  VideoParams params = params_of(AV_PIX_FMT_YUV420P, {320, 240});
  for (auto range : {AVCOL_RANGE_MPEG, AVCOL_RANGE_JPEG}) {
    params.range = range;
    CapsPtr caps = to_caps(params);
    auto back = from_caps(caps.get());
    ASSERT_TRUE(back);
    EXPECT_EQ(back->range, range);
    GstVideoInfo info;
    ASSERT_TRUE(gst_video_info_from_caps(&info, caps.get()));
    EXPECT_EQ(info.colorimetry.range, range == AVCOL_RANGE_JPEG ? GST_VIDEO_COLOR_RANGE_0_255
                                                                : GST_VIDEO_COLOR_RANGE_16_235);
  }
}

TEST(Caps, round_trip_for_hdr) {
  VideoParams params = params_of(AV_PIX_FMT_YUV420P10LE, {320, 240});
  params.matrix = AVCOL_SPC_BT2020_NCL;
  params.transfer = AVCOL_TRC_SMPTE2084;
  params.primaries = AVCOL_PRI_BT2020;
  params.range = AVCOL_RANGE_MPEG;
  GstVideoMasteringDisplayInfo display = {};
  for (int i = 0; i < 3; i++)
    display.display_primaries[i] = {guint16(1000 * i + 1), guint16(2000 * i + 2)};
  display.white_point = {15635, 16450};
  display.max_display_mastering_luminance = 10000000;
  display.min_display_mastering_luminance = 1;
  params.mastering_display = display;
  GstVideoContentLightLevel light = {};
  light.max_content_light_level = 1000;
  light.max_frame_average_light_level = 400;
  params.content_light_level = light;
  expect_round_trip(params);

  FramePtr frame = new_frame();
  describe_frame(frame.get(), params);
  EXPECT_TRUE(from_frame(frame.get()) == params);
}

TEST(Caps, of_a_frame_with_a_full_range_format_name_say_the_range_instead) {
  for (auto format : {AV_PIX_FMT_YUVJ420P, AV_PIX_FMT_YUVJ422P, AV_PIX_FMT_YUVJ444P,
                      AV_PIX_FMT_YUVJ440P, AV_PIX_FMT_YUVJ411P}) {
    FramePtr frame = noise_frame(format, {16, 16});
    VideoParams params = from_frame(frame.get());
    EXPECT_EQ(params.range, AVCOL_RANGE_JPEG);
    EXPECT_EQ(params.format, without_range(format));
    EXPECT_NE(params.format, format);
    EXPECT_EQ(with_full_range(params.format), format);
  }
}

TEST(Caps, that_are_none_of_ours_are_refused_and_quoted) {
  for (const char *text :
       {"video/x-raw, format=I420, width=[1, 5], height=2",
        "video/x-raw, format=NV12_4L4, width=4, height=2", "video/x-raw, format=I420, width=4",
        "video/x-h264, width=4, height=2", "video/x-raw, format=I420, width=0, height=2",
        "video/x-raw, width=4, height=2", "video/x-framewise, format=vaapi, width=4, height=2",
        "video/x-framewise, format=no-such, width=4, height=2",
        "video/x-raw(memory:DMABuf), format=I420, width=4, height=2"}) {
    CapsPtr caps(gst_caps_from_string(text));
    ASSERT_TRUE(caps) << text;
    auto params = from_caps(caps.get());
    ASSERT_FALSE(params) << text;
    EXPECT_NE(
        params.error().message.find(gst_structure_get_name(gst_caps_get_structure(caps.get(), 0))),
        std::string::npos)
        << params.error().message;
  }
}

/* ---- Frames across the border
 * -------------------------------------------------------------------- */

enum class Memory { one, one_for_each_plane, cut_anywhere };

/* A writable buffer for `layout`, filled with noise, its memory divided as asked. */
BufferPtr new_buffer(const PlaneLayout &layout, Memory memory) {
  std::vector<size_t> cuts{0};
  if (memory == Memory::one_for_each_plane)
    for (int i = 1; i < layout.n_planes; i++)
      cuts.push_back(layout.offset[i]);
  if (memory == Memory::cut_anywhere && layout.size > 2)
    cuts.push_back(layout.size / 2 - 1);
  cuts.push_back(layout.size);
  BufferPtr buffer(gst_buffer_new());
  for (size_t i = 0; i + 1 < cuts.size(); i++) {
    GstMemory *piece = gst_allocator_alloc(nullptr, cuts[i + 1] - cuts[i], nullptr);
    GstMapInfo map;
    gst_memory_map(piece, &map, GST_MAP_WRITE);
    fill_with_noise(map.data, map.size);
    gst_memory_unmap(piece, &map);
    gst_buffer_append_memory(buffer.get(), piece);
  }
  return buffer;
}

void add_video_meta(GstBuffer *buffer, const PlaneLayout &layout, AVPixelFormat format, Size size) {
  gsize offset[GST_VIDEO_MAX_PLANES] = {};
  gint stride[GST_VIDEO_MAX_PLANES] = {};
  std::copy(layout.offset.begin(), layout.offset.end(), offset);
  std::copy(layout.stride.begin(), layout.stride.end(), stride);
  GstVideoFormat twin = to_gst_format(format);
  gst_buffer_add_video_meta_full(buffer, GST_VIDEO_FRAME_FLAG_NONE,
                                 twin == GST_VIDEO_FORMAT_UNKNOWN ? GST_VIDEO_FORMAT_ENCODED : twin,
                                 size.width, size.height, layout.n_planes, offset, stride);
}

void expect_copy_round_trip(AVPixelFormat format, Size size, Memory memory, WithVideoMeta meta) {
  SCOPED_TRACE(label(format, size));
  auto layout = meta == WithVideoMeta::yes ? aligned_layout(format, size.width, size.height)
                                           : default_layout(format, size.width, size.height);
  ASSERT_TRUE(layout);
  BufferPtr buffer = new_buffer(*layout, memory);
  if (meta == WithVideoMeta::yes)
    add_video_meta(buffer.get(), *layout, format, size);

  FramePtr frame = noise_frame(format, size);
  auto copied = copy_frame(frame.get(), buffer.get());
  ASSERT_TRUE(copied) << copied.error().message;
  FrameImporter importer;
  auto back = importer.import(std::move(buffer), params_of(format, size), Access::read);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ((*back)->width, size.width);
  EXPECT_EQ((*back)->height, size.height);
  EXPECT_EQ(packed(back->get()), packed(frame.get()));
}

TEST(Copy, comes_back_the_same_at_default_strides) {
  for (AVPixelFormat format : software_formats())
    for (Size size : sizes)
      expect_copy_round_trip(format, size, Memory::one, WithVideoMeta::no);
}

TEST(Copy, comes_back_the_same_through_a_video_meta) {
  for (AVPixelFormat format : software_formats())
    for (Size size : sizes)
      expect_copy_round_trip(format, size, Memory::one, WithVideoMeta::yes);
}

TEST(Copy, comes_back_the_same_with_a_memory_for_each_plane) {
  for (AVPixelFormat format : software_formats())
    for (auto meta : {WithVideoMeta::no, WithVideoMeta::yes})
      expect_copy_round_trip(format, {319, 237}, Memory::one_for_each_plane, meta);
}

TEST(Copy, comes_back_the_same_with_memory_cut_inside_a_plane) {
  for (AVPixelFormat format : software_formats())
    for (auto meta : {WithVideoMeta::no, WithVideoMeta::yes})
      expect_copy_round_trip(format, {33, 17}, Memory::cut_anywhere, meta);
}

TEST(Copy, of_an_interlaced_frame_is_where_gstreamer_looks_for_it) {
  constexpr Size size{32, 18};
  FramePtr frame = noise_frame(AV_PIX_FMT_YUV420P, size);
  VideoParams params = params_of(AV_PIX_FMT_YUV420P, size);
  params.interlace_mode = GST_VIDEO_INTERLACE_MODE_INTERLEAVED;
  CapsPtr caps = to_caps(params);
  GstVideoInfo info;
  ASSERT_TRUE(gst_video_info_from_caps(&info, caps.get()));
  BufferPtr buffer(gst_buffer_new_allocate(nullptr, GST_VIDEO_INFO_SIZE(&info), nullptr));
  ASSERT_TRUE(copy_frame(frame.get(), buffer.get(), params.interlace_mode));

  GstVideoFrame mapped;
  ASSERT_TRUE(gst_video_frame_map(&mapped, &info, buffer.get(), GST_MAP_READ));
  for (int plane = 0; plane < 3; plane++)
    for (int y = 0; y < (plane ? size.height / 2 : size.height); y++)
      EXPECT_EQ(memcmp(static_cast<uint8_t *>(GST_VIDEO_FRAME_PLANE_DATA(&mapped, plane)) +
                           y * GST_VIDEO_FRAME_PLANE_STRIDE(&mapped, plane),
                       frame->data[plane] + y * frame->linesize[plane],
                       plane ? size.width / 2 : size.width),
                0)
          << "plane " << plane << " row " << y;
  gst_video_frame_unmap(&mapped);
}

TEST(Copy, into_a_buffer_that_is_too_small_is_refused) {
  for (AVPixelFormat format : software_formats()) {
    auto layout = default_layout(format, 33, 17);
    layout->size /= 2;
    BufferPtr buffer = new_buffer(*layout, Memory::one);
    FramePtr frame = noise_frame(format, {33, 17});
    EXPECT_FALSE(copy_frame(frame.get(), buffer.get())) << av_get_pix_fmt_name(format);
    FrameImporter importer;
    EXPECT_FALSE(importer.import(std::move(buffer), params_of(format, {33, 17}), Access::read));
  }
}

/* Start of each plane as someone who reads the meta finds it. */
std::vector<const uint8_t *> planes_by_meta(GstBuffer *buffer) {
  std::vector<const uint8_t *> planes;
  GstVideoMeta *meta = gst_buffer_get_video_meta(buffer);
  for (guint i = 0; meta && i < meta->n_planes; i++) {
    guint index, length;
    gsize skip;
    EXPECT_TRUE(gst_buffer_find_memory(buffer, meta->offset[i], 1, &index, &length, &skip));
    GstMapInfo map;
    GstMemory *memory = gst_buffer_peek_memory(buffer, index);
    EXPECT_TRUE(gst_memory_map(memory, &map, GST_MAP_READ));
    planes.push_back(map.data + skip);
    gst_memory_unmap(memory, &map);
  }
  return planes;
}

TEST(Wrap, is_the_frames_own_memory_in_every_format) {
  for (AVPixelFormat format : software_formats())
    for (Size size : sizes) {
      SCOPED_TRACE(label(format, size));
      FramePtr frame = noise_frame(format, size);
      auto expected = packed(frame.get());
      const uint8_t *data[4] = {frame->data[0], frame->data[1], frame->data[2], frame->data[3]};
      BufferPtr buffer = wrap_frame(frame.get(), Sharing::read_only);
      ASSERT_TRUE(buffer);
      auto planes = planes_by_meta(buffer.get());
      ASSERT_FALSE(planes.empty());
      for (size_t i = 0; i < planes.size(); i++)
        EXPECT_EQ(planes[i], data[i]) << "plane " << i;
      EXPECT_TRUE(is_read_only(buffer.get()));

      frame.reset(); /* the buffer keeps what it needs */
      FrameImporter importer;
      auto back = importer.import(std::move(buffer), params_of(format, size), Access::read);
      ASSERT_TRUE(back) << back.error().message;
      EXPECT_EQ(packed(back->get()), expected);
    }
}

TEST(Wrap, is_writable_only_where_the_frame_is_the_only_owner) {
  FramePtr frame = noise_frame(AV_PIX_FMT_YUV420P, {320, 240});
  BufferPtr shared = wrap_frame(frame.get(), Sharing::read_only);
  EXPECT_TRUE(is_read_only(shared.get()));
  shared.reset();
  BufferPtr owned = wrap_frame(frame.get(), Sharing::as_refcount);
  EXPECT_FALSE(is_read_only(owned.get()));
  owned.reset();
  FramePtr second = clone_frame(frame.get());
  BufferPtr with_second = wrap_frame(frame.get(), Sharing::as_refcount);
  EXPECT_TRUE(is_read_only(with_second.get()));
}

TEST(Wrap, is_refused_where_a_video_meta_cannot_say_it) {
  FramePtr frame = noise_frame(AV_PIX_FMT_RGB24, {32, 16});
  frame->data[0] += 15 * frame->linesize[0]; /* bottom up */
  frame->linesize[0] = -frame->linesize[0];
  EXPECT_FALSE(wrap_frame(frame.get(), Sharing::read_only));
}

TEST(Import, of_a_pool_buffer_is_its_own_memory) {
  for (AVPixelFormat format : software_formats())
    for (Size size : sizes) {
      SCOPED_TRACE(label(format, size));
      VideoParams params = params_of(format, size);
      auto pool = new_frame_pool();
      ASSERT_TRUE(configure_frame_pool(pool.get(), params, WithVideoMeta::yes, 1, 0));
      ASSERT_TRUE(gst_buffer_pool_set_active(pool.get(), TRUE));
      GstBuffer *acquired = nullptr;
      ASSERT_EQ(gst_buffer_pool_acquire_buffer(pool.get(), &acquired, nullptr), GST_FLOW_OK);
      BufferPtr buffer(acquired);
      auto planes = planes_by_meta(buffer.get());
      FrameImporter importer;
      auto frame = importer.import(std::move(buffer), params, Access::write_if_owned);
      ASSERT_TRUE(frame) << frame.error().message;
      for (size_t i = 0; i < planes.size(); i++)
        EXPECT_EQ((*frame)->data[i], planes[i]) << "plane " << i;
      EXPECT_TRUE(av_frame_is_writable(frame->get()));
      frame->reset();
      gst_buffer_pool_set_active(pool.get(), FALSE);
    }
}

/* Asking to write must not make GStreamer copy what may not be written. */
TEST(Import, of_a_wrapped_frame_is_its_own_memory_and_read_only) {
  FramePtr frame = new_frame();
  auto layout = aligned_layout(AV_PIX_FMT_YUV420P, 320, 240);
  frame->buf[0] = av_buffer_alloc(layout->size + frame_alignment());
  auto start =
      FFALIGN(reinterpret_cast<uintptr_t>(frame->buf[0]->data), uintptr_t(frame_alignment()));
  VideoParams params = params_of(AV_PIX_FMT_YUV420P, {320, 240});
  describe_frame(frame.get(), params);
  for (int i = 0; i < 3; i++) {
    frame->data[i] = reinterpret_cast<uint8_t *>(start) + layout->offset[i];
    frame->linesize[i] = layout->stride[i];
  }
  FrameImporter importer;
  auto back =
      importer.import(wrap_frame(frame.get(), Sharing::read_only), params, Access::write_if_owned);
  ASSERT_TRUE(back);
  for (int i = 0; i < 3; i++)
    EXPECT_EQ((*back)->data[i], frame->data[i]) << "plane " << i;
  frame.reset();
  EXPECT_FALSE(av_frame_is_writable(back->get()));
}

TEST(Import, of_a_buffer_that_someone_else_holds_is_read_only) {
  VideoParams params = params_of(AV_PIX_FMT_GRAY8, {320, 240});
  auto pool = new_frame_pool();
  ASSERT_TRUE(configure_frame_pool(pool.get(), params, WithVideoMeta::yes, 1, 0));
  ASSERT_TRUE(gst_buffer_pool_set_active(pool.get(), TRUE));
  GstBuffer *acquired = nullptr;
  ASSERT_EQ(gst_buffer_pool_acquire_buffer(pool.get(), &acquired, nullptr), GST_FLOW_OK);
  BufferPtr other(acquired);
  FrameImporter importer;
  auto frame = importer.import(BufferPtr(gst_buffer_ref(acquired)), params, Access::write_if_owned);
  ASSERT_TRUE(frame);
  EXPECT_FALSE(av_frame_is_writable(frame->get()));
  frame->reset();
  other.reset();
  gst_buffer_pool_set_active(pool.get(), FALSE);
}

/* libav reads past rows and planes: a copy must have made room. */
TEST(Import, of_an_unaligned_buffer_is_an_aligned_copy) {
  for (AVPixelFormat format : software_formats()) {
    SCOPED_TRACE(av_get_pix_fmt_name(format));
    auto layout = default_layout(format, 33, 17);
    BufferPtr buffer = new_buffer(*layout, Memory::one);
    FrameImporter importer;
    auto frame = importer.import(std::move(buffer), params_of(format, {33, 17}), Access::read);
    ASSERT_TRUE(frame);
    for (int i = 0; i < layout->n_planes && (*frame)->linesize[i]; i++) {
      EXPECT_EQ(reinterpret_cast<uintptr_t>((*frame)->data[i]) % frame_alignment(), 0u);
      EXPECT_EQ((*frame)->linesize[i] % frame_alignment(), 0);
    }
  }
}

TEST(Import, keeps_the_buffer_until_the_last_frame_is_gone) {
  bool gone = false;
  auto layout = aligned_layout(AV_PIX_FMT_GRAY8, 320, 240);
  GstAllocationParams alloc = {};
  alloc.align = frame_alignment() - 1;
  BufferPtr buffer(gst_buffer_new_allocate(nullptr, layout->size, &alloc));
  add_video_meta(buffer.get(), *layout, AV_PIX_FMT_GRAY8, {320, 240});
  gst_mini_object_weak_ref(
      GST_MINI_OBJECT(buffer.get()),
      [](gpointer flag, GstMiniObject *) { *static_cast<bool *>(flag) = true; }, &gone);
  FrameImporter importer;
  auto frame =
      importer.import(std::move(buffer), params_of(AV_PIX_FMT_GRAY8, {320, 240}), Access::read);
  ASSERT_TRUE(frame);
  FramePtr second = clone_frame(frame->get());
  frame->reset();
  EXPECT_FALSE(gone);
  second.reset();
  EXPECT_TRUE(gone);
}

/* ---- Conversion
 * ---------------------------------------------------------------------------------- */

/* At GStreamer's strides and into padded rows the same pixels come out, whatever the width. */
TEST(Converter, leaves_no_pixel_out_at_any_width) {
  /* Not every target: yuv420p to argb, for one, lacks its last column in libswscale 6.7 itself. */
  for (AVPixelFormat from : {AV_PIX_FMT_YUV420P, AV_PIX_FMT_YUV422P, AV_PIX_FMT_YUVA420P,
                             AV_PIX_FMT_NV12, AV_PIX_FMT_YUV420P10LE, AV_PIX_FMT_GBRP})
    for (AVPixelFormat to : {AV_PIX_FMT_RGB24, AV_PIX_FMT_BGR24, AV_PIX_FMT_RGBA, AV_PIX_FMT_BGRA,
                             AV_PIX_FMT_GRAY8, AV_PIX_FMT_GBRP})
      for (int width = 1; width <= 70; width++) {
        Size size{width, 6};
        SCOPED_TRACE(label(from, size) + " to " + av_get_pix_fmt_name(to));
        FramePtr source = noise_frame(from, size);
        auto converter = FrameConverter::create(params_of(from, size), to, 1);
        ASSERT_TRUE(converter) << converter.error().message;

        FramePtr padded = noise_frame(to, {width + 64, size.height});
        padded->width = width;
        ASSERT_TRUE(converter->convert(source.get(), padded.get()));

        auto layout = default_layout(to, size.width, size.height);
        BufferPtr buffer = new_buffer(*layout, Memory::one);
        {
          auto view = writable_view(buffer.get(), converter->output());
          ASSERT_TRUE(view);
          ASSERT_TRUE(converter->convert(source.get(), view->get()));
        }
        FrameImporter importer;
        auto tight = importer.import(std::move(buffer), converter->output(), Access::read);
        ASSERT_TRUE(tight);
        ASSERT_EQ(packed(tight->get()), packed(padded.get()));
      }
}

TEST(Converter, says_which_format_it_cannot_convert) {
  auto converter =
      FrameConverter::create(params_of(AV_PIX_FMT_YUV420P, {16, 16}), AV_PIX_FMT_BAYER_RGGB8, 1);
  ASSERT_FALSE(converter);
  EXPECT_NE(converter.error().message.find("bayer_rggb8"), std::string::npos);
}

/* ---- The closest of several formats ---------------------------------------------------------- */

std::vector<AVPixelFormat> formats_named(const std::string &names) {
  std::vector<AVPixelFormat> formats;
  std::istringstream words(names);
  for (std::string name; words >> name;) {
    formats.push_back(av_get_pix_fmt(name.c_str()));
    EXPECT_NE(formats.back(), AV_PIX_FMT_NONE) << name;
  }
  return formats;
}

struct Choice {
  const char *source, *candidates, *closest;
};
constexpr Choice choices[] = {
    /* itself, or what holds all of it with the least data */
    {"yuv422p", "yuv444p yuv422p yuv420p", "yuv422p"},
    {"yuv420p", "yuv444p yuv422p", "yuv422p"},
    {"yuv411p", "yuv420p yuv444p yuv422p", "yuv422p"},
    {"yuv420p", "yuva420p nv12 yuv444p", "nv12"},
    {"yuv420p10le", "yuv420p16le yuv420p12le yuv420p", "yuv420p12le"},
    {"rgb24", "rgba bgr0 bgr24", "bgr24"},
    {"rgb24", "rgb48le gbrap bgr0", "bgr0"},
    {"gray10le", "gray gray16le gray12le", "gray12le"},
    /* chroma */
    {"yuv444p", "yuv420p yuv422p", "yuv422p"},
    {"yuv444p", "yuv422p yuv420p", "yuv422p"},
    {"yuv444p", "yuv420p yuv440p", "yuv440p"},
    {"yuv444p", "yuv410p yuv411p yuv420p", "yuv420p"},
    {"yuv444p10le", "yuv420p10le yuv422p10le", "yuv422p10le"},
    {"yuva444p", "yuva420p yuva422p", "yuva422p"},
    {"yuv422p", "yuv410p yuv411p yuv420p", "yuv420p"},
    {"yuv422p", "yuv440p yuv444p yuv420p", "yuv444p"},
    {"yuv440p", "yuv420p yuv422p yuv444p", "yuv444p"},
    {"yuv440p", "yuv422p yuv420p", "yuv420p"},
    {"yuvj444p", "yuvj420p yuvj422p", "yuvj422p"},
    {"rgb24", "yuv420p yuv444p yuv422p", "yuv444p"},
    {"gbrp", "yuv420p yuv422p", "yuv422p"},
    /* depth, and before chroma where much of it is at stake */
    {"yuv444p12le", "yuv444p yuv420p yuv444p10le", "yuv444p10le"},
    {"yuv444p12le", "yuv420p12le yuv444p10le", "yuv444p10le"},
    {"yuv444p10le", "yuv444p yuv420p10le", "yuv420p10le"},
    {"yuv444p10le", "yuv444p yuv420p10le yuv422p10le", "yuv422p10le"},
    {"p010le", "nv12 yuv420p10le", "yuv420p10le"},
    {"rgb48be", "rgb24 gbrp10le gbrp14le", "gbrp14le"},
    {"rgb24", "rgb8 rgb565le bgr444le", "rgb565le"},
    {"grayf32le", "gray gray16le", "gray16le"},
    {"gray16le", "grayf32le gray", "grayf32le"},
    {"bayer_rggb8", "rgb48le rgb24", "rgb24"},
    {"bayer_rggb16le", "rgb24 rgb48le", "rgb48le"},
    /* alpha, before both */
    {"rgba", "rgb24 bgra", "bgra"},
    {"rgba64le", "rgb48le rgba", "rgba"},
    {"yuva444p10le", "yuv444p10le yuva420p", "yuva420p"},
    {"bgra", "yuv444p yuva420p", "yuva420p"},
    {"ya8", "gray yuva420p", "yuva420p"},
    {"pal8", "rgb24 rgba", "rgba"},
    {"rgb24", "pal8 rgb8", "rgb8"},
    /* colour, before all */
    {"yuva420p", "ya8 yuv410p", "yuv410p"},
    {"rgb24", "gray yuv420p", "yuv420p"},
    /* gray has no chroma to lose */
    {"gray", "yuv444p yuv420p", "yuv420p"},
    {"gray", "rgb24 yuv420p gray", "gray"},
    {"gray", "yuv420p yuvj422p yuvj420p", "yuvj420p"},
    {"gray16le", "yuv444p16le yuv420p16le gray", "yuv420p16le"},
    /* YUV and RGB stay what they are */
    {"yuv444p", "rgb24 yuv420p", "yuv420p"},
    {"yuv420p10le", "rgb24 yuv420p rgb48le", "rgb48le"},
    {"yuv444p10le", "yuv422p10le gbrp12le", "gbrp12le"},
    {"gbrp12le", "xyz12le yuv444p12le rgb48le", "rgb48le"},
    {"yuv444p12le", "xyz12le yuv422p12le", "yuv422p12le"},
    {"rgb24", "yuv444p rgb565le", "yuv444p"},
    /* range */
    {"yuv420p", "yuvj420p yuv420p", "yuv420p"},
    {"yuv411p", "yuvj422p yuv422p", "yuv422p"},
    {"yuvj411p", "yuv422p yuvj422p", "yuvj422p"},
    {"yuv420p", "yuvj420p rgb24", "yuvj420p"},
    /* else the first */
    {"yuv420p", "nv21 nv12", "nv21"},
    {"yuv444p", "gbrp rgb24", "gbrp"},
    {"yuv444p", "rgb24", "rgb24"},
};

class Closest : public testing::TestWithParam<Choice> {};

TEST_P(Closest, keeps_most) {
  const AVPixelFormat source = av_get_pix_fmt(GetParam().source);
  EXPECT_STREQ(av_get_pix_fmt_name(closest_format(formats_named(GetParam().candidates), source)),
               GetParam().closest)
      << "for " << GetParam().source << " of " << GetParam().candidates;
}

INSTANTIATE_TEST_SUITE_P(Formats, Closest, testing::ValuesIn(choices));

TEST(Closest, is_none_of_none) { EXPECT_EQ(closest_format({}, AV_PIX_FMT_RGB24), AV_PIX_FMT_NONE); }

/* Of two formats that differ in nothing else, whatever they are. */
TEST(Closest, never_shares_chroma_out_further_than_it_must) {
  const auto formats = software_formats();
  auto alike = [](const AVPixFmtDescriptor *a, const AVPixFmtDescriptor *b) {
    constexpr uint64_t kind = AV_PIX_FMT_FLAG_ALPHA | AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_FLOAT;
    return (a->flags & kind) == (b->flags & kind) && a->nb_components == b->nb_components &&
           compat::is_xyz(a) == compat::is_xyz(b) && a->comp[0].depth == b->comp[0].depth;
  };
  auto shared = [](const AVPixFmtDescriptor *to, const AVPixFmtDescriptor *from) {
    return std::max(to->log2_chroma_w - from->log2_chroma_w, 0) +
           std::max(to->log2_chroma_h - from->log2_chroma_h, 0);
  };
  int seen = 0;
  for (AVPixelFormat one : formats)
    for (AVPixelFormat other : formats) {
      const AVPixFmtDescriptor *a = av_pix_fmt_desc_get(one), *b = av_pix_fmt_desc_get(other);
      if (!alike(a, b) || implies_full_range(one) != implies_full_range(other) ||
          a->nb_components < 3)
        continue;
      for (AVPixelFormat source : formats) {
        const AVPixFmtDescriptor *from = av_pix_fmt_desc_get(source);
        if (from->nb_components < 3 || shared(a, from) <= shared(b, from) ||
            (from->flags & AV_PIX_FMT_FLAG_BAYER))
          continue;
        ASSERT_EQ(closest_format({one, other}, source), other)
            << "for " << from->name << " of " << a->name << " and " << b->name;
        seen++;
      }
    }
  EXPECT_GT(seen, 1000);
}

} // namespace

int main(int argc, char **argv) {
  testing::InitGoogleTest(&argc, argv);
  gst_init(&argc, &argv);
  av_log_set_level(AV_LOG_ERROR);
  return RUN_ALL_TESTS();
}
