/* gst-framewise: layouts and arrays of samples as pipelines deliver them: padded, cropped, in one
 * memory or several; and DLPack.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "framebridge.hpp"
#include "layoutoracle.hpp"

#include <dlpack/dlpack.h>
#include <gst/app/gstappsink.h>

#include <algorithm>
#include <atomic>
#include <numeric>
#include <thread>

using namespace framewise;
using namespace oracle;

namespace {

using SamplePtr = GstPtr<GstSample>;

/* ---- Random frames -----------------------------------------------------------------------------
 */

struct Placed {
  Picture picture;         /* what the buffer holds, whole */
  Size shown;              /* as the caps have it */
  int x = 0, y = 0;        /* where that begins */
  PlaneLayout planes;      /* in the buffer */
  std::vector<gsize> cuts; /* where a memory ends and the next begins; first 0, last the size */
  SamplePtr sample;
};

/* Rows and planes apart by the same number of elements, or by any number of bytes. */
enum class Spacing { even, any };

void place_planes(Placed &placed, Spacing spacing) {
  PlaneLayout &planes = placed.planes;
  const Picture &picture = placed.picture;
  auto bare = default_layout(picture.format, picture.size.width, picture.size.height);
  planes = *bare;
  /* Whole elements, or not even these. */
  LayoutPtr usual = layout_of(picture.format, picture.size);
  const int step =
      spacing == Spacing::even ? int(gst_framewise_layout_get_item_size(usual.get())) : 1;
  const int padding = roll(0, 9) * step;
  const gsize gap = gsize(roll(0, 5)) * step;
  std::vector<int> order(picture.n_planes);
  std::iota(order.begin(), order.end(), 0);
  if (spacing == Spacing::any)
    std::shuffle(order.begin(), order.end(), dice());
  gsize next = gsize(roll(0, 3)) * step;
  for (int i : order) {
    const bool palette = picture.has_palette() && i == 1;
    if (!palette)
      planes.stride[i] =
          planes.row_size[i] + (spacing == Spacing::even ? padding : roll(0, 9) * step);
    planes.offset[i] = next;
    next += palette ? 1024 : gsize(planes.stride[i]) * planes.rows[i];
    next += spacing == Spacing::even ? gap : gsize(roll(0, 5)) * step;
  }
  planes.size = next + roll(0, 7);
}

GstMemory *memory_of(const uint8_t *bytes, gsize size) {
  GstMemory *memory = gst_allocator_alloc(nullptr, size, nullptr);
  GstMapInfo map;
  gst_memory_map(memory, &map, GST_MAP_WRITE);
  memcpy(map.data, bytes, size);
  gst_memory_unmap(memory, &map);
  return memory;
}

Placed place(AVPixelFormat format, Size size, Spacing spacing, int n_memories, bool crop) {
  Placed placed{Picture(format, size), size, 0, 0, {}, {}, nullptr};
  Picture &picture = placed.picture;
  place_planes(placed, spacing);
  const PlaneLayout &planes = placed.planes;
  std::vector<uint8_t> bytes(planes.size, 0x5a);
  for (int i = 0; i < picture.n_planes; i++)
    for (int y = 0; y < planes.rows[i]; y++)
      memcpy(bytes.data() + planes.offset[i] + gsize(y) * planes.stride[i],
             picture.planes[i] + y * picture.linesizes[i], planes.row_size[i]);

  placed.cuts = {0, planes.size};
  for (int i = 1; i < n_memories; i++)
    placed.cuts.push_back(gsize(roll(1, int(planes.size) - 1)));
  std::sort(placed.cuts.begin(), placed.cuts.end());
  placed.cuts.erase(std::unique(placed.cuts.begin(), placed.cuts.end()), placed.cuts.end());
  BufferPtr buffer(gst_buffer_new());
  for (size_t i = 0; i + 1 < placed.cuts.size(); i++)
    gst_buffer_append_memory(buffer.get(), memory_of(bytes.data() + placed.cuts[i],
                                                     placed.cuts[i + 1] - placed.cuts[i]));

  gsize offset[GST_VIDEO_MAX_PLANES] = {};
  gint stride[GST_VIDEO_MAX_PLANES] = {};
  std::copy(planes.offset.begin(), planes.offset.end(), offset);
  std::copy(planes.stride.begin(), planes.stride.end(), stride);
  GstVideoFormat twin = to_gst_format(format);
  gst_buffer_add_video_meta_full(buffer.get(), GST_VIDEO_FRAME_FLAG_NONE,
                                 twin == GST_VIDEO_FORMAT_UNKNOWN ? GST_VIDEO_FORMAT_ENCODED : twin,
                                 size.width, size.height, picture.n_planes, offset, stride);
  if (crop) {
    const int across = 1 << picture.desc->log2_chroma_w, down = 1 << picture.desc->log2_chroma_h;
    placed.x = roll(0, (size.width - 1) / across) * across;
    placed.y = roll(0, (size.height - 1) / down) * down;
    placed.shown = {roll(1, size.width - placed.x), roll(1, size.height - placed.y)};
    GstVideoCropMeta *meta = gst_buffer_add_video_crop_meta(buffer.get());
    meta->x = placed.x;
    meta->y = placed.y;
    meta->width = placed.shown.width;
    meta->height = placed.shown.height;
  }
  VideoParams params;
  params.format = without_range(format);
  params.width = placed.shown.width;
  params.height = placed.shown.height;
  CapsPtr caps = to_caps(params);
  placed.sample.reset(gst_sample_new(buffer.get(), caps.get(), nullptr, nullptr));
  return placed;
}

