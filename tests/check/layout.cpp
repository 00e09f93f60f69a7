/* gst-framewise: layouts of every pixel format, against libav's own reading of random pictures.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "layoutoracle.hpp"
#include "videoparams.hpp"

using namespace framewise;
using namespace oracle;

namespace {

/* A picture's bytes where default_layout() has them. */
std::vector<uint8_t> in_default_buffer(const Picture &picture) {
  auto layout = default_layout(picture.format, picture.size.width, picture.size.height);
  std::vector<uint8_t> buffer(layout->size, 0xa5);
  for (int i = 0; i < layout->n_planes; i++)
    for (int y = 0; y < layout->rows[i]; y++)
      memcpy(buffer.data() + layout->offset[i] + size_t(y) * layout->stride[i],
             picture.planes[i] + (picture.has_palette() && i == 1 ? 0 : y * picture.linesizes[i]),
             layout->row_size[i]);
  return buffer;
}

Elements elements(const GstFramewiseLayout *layout, const std::vector<uint8_t> &buffer) {
  return {layout, buffer.data() + gst_framewise_layout_get_offset(layout), shape_of(layout),
          strides_of(layout)};
}

/* All samples that the format has, padding and palette not counted. */
size_t samples_in(const Picture &picture, bool whole_groups) {
  size_t samples = 0;
  if (picture.desc->flags & AV_PIX_FMT_FLAG_BAYER)
    return size_t(picture.size.width) * picture.size.height;
  for (int c = 0; c < picture.desc->nb_components; c++) {
    size_t width = picture.width_of(c);
    if (whole_groups && c == 0)
      width = size_t(picture.width_of(1)) << picture.desc->log2_chroma_w;
    samples += width * picture.height_of(c);
  }
  return samples;
}

/* ---- Against libav -----------------------------------------------------------------------------
 */

TEST(Layout, of_a_whole_frame_gives_the_samples_that_libav_reads) {
  int n_checked = 0;
  for (AVPixelFormat format : expressible_formats())
    for (Size size : sizes) {
      SCOPED_TRACE(label(format, size));
      LayoutPtr layout = layout_of(format, size);
      ASSERT_TRUE(layout);
      if (!gst_framewise_layout_is_strided(layout.get()))
        continue;
      n_checked++;
      Picture picture(format, size);
      auto buffer = in_default_buffer(picture);
      EXPECT_EQ(expect_samples(elements(layout.get(), buffer), picture),
                samples_in(picture, false));
    }
  EXPECT_GT(n_checked, 100 * int(std::size(sizes)));
}

TEST(Layout, of_each_plane_gives_the_samples_that_libav_reads) {
  for (AVPixelFormat format : expressible_formats())
    for (Size size : sizes) {
      SCOPED_TRACE(label(format, size));
      LayoutPtr layout = layout_of(format, size);
      ASSERT_TRUE(layout);
      Picture picture(format, size);
      ASSERT_EQ(int(gst_framewise_layout_get_n_planes(layout.get())), picture.n_planes);
      auto buffer = in_default_buffer(picture);
      size_t seen = 0;
      for (int i = 0; i < picture.n_planes; i++) {
        LayoutPtr plane = plane_of(layout.get(), i);
        ASSERT_TRUE(gst_framewise_layout_is_strided(plane.get()));
        size_t here = expect_samples(elements(plane.get(), buffer), picture);
        seen += picture.has_palette() && i == 1 ? 0 : here;
        EXPECT_LE(gst_framewise_layout_get_offset(plane.get()) +
                      gst_framewise_layout_get_size(plane.get()),
                  buffer.size());
      }
      const bool groups = picture.n_planes == 1 && picture.desc->log2_chroma_w > 0;
      EXPECT_EQ(seen, samples_in(picture, groups));
    }
}

TEST(Layout, has_rows_as_long_as_libav_has_them) {
  for (AVPixelFormat format : expressible_formats())
    for (Size size : sizes) {
      SCOPED_TRACE(label(format, size));
      LayoutPtr layout = layout_of(format, size);
      int linesizes[4];
      ASSERT_GE(av_image_fill_linesizes(linesizes, format, size.width), 0);
      for (guint i = 0; i < gst_framewise_layout_get_n_planes(layout.get()); i++) {
        LayoutPtr plane = plane_of(layout.get(), i);
        if (std::string(gst_framewise_layout_get_axes(plane.get())) != "W") {
          EXPECT_EQ(shape_of(plane.get())[1] * strides_of(plane.get())[1], linesizes[i]);
        }
      }
    }
}