LayoutPtr layout_of(const Placed &placed) {
  return LayoutPtr(succeed([&](GError **error) {
    return gst_framewise_layout_new_from_sample(placed.sample.get(), error);
  }));
}

ArrayPtr map(const GstFramewiseLayout *layout, GstSample *sample,
             GstFramewiseAccess access = GST_FRAMEWISE_ACCESS_READ) {
  return ArrayPtr(succeed([&](GError **error) {
    return gst_framewise_layout_map(layout, gst_sample_get_buffer(sample), access, error);
  }));
}

Elements elements(const GstFramewiseArray *array) {
  gsize n;
  const gint64 *shape = gst_framewise_array_get_shape(array, &n);
  const gint64 *strides = gst_framewise_array_get_strides(array, &n);
  return {gst_framewise_array_get_layout(array),
          static_cast<const uint8_t *>(gst_framewise_array_get_data(array)),
          {shape, shape + n},
          {strides, strides + n}};
}

/* The array is the elements where they lie in the sample, no copy. */
bool is_in_place(const GstFramewiseArray *array, GstSample *sample) {
  GstBuffer *buffer = gst_sample_get_buffer(sample);
  auto *data = static_cast<const uint8_t *>(gst_framewise_array_get_data(array));
  bool found = false;
  for (guint i = 0; i < gst_buffer_n_memory(buffer); i++) {
    GstMemory *memory = gst_buffer_peek_memory(buffer, i);
    GstMapInfo info;
    EXPECT_TRUE(gst_memory_map(memory, &info, GST_MAP_READ));
    found = found || (data >= info.data && data < info.data + info.size);
    gst_memory_unmap(memory, &info);
  }
  return found;
}

bool lies_in_one_memory(const Placed &placed, gsize first, gsize end) {
  for (size_t i = 0; i + 1 < placed.cuts.size(); i++)
    if (first >= placed.cuts[i] && end <= placed.cuts[i + 1])
      return true;
  return false;
}

void expect_whole_and_planes(const Placed &placed) {
  LayoutPtr layout = layout_of(placed);
  ASSERT_TRUE(layout);
  if (gst_framewise_layout_is_mappable(layout.get())) {
    ArrayPtr array = map(layout.get(), placed.sample.get());
    ASSERT_TRUE(array);
    expect_samples(elements(array.get()), placed.picture, placed.x, placed.y);
    bool in_place = gst_framewise_layout_is_strided(layout.get());
    if (in_place) {
      const auto shape = shape_of(layout.get()), strides = strides_of(layout.get());
      gsize end = gst_framewise_layout_get_item_size(layout.get());
      for (size_t i = 0; i < shape.size(); i++)
        end += (shape[i] - 1) * strides[i];
      const gsize first = gst_framewise_layout_get_offset(layout.get());
      in_place = lies_in_one_memory(placed, first, first + end);
    }
    EXPECT_EQ(!gst_framewise_array_is_copy(array.get()), in_place);
    EXPECT_EQ(is_in_place(array.get(), placed.sample.get()), in_place);
  }
  for (guint i = 0; i < gst_framewise_layout_get_n_planes(layout.get()); i++) {
    LayoutPtr plane = plane_of(layout.get(), i);
    ArrayPtr array = map(plane.get(), placed.sample.get());
    ASSERT_TRUE(array);
    expect_samples(elements(array.get()), placed.picture, placed.x, placed.y);
    const gsize first = gst_framewise_layout_get_offset(plane.get());
    const bool in_place =
        lies_in_one_memory(placed, first, first + gst_framewise_layout_get_size(plane.get()));
    EXPECT_EQ(!gst_framewise_array_is_copy(array.get()), in_place);
    EXPECT_EQ(is_in_place(array.get(), placed.sample.get()), in_place);
  }
}

void expect_in_every_format(Spacing spacing, int max_memories, bool crop) {
  for (AVPixelFormat format : expressible_formats())
    for (int i = 0; i < 4; i++) {
      const Size size{roll(1, 40), roll(1, 30)};
      SCOPED_TRACE(label(format, size));
      expect_whole_and_planes(place(format, size, spacing, roll(1, max_memories), crop));
      if (testing::Test::HasFailure())
        return;
    }
}

TEST(Sample, with_padded_rows_is_read_right) { expect_in_every_format(Spacing::even, 1, false); }
TEST(Sample, with_planes_anywhere_is_read_right) { expect_in_every_format(Spacing::any, 1, false); }
TEST(Sample, that_is_cropped_is_read_right) { expect_in_every_format(Spacing::even, 1, true); }
TEST(Sample, of_several_memories_is_read_right) { expect_in_every_format(Spacing::even, 4, false); }
TEST(Sample, with_all_of_that_is_read_right) { expect_in_every_format(Spacing::any, 4, true); }