TEST(Layout, with_padding_leaves_no_byte_of_a_pixel_out) {
  for (AVPixelFormat format : expressible_formats())
    for (Size size : sizes) {
      SCOPED_TRACE(label(format, size));
      LayoutPtr layout = layout_of(format, size);
      if (!gst_framewise_layout_is_strided(layout.get()))
        continue;
      LayoutPtr padded(gst_framewise_layout_with_padding(layout.get()));
      Picture picture(format, size);
      auto buffer = in_default_buffer(picture);
      EXPECT_EQ(expect_samples(elements(padded.get(), buffer), picture),
                samples_in(picture, false));
      const auto strides = strides_of(padded.get());
      if (std::string(gst_framewise_layout_get_axes(padded.get())) == "HWC") {
        EXPECT_EQ(shape_of(padded.get())[2] * strides[2], strides[1]) << "bytes left out";
      }
    }
}

/* ---- Answers ----------------------------------------------------------------------------------
 */

TEST(Layout, is_there_for_every_format_or_refused_for_a_reason) {
  for (AVPixelFormat format : all_formats()) {
    const char *name = av_get_pix_fmt_name(format);
    SCOPED_TRACE(name);
    if (has_layout(format)) {
      LayoutPtr layout = layout_of(format, {32, 16});
      ASSERT_TRUE(layout);
      EXPECT_STREQ(gst_framewise_layout_get_pixel_format(layout.get()), name);
      EXPECT_EQ(gst_framewise_layout_get_width(layout.get()), 32);
      EXPECT_EQ(gst_framewise_layout_get_height(layout.get()), 16);
      continue;
    }
    std::string why =
        message_of([&](GError **error) { return gst_framewise_layout_new(name, 32, 16, error); });
    EXPECT_NE(why.find(std::string("`") + name + "`"), std::string::npos) << why;
  }
}

struct Expected {
  const char *format, *typestr, *axes;
  std::vector<int64_t> shape, strides;
  int offset;
  const char *channels;
  int depth, shift;
};

/* 6x4 pixels; strides are GStreamer's. */
const Expected whole_frames[] = {
    {"gray", "|u1", "HW", {4, 6}, {8, 1}, 0, "Y", 8, 0},
    {"gray10le", "<u2", "HW", {4, 6}, {12, 2}, 0, "Y", 10, 0},
    {"gray14be", ">u2", "HW", {4, 6}, {12, 2}, 0, "Y", 14, 0},
    {"grayf32le", "<f4", "HW", {4, 6}, {24, 4}, 0, "Y", 32, 0},
    {"ya16be", ">u2", "HWC", {4, 6, 2}, {24, 4, 2}, 0, "Y A", 16, 0},
    {"rgb24", "|u1", "HWC", {4, 6, 3}, {20, 3, 1}, 0, "R G B", 8, 0},
    {"bgr24", "|u1", "HWC", {4, 6, 3}, {20, 3, 1}, 0, "B G R", 8, 0},
    {"rgb0", "|u1", "HWC", {4, 6, 3}, {24, 4, 1}, 0, "R G B", 8, 0},
    {"bgr0", "|u1", "HWC", {4, 6, 3}, {24, 4, 1}, 0, "B G R", 8, 0},
    {"0rgb", "|u1", "HWC", {4, 6, 3}, {24, 4, 1}, 1, "R G B", 8, 0},
    {"0bgr", "|u1", "HWC", {4, 6, 3}, {24, 4, 1}, 1, "B G R", 8, 0},
    {"argb", "|u1", "HWC", {4, 6, 4}, {24, 4, 1}, 0, "A R G B", 8, 0},
    {"rgb48be", ">u2", "HWC", {4, 6, 3}, {36, 6, 2}, 0, "R G B", 16, 0},
    {"xyz12le", "<u2", "HWC", {4, 6, 3}, {36, 6, 2}, 0, "X Y Z", 12, 4},
    {"ayuv64le", "<u2", "HWC", {4, 6, 4}, {48, 8, 2}, 0, "A Y U V", 16, 0},
    {"yuv444p", "|u1", "CHW", {3, 4, 6}, {32, 8, 1}, 0, "Y U V", 8, 0},
    {"yuv444p10be", ">u2", "CHW", {3, 4, 6}, {48, 12, 2}, 0, "Y U V", 10, 0},
    {"yuva444p9le", "<u2", "CHW", {4, 4, 6}, {48, 12, 2}, 0, "Y U V A", 9, 0},
    {"gbrp", "|u1", "CHW", {3, 4, 6}, {32, 8, 1}, 0, "G B R", 8, 0},
    {"gbrp14be", ">u2", "CHW", {3, 4, 6}, {48, 12, 2}, 0, "G B R", 14, 0},
    {"gbrapf32be", ">f4", "CHW", {4, 4, 6}, {96, 24, 4}, 0, "G B R A", 32, 0},
    {"bayer_rggb8", "|u1", "HW", {4, 6}, {8, 1}, 0, "bayer", 8, 0},
    {"bayer_gbrg16be", ">u2", "HW", {4, 6}, {12, 2}, 0, "bayer", 16, 0},
    {"pal8", "|u1", "HW", {4, 6}, {8, 1}, 0, "index", 8, 0},
    {"rgb565le", "<u2", "HW", {4, 6}, {12, 2}, 0, "R G B", 5, 11},
    {"bgr565be", ">u2", "HW", {4, 6}, {12, 2}, 0, "B G R", 5, 11},
    {"x2rgb10le", "<u4", "HW", {4, 6}, {24, 4}, 0, "R G B", 10, 20},
    {"rgb8", "|u1", "HW", {4, 6}, {8, 1}, 0, "R G B", 2, 6},
#if LIBAVUTIL_VERSION_MAJOR >= 58
    {"rgbaf16le", "<f2", "HWC", {4, 6, 4}, {48, 8, 2}, 0, "R G B A", 16, 0},
#endif
};