TEST(Sample, with_unevenly_spaced_planes_is_copied_once_and_says_so) {
  Placed placed = place(AV_PIX_FMT_GBRP, {16, 8}, Spacing::even, 1, false);
  GstVideoMeta *meta = gst_buffer_get_video_meta(gst_sample_get_buffer(placed.sample.get()));
  std::swap(meta->offset[1], meta->offset[2]);
  LayoutPtr layout = layout_of(placed);
  EXPECT_FALSE(gst_framewise_layout_is_strided(layout.get()));
  EXPECT_TRUE(gst_framewise_layout_is_mappable(layout.get()));
  EXPECT_EQ(shape_of(layout.get()), (std::vector<int64_t>{3, 8, 16}));
  EXPECT_TRUE(strides_of(layout.get()).empty());
  std::string why = message_of(
      [&](GError **error) { return gst_framewise_layout_check_strided(layout.get(), error); });
  EXPECT_NE(why.find("evenly spaced"), std::string::npos) << why;
  ArrayPtr array = map(layout.get(), placed.sample.get());
  EXPECT_TRUE(gst_framewise_array_is_copy(array.get()));
  EXPECT_TRUE(gst_framewise_array_is_read_only(array.get()));
  std::string unwritable = message_of([&](GError **error) {
    return gst_framewise_layout_map(layout.get(), gst_sample_get_buffer(placed.sample.get()),
                                    GST_FRAMEWISE_ACCESS_WRITE, error);
  });
  EXPECT_NE(unwritable.find("cannot be written"), std::string::npos) << unwritable;
}

TEST(Sample, of_another_place_moves_the_layout_without_a_new_one) {
  Placed first = place(AV_PIX_FMT_YUV420P, {16, 8}, Spacing::even, 1, false);
  Placed second = place(AV_PIX_FMT_YUV420P, {16, 8}, Spacing::any, 3, false);
  LayoutPtr layout = layout_of(first), wanted = layout_of(second);
  EXPECT_TRUE(succeed([&](GError **error) {
    return gst_framewise_layout_update(layout.get(), gst_sample_get_buffer(second.sample.get()),
                                       error);
  }));
  for (guint i = 0; i < 3; i++) {
    LayoutPtr moved = plane_of(layout.get(), i), plane = plane_of(wanted.get(), i);
    EXPECT_EQ(strides_of(moved.get()), strides_of(plane.get()));
    EXPECT_EQ(gst_framewise_layout_get_offset(moved.get()),
              gst_framewise_layout_get_offset(plane.get()));
  }
}

TEST(Sample, with_padding_as_a_channel_stays_where_it_is) {
  for (AVPixelFormat format : {AV_PIX_FMT_RGB0, AV_PIX_FMT_0BGR}) {
    Placed placed = place(format, {17, 9}, Spacing::any, 1, true);
    LayoutPtr layout = layout_of(placed);
    LayoutPtr padded(gst_framewise_layout_with_padding(layout.get()));
    EXPECT_EQ(gst_framewise_layout_get_offset(padded.get()),
              gst_framewise_layout_get_offset(layout.get()) - (format == AV_PIX_FMT_0BGR ? 1 : 0));
    ArrayPtr array = map(padded.get(), placed.sample.get());
    expect_samples(elements(array.get()), placed.picture, placed.x, placed.y);
  }
}

TEST(Sample, that_holds_no_such_frame_is_refused) {
  auto why = [](GstSample *sample) {
    return message_of(
        [&](GError **error) { return gst_framewise_layout_new_from_sample(sample, error); });
  };
  CapsPtr caps(gst_caps_from_string("video/x-raw, format=I420, width=16, height=8"));
  BufferPtr small(gst_buffer_new_allocate(nullptr, 191, nullptr));
  SamplePtr sample(gst_sample_new(small.get(), caps.get(), nullptr, nullptr));
  EXPECT_NE(why(sample.get()).find("191 bytes"), std::string::npos);

  Placed placed = place(AV_PIX_FMT_YUV420P, {16, 8}, Spacing::even, 1, false);
  GstVideoMeta *meta = gst_buffer_get_video_meta(gst_sample_get_buffer(placed.sample.get()));
  meta->stride[1] = 7;
  EXPECT_NE(why(placed.sample.get()).find("stride of 7 bytes"), std::string::npos);
  meta->stride[1] = -16;
  EXPECT_NE(why(placed.sample.get()).find("stride of -16 bytes"), std::string::npos);
  meta->n_planes = 2;
  EXPECT_NE(why(placed.sample.get()).find("2 planes"), std::string::npos);

  placed = place(AV_PIX_FMT_YUV420P, {16, 8}, Spacing::even, 1, true);
  gst_buffer_get_video_crop_meta(gst_sample_get_buffer(placed.sample.get()))->x = 3;
  EXPECT_NE(why(placed.sample.get()).find("between chroma samples"), std::string::npos);

  sample.reset(gst_sample_new(nullptr, caps.get(), nullptr, nullptr));
  EXPECT_NE(why(sample.get()).find("no buffer"), std::string::npos);
  sample.reset(gst_sample_new(small.get(), nullptr, nullptr, nullptr));
  EXPECT_NE(why(sample.get()).find("no caps"), std::string::npos);
}

/* Of 64x64 pixels of rgb24, shown as `size`. */
struct Shown {
  BufferPtr buffer{gst_buffer_new_allocate(nullptr, 64 * 64 * 3, nullptr)};
  GstVideoMeta *meta = gst_buffer_add_video_meta(buffer.get(), GST_VIDEO_FRAME_FLAG_NONE,
                                                 GST_VIDEO_FORMAT_RGB, 64, 64);
  LayoutPtr layout;

  explicit Shown(Size size) : layout(oracle::layout_of(AV_PIX_FMT_RGB24, size)) {}

  /* Why it is refused; nothing where it is not. */
  std::string update() {
    GError *error = nullptr;
    if (gst_framewise_layout_update(layout.get(), buffer.get(), &error))
      return {};
    std::string message = error->message;
    g_error_free(error);
    return message;
  }
  void crop(guint x, guint y) {
    GstVideoCropMeta *meta = gst_buffer_get_video_crop_meta(buffer.get());
    if (!meta)
      meta = gst_buffer_add_video_crop_meta(buffer.get());
    meta->x = x;
    meta->y = y;
  }
};

TEST(Sample, with_an_offset_out_of_its_buffer_is_refused) {
  Shown shown({64, 64});
  EXPECT_EQ(shown.update(), "");
  for (gsize offset : {gsize(-5000), gsize(-1), gsize(G_MAXINT64), gsize(G_MAXINT64) + 1,
                       gsize(64 * 64 * 3 + 1)}) {
    shown.meta->offset[0] = offset;
    EXPECT_NE(shown.update().find("outside of the buffer"), std::string::npos) << offset;
  }
  shown.meta->offset[0] = 1;
  EXPECT_NE(shown.update().find("holds no frame"), std::string::npos);
}

TEST(Sample, cropped_to_outside_of_its_picture_is_refused) {
  Shown shown({10, 10});
  for (auto [x, y] : {std::pair<guint, guint>{54, 54}, {0, 54}, {54, 0}}) {
    shown.crop(x, y);
    EXPECT_EQ(shown.update(), "");
    EXPECT_EQ(gst_framewise_layout_get_offset(shown.layout.get()), y * 192 + x * 3);
  }
  /* Into the next row, past the last, and before the first. */
  for (auto [x, y] : {std::pair<guint, guint>{60, 3},
                      {55, 0},
                      {0, 55},
                      {guint(-4), 3},
                      {3, guint(-8)},
                      {guint(G_MAXINT), 0}}) {
    shown.crop(x, y);
    EXPECT_NE(shown.update().find("does not lie inside the 64x64"), std::string::npos) << x;
  }
  /* Where the meta does not tell the truth about its size. */
  shown.meta->width = shown.meta->height = G_MAXUINT;
  shown.crop(55, 0);
  EXPECT_NE(shown.update().find("past the end of its rows"), std::string::npos);
  shown.crop(0, 55);
  EXPECT_NE(shown.update().find("holds no frame"), std::string::npos);
  shown.crop(guint(-4), 0);
  EXPECT_NE(shown.update().find("does not lie inside"), std::string::npos);
}

/* ---- Lifetime and writing ----------------------------------------------------------------------
 */

TEST(Array, keeps_the_buffer_until_it_is_gone) {
  Placed placed = place(AV_PIX_FMT_RGB24, {16, 8}, Spacing::even, 1, false);
  bool gone = false;
  gst_mini_object_weak_ref(
      GST_MINI_OBJECT(gst_sample_get_buffer(placed.sample.get())),
      [](gpointer flag, GstMiniObject *) { *static_cast<bool *>(flag) = true; }, &gone);
  LayoutPtr layout = layout_of(placed);
  ArrayPtr array = map(layout.get(), placed.sample.get());
  layout.reset();
  placed.sample.reset();
  EXPECT_FALSE(gone);
  expect_samples(elements(array.get()), placed.picture);
  array.reset();
  EXPECT_TRUE(gone);
}

TEST(Array, that_is_written_changes_the_frame) {
  Placed placed = place(AV_PIX_FMT_RGB24, {16, 8}, Spacing::even, 1, false);
  LayoutPtr layout = layout_of(placed);
  ArrayPtr array = map(layout.get(), placed.sample.get(), GST_FRAMEWISE_ACCESS_WRITE);
  ASSERT_TRUE(array);
  EXPECT_FALSE(gst_framewise_array_is_read_only(array.get()));
  auto *data = static_cast<uint8_t *>(gst_framewise_array_get_data(array.get()));
  data[0] ^= 0xff;
  array.reset();
  array = map(layout.get(), placed.sample.get());
  EXPECT_TRUE(gst_framewise_array_is_read_only(array.get()));
  EXPECT_EQ(*static_cast<uint8_t *>(gst_framewise_array_get_data(array.get())),
            placed.picture.planes[0][0] ^ 0xff);
}

SamplePtr read_only_sample(const uint8_t *bytes, gsize size, const char *caps_text) {
  BufferPtr buffer(gst_buffer_new_wrapped_full(
      GST_MEMORY_FLAG_READONLY, const_cast<uint8_t *>(bytes), size, 0, size, nullptr, nullptr));
  CapsPtr caps(gst_caps_from_string(caps_text));
  return SamplePtr(gst_sample_new(buffer.get(), caps.get(), nullptr, nullptr));
}