TEST(Layout, of_whole_frames_is_as_written_here) {
  for (const Expected &expected : whole_frames) {
    SCOPED_TRACE(expected.format);
    LayoutPtr layout = layout_of(av_get_pix_fmt(expected.format), {6, 4});
    ASSERT_TRUE(gst_framewise_layout_is_strided(layout.get()));
    EXPECT_STREQ(gst_framewise_layout_get_typestr(layout.get()), expected.typestr);
    EXPECT_STREQ(gst_framewise_layout_get_axes(layout.get()), expected.axes);
    EXPECT_EQ(shape_of(layout.get()), expected.shape);
    EXPECT_EQ(strides_of(layout.get()), expected.strides);
    EXPECT_EQ(int(gst_framewise_layout_get_offset(layout.get())), expected.offset);
    EXPECT_EQ(channels_of(layout.get()), expected.channels);
    EXPECT_EQ(int(gst_framewise_layout_get_channel_depth(layout.get(), 0)), expected.depth);
    EXPECT_EQ(int(gst_framewise_layout_get_channel_shift(layout.get(), 0)), expected.shift);
    EXPECT_EQ(int(gst_framewise_layout_get_item_size(layout.get())), expected.typestr[2] - '0');
  }
}

struct ExpectedPlane {
  const char *format;
  guint plane;
  const char *typestr;
  std::vector<int64_t> shape, strides;
  const char *channels;
  int shift;
};

/* 7x5 pixels */
const ExpectedPlane planes[] = {
    {"yuv420p", 0, "|u1", {5, 7}, {8, 1}, "Y", 0},
    {"yuv420p", 1, "|u1", {3, 4}, {4, 1}, "U", 0},
    {"yuva420p", 3, "|u1", {5, 7}, {8, 1}, "A", 0},
    {"yuv410p", 2, "|u1", {2, 2}, {4, 1}, "V", 0},
    {"nv12", 1, "|u1", {3, 4, 2}, {8, 2, 1}, "U V", 0},
    {"nv21", 1, "|u1", {3, 4, 2}, {8, 2, 1}, "V U", 0},
    {"nv42", 1, "|u1", {5, 7, 2}, {16, 2, 1}, "V U", 0},
    {"p010be", 1, ">u2", {3, 4, 2}, {16, 4, 2}, "U V", 6},
    {"p410le", 0, "<u2", {5, 7}, {16, 2}, "Y", 6},
    {"p410le", 1, "<u2", {5, 7, 2}, {28, 4, 2}, "U V", 6},
    {"yuyv422", 0, "|u1", {5, 4, 4}, {16, 4, 1}, "Y0 U Y1 V", 0},
    {"yvyu422", 0, "|u1", {5, 4, 4}, {16, 4, 1}, "Y0 V Y1 U", 0},
    {"uyvy422", 0, "|u1", {5, 4, 4}, {16, 4, 1}, "U Y0 V Y1", 0},
    {"y210le", 0, "<u2", {5, 4, 4}, {32, 8, 2}, "Y0 U Y1 V", 6},
    {"uyyvyy411", 0, "|u1", {5, 2, 6}, {12, 6, 1}, "U Y0 Y1 V Y2 Y3", 0},
    {"pal8", 1, G_BYTE_ORDER == G_BIG_ENDIAN ? ">u4" : "<u4", {256}, {4}, "A R G B", 24},
};