TEST(Array, of_read_only_memory_is_read_only) {
  static const uint8_t bytes[64] = {};
  SamplePtr sample =
      read_only_sample(bytes, sizeof bytes, "video/x-raw, format=GRAY8, width=8, height=8");
  LayoutPtr layout(gst_framewise_layout_new_from_sample(sample.get(), nullptr));
  ArrayPtr array = map(layout.get(), sample.get(), GST_FRAMEWISE_ACCESS_AS_MEMORY);
  EXPECT_TRUE(gst_framewise_array_is_read_only(array.get()));
  EXPECT_FALSE(gst_framewise_array_is_copy(array.get()));
  EXPECT_EQ(gst_framewise_array_get_data(array.get()), bytes);
  EXPECT_NE(message_of([&](GError **error) {
              return gst_framewise_layout_map(layout.get(), gst_sample_get_buffer(sample.get()),
                                              GST_FRAMEWISE_ACCESS_WRITE, error);
            }).find("read only"),
            std::string::npos);
}

TEST(Array, of_a_buffer_that_is_too_small_is_refused) {
  BufferPtr small(gst_buffer_new_allocate(nullptr, 383, nullptr));
  for (AVPixelFormat format : {AV_PIX_FMT_RGB24, AV_PIX_FMT_GBRP}) {
    LayoutPtr layout = oracle::layout_of(format, {16, 8});
    EXPECT_NE(message_of([&](GError **error) {
                return gst_framewise_layout_map(layout.get(), small.get(),
                                                GST_FRAMEWISE_ACCESS_READ, error);
              }).find("383 bytes is too small"),
              std::string::npos);
  }
}

/* ---- DLPack ------------------------------------------------------------------------------------
 */

struct FreeTensor {
  void operator()(DLManagedTensor *tensor) const { tensor->deleter(tensor); }
};
using TensorPtr = std::unique_ptr<DLManagedTensor, FreeTensor>;

TensorPtr tensor_of(GstFramewiseArray *array, GstFramewiseCopy copy) {
  return TensorPtr(
      succeed([&](GError **error) { return gst_framewise_array_to_dlpack(array, copy, error); }));
}

bool in_machine_order(const GstFramewiseLayout *layout) {
  const char order = gst_framewise_layout_get_typestr(layout)[0];
  return order == '|' || order == (G_BYTE_ORDER == G_BIG_ENDIAN ? '>' : '<');
}

Elements elements(const GstFramewiseLayout *layout, const DLManagedTensor *tensor) {
  const DLTensor &t = tensor->dl_tensor;
  Elements all{layout,
               static_cast<const uint8_t *>(t.data) + t.byte_offset,
               {t.shape, t.shape + t.ndim},
               {t.strides, t.strides + t.ndim}};
  for (auto &stride : all.strides)
    stride *= t.dtype.bits / 8;
  return all;
}

TEST(DLPack, tensor_has_the_elements_of_every_format) {
  int n_tensors = 0;
  for (AVPixelFormat format : expressible_formats())
    for (auto copy : {GST_FRAMEWISE_COPY_NEVER, GST_FRAMEWISE_COPY_ALWAYS}) {
      SCOPED_TRACE(av_get_pix_fmt_name(format));
      Placed placed = place(format, {13, 7}, Spacing::even, 1, false);
      LayoutPtr layout = layout_of(placed);
      for (guint i = 0; i < gst_framewise_layout_get_n_planes(layout.get()); i++) {
        LayoutPtr plane = plane_of(layout.get(), i);
        ArrayPtr array = map(plane.get(), placed.sample.get(), GST_FRAMEWISE_ACCESS_AS_MEMORY);
        if (!in_machine_order(plane.get())) {
          EXPECT_NE(message_of([&](GError **error) {
                      return gst_framewise_array_to_dlpack(array.get(), copy, error);
                    }).find("byte order"),
                    std::string::npos);
          continue;
        }
        const bool aligned = reinterpret_cast<guintptr>(gst_framewise_array_get_data(array.get())) %
                                 gst_framewise_layout_get_item_size(plane.get()) ==
                             0;
        if (!aligned && copy == GST_FRAMEWISE_COPY_NEVER)
          continue;
        TensorPtr tensor = tensor_of(array.get(), copy);
        ASSERT_TRUE(tensor);
        EXPECT_EQ(tensor->dl_tensor.device.device_type, kDLCPU);
        EXPECT_EQ(tensor->dl_tensor.data == gst_framewise_array_get_data(array.get()),
                  copy == GST_FRAMEWISE_COPY_NEVER);
        array.reset();
        expect_samples(elements(plane.get(), tensor.get()), placed.picture);
        n_tensors++;
      }
    }
  EXPECT_GT(n_tensors, 200);
}

TEST(DLPack, tensor_keeps_the_buffer_until_its_deleter_is_called) {
  Placed placed = place(AV_PIX_FMT_RGB24, {16, 8}, Spacing::even, 1, false);
  std::atomic<bool> gone = false;
  gst_mini_object_weak_ref(
      GST_MINI_OBJECT(gst_sample_get_buffer(placed.sample.get())),
      [](gpointer flag, GstMiniObject *) { *static_cast<std::atomic<bool> *>(flag) = true; },
      &gone);
  LayoutPtr layout = layout_of(placed);
  ArrayPtr array = map(layout.get(), placed.sample.get(), GST_FRAMEWISE_ACCESS_WRITE);
  TensorPtr tensor = tensor_of(array.get(), GST_FRAMEWISE_COPY_NEVER);
  array.reset();
  placed.sample.reset();
  EXPECT_FALSE(gone);
  std::thread([&] { tensor.reset(); }).join();
  EXPECT_TRUE(gone);
}

TEST(DLPack, tensor_of_read_only_memory_is_a_copy_or_refused) {
  uint8_t bytes[64];
  fill_with_noise(bytes, sizeof bytes);
  SamplePtr sample =
      read_only_sample(bytes, sizeof bytes, "video/x-raw, format=GRAY8, width=8, height=8");
  LayoutPtr layout(gst_framewise_layout_new_from_sample(sample.get(), nullptr));
  ArrayPtr array = map(layout.get(), sample.get(), GST_FRAMEWISE_ACCESS_AS_MEMORY);
  EXPECT_NE(message_of([&](GError **error) {
              return gst_framewise_array_to_dlpack(array.get(), GST_FRAMEWISE_COPY_NEVER, error);
            }).find("read only"),
            std::string::npos);
  TensorPtr tensor = tensor_of(array.get(), GST_FRAMEWISE_COPY_IF_NEEDED);
  ASSERT_TRUE(tensor);
  EXPECT_NE(tensor->dl_tensor.data, bytes);
  EXPECT_EQ(memcmp(tensor->dl_tensor.data, bytes, sizeof bytes), 0);
}

/* A tensor over `array`'s elements that counts its deletions. */
struct Foreign {
  DLManagedTensor tensor{};
  std::vector<int64_t> shape, strides;
  std::vector<uint8_t> bytes;
  int *deleted;

  Foreign(const GstFramewiseLayout *layout, const Elements &all, int *deletions)
      : shape(all.shape), strides(all.strides), deleted(deletions) {
    const std::string type = gst_framewise_layout_get_typestr(layout);
    const int size = type[2] - '0';
    int64_t end = size;
    for (size_t i = 0; i < shape.size(); i++)
      end += (shape[i] - 1) * strides[i];
    bytes.assign(all.data, all.data + end);
    for (auto &stride : strides)
      stride /= size;
    tensor.dl_tensor.data = bytes.data();
    tensor.dl_tensor.device = {kDLCPU, 0};
    tensor.dl_tensor.ndim = int(shape.size());
    tensor.dl_tensor.dtype = {uint8_t(type[1] == 'f' ? kDLFloat : kDLUInt), uint8_t(8 * size), 1};
    tensor.dl_tensor.shape = shape.data();
    tensor.dl_tensor.strides = strides.data();
    tensor.manager_ctx = this;
    tensor.deleter = [](DLManagedTensor *self) {
      auto *owner = static_cast<Foreign *>(self->manager_ctx);
      ++*owner->deleted;
      delete owner;
    };
  }
};

SamplePtr wrap(const GstFramewiseLayout *layout, std::vector<DLManagedTensor *> tensors) {
  BufferPtr buffer(succeed([&](GError **error) {
    return gst_framewise_layout_wrap_dlpack(layout, tensors.data(), guint(tensors.size()), FALSE,
                                            error);
  }));
  if (!buffer)
    return nullptr;
  CapsPtr caps(gst_framewise_layout_to_caps(layout, 0, 1));
  return SamplePtr(gst_sample_new(buffer.get(), caps.get(), nullptr, nullptr));
}

TEST(DLPack, frames_of_every_format_come_back_from_arrays) {
  for (AVPixelFormat format : expressible_formats())
    for (bool whole : {true, false}) {
      const Size size{roll(1, 20), roll(1, 20)};
      SCOPED_TRACE(label(format, size) + (whole ? " whole" : " by plane"));
      Placed placed = place(format, size, Spacing::even, 1, false);
      LayoutPtr plain = layout_of(placed);
      LayoutPtr layout(gst_framewise_layout_with_padding(plain.get()));
      const guint n_planes = gst_framewise_layout_get_n_planes(layout.get());
      if (whole && (!gst_framewise_layout_is_strided(layout.get()) || placed.picture.has_palette()))
        continue;
      int deleted = 0;
      std::vector<DLManagedTensor *> tensors;
      for (guint i = 0; i < (whole ? 1 : n_planes); i++) {
        LayoutPtr part(whole ? gst_framewise_layout_copy(layout.get())
                             : gst_framewise_layout_get_plane(layout.get(), i));
        ArrayPtr array = map(part.get(), placed.sample.get());
        tensors.push_back(&(new Foreign(part.get(), elements(array.get()), &deleted))->tensor);
      }
      const void *data = tensors[0]->dl_tensor.data;
      SamplePtr back = wrap(plain.get(), tensors);
      ASSERT_TRUE(back);
      LayoutPtr seen(succeed(
          [&](GError **error) { return gst_framewise_layout_new_from_sample(back.get(), error); }));
      ASSERT_TRUE(seen);
      for (guint i = 0; i < n_planes; i++) {
        LayoutPtr plane = plane_of(seen.get(), i);
        ArrayPtr array = map(plane.get(), back.get(), GST_FRAMEWISE_ACCESS_WRITE);
        ASSERT_TRUE(array);
        expect_samples(elements(array.get()), placed.picture);
        if (i == 0) {
          LayoutPtr padded(gst_framewise_layout_with_padding(plane.get()));
          array = map(padded.get(), back.get());
          EXPECT_EQ(gst_framewise_array_get_data(array.get()), data) << "a copy";
        }
      }
      EXPECT_EQ(deleted, 0);
      back.reset();
      EXPECT_EQ(deleted, int(tensors.size()));
    }
}