TEST(Layout, of_planes_is_as_written_here) {
  for (const ExpectedPlane &expected : planes) {
    SCOPED_TRACE(std::string(expected.format) + " plane " + std::to_string(expected.plane));
    LayoutPtr layout = layout_of(av_get_pix_fmt(expected.format), {7, 5});
    LayoutPtr plane = plane_of(layout.get(), expected.plane);
    ASSERT_TRUE(plane);
    EXPECT_STREQ(gst_framewise_layout_get_typestr(plane.get()), expected.typestr);
    EXPECT_EQ(shape_of(plane.get()), expected.shape);
    EXPECT_EQ(strides_of(plane.get()), expected.strides);
    EXPECT_EQ(channels_of(plane.get()), expected.channels);
    EXPECT_EQ(int(gst_framewise_layout_get_channel_shift(plane.get(), 0)), expected.shift);
    EXPECT_FALSE(plane_of(layout.get(), gst_framewise_layout_get_n_planes(layout.get())));
  }
}

TEST(Layout, of_padding_as_a_channel_names_it) {
  for (auto [format, channels] : {std::pair{"rgb0", "R G B x"}, std::pair{"0rgb", "x R G B"},
                                  std::pair{"bgr0", "B G R x"}, std::pair{"0bgr", "x B G R"}}) {
    LayoutPtr layout = layout_of(av_get_pix_fmt(format), {6, 4});
    LayoutPtr padded(gst_framewise_layout_with_padding(layout.get()));
    EXPECT_EQ(channels_of(padded.get()), channels);
    EXPECT_EQ(shape_of(padded.get()), (std::vector<int64_t>{4, 6, 4}));
    EXPECT_EQ(strides_of(padded.get()), (std::vector<int64_t>{24, 4, 1}));
    EXPECT_EQ(gst_framewise_layout_get_offset(padded.get()), 0u);
  }
}

TEST(Layout, of_what_is_no_single_array_says_so_and_what_to_do) {
  for (const char *format : {"yuv420p", "nv24", "nv42", "nv12", "p010le", "yuyv422", "p416be"}) {
    LayoutPtr layout = layout_of(av_get_pix_fmt(format), {6, 4});
    EXPECT_FALSE(gst_framewise_layout_is_strided(layout.get()));
    EXPECT_FALSE(gst_framewise_layout_is_mappable(layout.get()));
    EXPECT_EQ(gst_framewise_layout_get_axes(layout.get()), nullptr);
    EXPECT_TRUE(shape_of(layout.get()).empty());
    EXPECT_TRUE(strides_of(layout.get()).empty());
    EXPECT_EQ(gst_framewise_layout_get_n_channels(layout.get()), 0u);
    EXPECT_EQ(message_of([&](GError **error) {
                return gst_framewise_layout_check_strided(layout.get(), error);
              }),
              std::string("`") + format +
                  "` can't be expressed as a strided array. Use `pixel-format=` to select a format "
                  "to convert into, or read its planes.");
  }
}

TEST(Layout, that_cannot_be_says_why) {
  auto why = [](const char *format, int width, int height) {
    return message_of(
        [&](GError **error) { return gst_framewise_layout_new(format, width, height, error); });
  };
  EXPECT_EQ(why("monow", 6, 4),
            "`monow` can't be expressed as strided arrays: it has several pixels "
            "in a byte. Use `pixel-format=` to select a format to convert into.");
  EXPECT_NE(why("vaapi", 6, 4).find("`vaapi` can't be expressed"), std::string::npos);
  EXPECT_NE(why("nosuch", 6, 4).find("No pixel format `nosuch`"), std::string::npos);
  EXPECT_NE(why("rgb24", 0, 4).find("0x4"), std::string::npos);
  EXPECT_NE(why("rgb24", 6, -1).find("6x-1"), std::string::npos);
  EXPECT_NE(why("rgb24", G_MAXINT, G_MAXINT).find("rgb24"), std::string::npos);
}