/* What GStreamer's own way of reading frames sees. */
TEST(DLPack, frame_is_where_gstreamer_looks_for_it) {
  Placed placed = place(AV_PIX_FMT_GBRP, {13, 7}, Spacing::even, 1, false);
  LayoutPtr layout = layout_of(placed);
  ArrayPtr array = map(layout.get(), placed.sample.get());
  int deleted = 0;
  SamplePtr sample =
      wrap(layout.get(), {&(new Foreign(layout.get(), elements(array.get()), &deleted))->tensor});
  GstVideoInfo info;
  ASSERT_TRUE(gst_video_info_from_caps(&info, gst_sample_get_caps(sample.get())));
  GstVideoFrame frame;
  ASSERT_TRUE(
      gst_video_frame_map(&frame, &info, gst_sample_get_buffer(sample.get()), GST_MAP_READ));
  for (int plane = 0; plane < 3; plane++)
    for (int y = 0; y < 7; y++)
      EXPECT_EQ(memcmp(static_cast<uint8_t *>(GST_VIDEO_FRAME_PLANE_DATA(&frame, plane)) +
                           y * GST_VIDEO_FRAME_PLANE_STRIDE(&frame, plane),
                       placed.picture.planes[plane] + y * placed.picture.linesizes[plane], 13),
                0);
  gst_video_frame_unmap(&frame);
}

struct Wrong {
  const char *what;
  void (*spoil)(DLTensor &);
  const char *said;
};

TEST(DLPack, tensors_that_do_not_fit_are_refused_and_stay_the_callers) {
  Placed placed = place(AV_PIX_FMT_RGB24, {16, 8}, Spacing::even, 1, false);
  LayoutPtr layout = layout_of(placed);
  ArrayPtr array = map(layout.get(), placed.sample.get());
  const Wrong wrongs[] = {
      {"float",
       [](DLTensor &t) {
         t.dtype = {kDLFloat, 32, 1};
       },
       "|u1 (8, 16, 3); this one is of float32"},
      {"signed", [](DLTensor &t) { t.dtype.code = kDLInt; }, "int8"},
      {"wide", [](DLTensor &t) { t.dtype.bits = 16; }, "uint16"},
      {"lanes", [](DLTensor &t) { t.dtype.lanes = 2; }, "|u1 (8, 16, 3)"},
      {"flat", [](DLTensor &t) { t.ndim = 2; }, "uint8 (8, 16)."},
      {"tall", [](DLTensor &t) { t.shape[0]++; }, "(9, 16, 3)"},
      {"few channels", [](DLTensor &t) { t.shape[2] = 1; }, "(8, 16, 1)"},
      {"upside down", [](DLTensor &t) { t.strides[0] = -48; }, "axis 0"},
      {"rows overlap", [](DLTensor &t) { t.strides[0] = 47; }, "at least 48"},
      {"wide pixels", [](DLTensor &t) { t.strides[1] = 4; }, "axis 1"},
      {"BGR", [](DLTensor &t) { t.strides[2] = -1; }, "axis 2"},
      {"no shape", [](DLTensor &t) { t.shape = nullptr; }, "Tensor 0 has no shape"},
      {"negative dimensions", [](DLTensor &t) { t.ndim = -1; }, "Tensor 0 has no shape"},
      {"no data", [](DLTensor &t) { t.data = nullptr; }, "Tensor 0 has no data"},
      {"rows far apart", [](DLTensor &t) { t.strides[0] = INT64_MAX; }, "too long"},
      {"offset", [](DLTensor &t) { t.byte_offset = UINT64_MAX; }, "larger than any memory"},
      {"device", [](DLTensor &t) { t.device.device_type = kDLCUDA; }, "CPU"},
  };
  for (const Wrong &wrong : wrongs) {
    SCOPED_TRACE(wrong.what);
    int deleted = 0;
    auto *foreign = new Foreign(layout.get(), elements(array.get()), &deleted);
    wrong.spoil(foreign->tensor.dl_tensor);
    DLManagedTensor *tensors[] = {&foreign->tensor};
    std::string said = message_of([&](GError **error) {
      return gst_framewise_layout_wrap_dlpack(layout.get(), tensors, 1, FALSE, error);
    });
    EXPECT_NE(said.find(wrong.said), std::string::npos) << said;
    EXPECT_EQ(deleted, 0);
    delete foreign;
  }
  DLManagedTensor *none[] = {nullptr};
  EXPECT_NE(message_of([&](GError **error) {
              return gst_framewise_layout_wrap_dlpack(layout.get(), none, 0, FALSE, error);
            }).find("takes 1 array; these are 0."),
            std::string::npos);
  EXPECT_NE(message_of([&](GError **error) {
              return gst_framewise_layout_wrap_dlpack(layout.get(), none, 1, FALSE, error);
            }).find("Tensor 0 is NULL"),
            std::string::npos);
}

/* Sums and products of strides must not wrap to something that looks right. */
TEST(DLPack, tensors_larger_than_memory_are_refused) {
  for (auto [format, strides] :
       {std::pair<AVPixelFormat, std::vector<int64_t>>{AV_PIX_FMT_GBRP, {int64_t(1) << 62, 2, 1}},
        {AV_PIX_FMT_GBRP, {INT64_MAX, 2, 1}},
        {AV_PIX_FMT_GBRP16, {(int64_t(1) << 62) + 4, 2, 1}},
        {AV_PIX_FMT_GBRPF32, {(int64_t(1) << 60) + 1, 2, 1}}}) {
    SCOPED_TRACE(av_get_pix_fmt_name(format));
    Placed placed = place(format, {2, 2}, Spacing::even, 1, false);
    LayoutPtr layout = layout_of(placed);
    ArrayPtr array = map(layout.get(), placed.sample.get());
    int deleted = 0;
    Foreign foreign(layout.get(), elements(array.get()), &deleted);
    foreign.strides = strides;
    foreign.tensor.dl_tensor.strides = foreign.strides.data();
    DLManagedTensor *tensors[] = {&foreign.tensor};
    EXPECT_NE(message_of([&](GError **error) {
                return gst_framewise_layout_wrap_dlpack(layout.get(), tensors, 1, FALSE, error);
              }).find("larger than any memory"),
              std::string::npos);
  }
}

TEST(DLPack, wrapped_memory_is_read_only_where_told) {
  Placed placed = place(AV_PIX_FMT_RGB24, {16, 8}, Spacing::even, 1, false);
  LayoutPtr layout = layout_of(placed);
  ArrayPtr array = map(layout.get(), placed.sample.get());
  for (bool read_only : {true, false}) {
    int deleted = 0;
    DLManagedTensor *tensors[] = {
        &(new Foreign(layout.get(), elements(array.get()), &deleted))->tensor};
    BufferPtr buffer(
        gst_framewise_layout_wrap_dlpack(layout.get(), tensors, 1, read_only, nullptr));
    ASSERT_TRUE(buffer);
    EXPECT_EQ(GST_MEMORY_IS_READONLY(gst_buffer_peek_memory(buffer.get(), 0)), read_only);
  }
}

/* ---- Out of pipelines --------------------------------------------------------------------------
 */

SamplePtr pull(const char *description, GstPadProbeCallback probe = nullptr) {
  GError *error = nullptr;
  GstPtr<GstElement> pipeline(gst_parse_launch(description, &error));
  EXPECT_TRUE(pipeline) << error->message;
  GstPtr<GstElement> sink(gst_bin_get_by_name(GST_BIN(pipeline.get()), "sink"));
  if (probe) {
    GstPtr<GstPad> pad(gst_element_get_static_pad(sink.get(), "sink"));
    gst_pad_add_probe(pad.get(), GST_PAD_PROBE_TYPE_QUERY_DOWNSTREAM, probe, nullptr, nullptr);
  }
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  SamplePtr sample(gst_app_sink_pull_sample(GST_APP_SINK(sink.get())));
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
  EXPECT_TRUE(sample);
  return sample;
}

GstPadProbeReturn offer_metas(GstPad *, GstPadProbeInfo *info, gpointer) {
  GstQuery *query = GST_PAD_PROBE_INFO_QUERY(info);
  if (GST_QUERY_TYPE(query) != GST_QUERY_ALLOCATION)
    return GST_PAD_PROBE_OK;
  gst_query_add_allocation_meta(query, GST_VIDEO_META_API_TYPE, nullptr);
  gst_query_add_allocation_meta(query, GST_VIDEO_CROP_META_API_TYPE, nullptr);
  return GST_PAD_PROBE_HANDLED;
}

void expect_crop_of(GstSample *cropped, GstSample *whole, int x0, int y0) {
  LayoutPtr small(succeed(
      [&](GError **error) { return gst_framewise_layout_new_from_sample(cropped, error); }));
  LayoutPtr large(
      succeed([&](GError **error) { return gst_framewise_layout_new_from_sample(whole, error); }));
  ArrayPtr part = map(small.get(), cropped), all = map(large.get(), whole);
  auto a = elements(part.get()), b = elements(all.get());
  ASSERT_EQ(a.shape, (std::vector<int64_t>{20, 30, 3}));
  for (int y = 0; y < 20; y++)
    for (int x = 0; x < 30; x++)
      EXPECT_EQ(memcmp(a.data + y * a.strides[0] + x * a.strides[1],
                       b.data + (y + y0) * b.strides[0] + (x + x0) * b.strides[1], 3),
                0);
}

TEST(Pipeline, cropped_by_copy_or_by_meta_gives_the_part) {
  const char *source = "videotestsrc num-buffers=1 pattern=smpte ! "
                       "video/x-raw,format=RGB,width=41,height=27";
  SamplePtr whole = pull((std::string(source) + " ! appsink name=sink").c_str());
  std::string crop = std::string(source) + " ! videocrop left=5 right=6 top=3 bottom=4 ! "
                                           "appsink name=sink";
  SamplePtr copied = pull(crop.c_str());
  EXPECT_FALSE(gst_buffer_get_video_crop_meta(gst_sample_get_buffer(copied.get())));
  expect_crop_of(copied.get(), whole.get(), 5, 3);
  SamplePtr by_meta = pull(crop.c_str(), offer_metas);
  EXPECT_TRUE(gst_buffer_get_video_crop_meta(gst_sample_get_buffer(by_meta.get())));
  expect_crop_of(by_meta.get(), whole.get(), 5, 3);
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