/* ---- GStreamer ---------------------------------------------------------------------------------
 */

TEST(Layout, has_the_strides_of_gstvideoinfo) {
  for (const auto &twin : pixel_format_twins())
    for (Size size : sizes) {
      if (!has_layout(twin.av))
        continue;
      SCOPED_TRACE(label(twin.av, size));
      GstVideoInfo info;
      ASSERT_TRUE(gst_video_info_set_format(&info, twin.gst, size.width, size.height));
      LayoutPtr layout = layout_of(twin.av, size);
      LayoutPtr padded(gst_framewise_layout_with_padding(layout.get()));
      EXPECT_EQ(gst_framewise_layout_get_size(layout.get()), GST_VIDEO_INFO_SIZE(&info));
      ASSERT_EQ(gst_framewise_layout_get_n_planes(layout.get()), GST_VIDEO_INFO_N_PLANES(&info));
      for (guint i = 0; i < GST_VIDEO_INFO_N_PLANES(&info); i++) {
        LayoutPtr plane = plane_of(padded.get(), i);
        EXPECT_EQ(strides_of(plane.get())[0], GST_VIDEO_INFO_PLANE_STRIDE(&info, i));
        EXPECT_EQ(gst_framewise_layout_get_offset(plane.get()),
                  GST_VIDEO_INFO_PLANE_OFFSET(&info, i));
      }
    }
}

TEST(Layout, comes_back_the_same_from_caps) {
  for (AVPixelFormat format : expressible_formats())
    for (Size size : sizes) {
      SCOPED_TRACE(label(format, size));
      LayoutPtr layout = layout_of(format, size);
      CapsPtr caps(gst_framewise_layout_to_caps(layout.get(), 0, 1));
      ASSERT_TRUE(gst_caps_is_fixed(caps.get()));
      LayoutPtr back(succeed(
          [&](GError **error) { return gst_framewise_layout_new_from_caps(caps.get(), error); }));
      ASSERT_TRUE(back);
      EXPECT_STREQ(gst_framewise_layout_get_pixel_format(back.get()),
                   av_get_pix_fmt_name(without_range(format)));
      EXPECT_EQ(shape_of(back.get()), shape_of(layout.get()));
      EXPECT_EQ(strides_of(back.get()), strides_of(layout.get()));
      EXPECT_EQ(gst_framewise_layout_get_size(back.get()),
                gst_framewise_layout_get_size(layout.get()));
    }
}

TEST(Layout, is_refused_for_caps_without_a_frame) {
  for (const char *text :
       {"video/x-raw, format=NV12_4L4, width=4, height=2", "video/x-h264, width=4, height=2",
        "video/x-framewise, format=monob, width=4, height=2", "video/x-raw, format=RGB",
        "video/x-raw(memory:DMABuf), format=RGB, width=4, height=2"}) {
    CapsPtr caps(gst_caps_from_string(text));
    EXPECT_FALSE(message_of([&](GError **error) {
                   return gst_framewise_layout_new_from_caps(caps.get(), error);
                 }).empty())
        << text;
  }
}

TEST(Layout, is_a_boxed_value) {
  LayoutPtr layout = layout_of(AV_PIX_FMT_RGB24, {6, 4});
  GValue value = G_VALUE_INIT;
  g_value_init(&value, GST_TYPE_FRAMEWISE_LAYOUT);
  g_value_set_boxed(&value, layout.get());
  layout.reset();
  auto *held = static_cast<GstFramewiseLayout *>(g_value_get_boxed(&value));
  EXPECT_EQ(shape_of(held), (std::vector<int64_t>{4, 6, 3}));
  g_value_unset(&value);
}

} // namespace

int main(int argc, char **argv) {
  testing::InitGoogleTest(&argc, argv);
  gst_init(&argc, &argv);
  av_log_set_level(AV_LOG_ERROR);
  const int result = RUN_ALL_TESTS();
  gst_deinit(); /* where the leaks tracer looks */
  return result;
}
