/* gst-framewise: any pixel format as n-dimensional arrays: dtype, shape and strides.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "stridedlayout.hpp"

#include <algorithm>

namespace framewise {

const char *SampleType::typestr() const {
  if (bytes == 1)
    return "|u1";
  static constexpr const char *names[2][2][2] = {{{"<u2", ">u2"}, {"<u4", ">u4"}},
                                                 {{"<f2", ">f2"}, {"<f4", ">f4"}}};
  return names[floating][bytes == 4][big_endian];
}

int64_t StridedArray::extent() const {
  int64_t last = 0;
  for (int i = 0; i < n_dims; i++)
    last += (shape[i] - 1) * strides[i];
  return last + type.bytes;
}

int64_t StridedArray::row_extent() const {
  int64_t last = 0;
  for (int i = is_planes_first() ? 2 : 1; i < n_dims; i++)
    last += (shape[i] - 1) * strides[i];
  return last + type.bytes;
}

bool StridedArray::fits(size_t size) const {
  return offset >= 0 && size_t(offset) <= size && size_t(extent()) <= size - size_t(offset);
}

/* ---- From the descriptor -----------------------------------------------------------------------
 */

/* The smallest of 1, 2 and 4 bytes that av_read_image_line2() reads for a component. */
static int bytes_of(const AVComponentDescriptor &component) {
  int bits = component.shift + component.depth;
  return bits <= 8 ? 1 : bits <= 16 ? 2 : 4;
}

/* The byte of the pixel where it begins to read: in big-endian formats it skips one for components
 * that fit into eight bits. */
static int first_byte_of(const AVPixFmtDescriptor *desc, const AVComponentDescriptor &component) {
  bool second = (desc->flags & AV_PIX_FMT_FLAG_BE) && bytes_of(component) == 1;
  return component.offset + (second ? 1 : 0);
}

static const char *name_of(const AVPixFmtDescriptor *desc, int component) {
  if (desc->flags & AV_PIX_FMT_FLAG_PAL)
    return "index";
  if ((desc->flags & AV_PIX_FMT_FLAG_ALPHA) && component == desc->nb_components - 1)
    return "A";
  static constexpr const char *names[][3] = {{"Y", "U", "V"}, {"R", "G", "B"}, {"X", "Y", "Z"}};
  int space = compat::is_xyz(desc) ? 2 : desc->flags & AV_PIX_FMT_FLAG_RGB ? 1 : 0;
  return component < 3 ? names[space][component] : "?";
}

static Channel channel_of(const AVPixFmtDescriptor *desc, int component) {
  Channel channel;
  g_strlcpy(channel.name, name_of(desc, component), sizeof channel.name);
  channel.component = int8_t(component);
  channel.depth = uint8_t(desc->comp[component].depth);
  channel.shift = uint8_t(desc->comp[component].shift);
  return channel;
}

static Channel padding_of(int bytes) {
  Channel channel;
  channel.name[0] = 'x';
  channel.depth = uint8_t(8 * bytes);
  return channel;
}

static Failure refuse(const AVPixFmtDescriptor *desc, const char *why) {
  return FRAMEWISE_FAIL_STREAM(
      FORMAT, format("`%s` can't be expressed as strided arrays: %s. Use `pixel-format=` to select "
                     "a format to convert into.",
                     desc->name, why));
}

namespace {

/* The components of one plane, in the order of memory. */
struct PlaneComponents {
  int n = 0;
  std::array<int, 4> index{};
};

} // namespace

/* std::sort() is for more than four of a thing. */
template <typename T, size_t N, typename Before>
static void insert_sorted(std::array<T, N> &items, int &n, const T &item, Before before) {
  int at = n++;
  for (; at > 0 && before(item, items[at - 1]); at--)
    items[at] = items[at - 1];
  items[at] = item;
}

static PlaneComponents components_of(const AVPixFmtDescriptor *desc, int plane) {
  PlaneComponents in;
  for (int i = 0; i < desc->nb_components; i++)
    if (desc->comp[i].plane == plane)
      insert_sorted(in.index, in.n, i, [desc](int a, int b) {
        return first_byte_of(desc, desc->comp[a]) < first_byte_of(desc, desc->comp[b]);
      });
  return in;
}

static bool share_bytes(const AVPixFmtDescriptor *desc, const PlaneComponents &in) {
  int end = 0;
  for (int i = 0; i < in.n; i++) {
    const auto &component = desc->comp[in.index[i]];
    int first = first_byte_of(desc, component);
    if (i > 0 && first < end)
      return true;
    end = std::max(end, first + bytes_of(component));
  }
  return false;
}

static SampleType sample_type(const AVPixFmtDescriptor *desc, int bytes) {
  return {.bytes = uint8_t(bytes),
          .floating = (desc->flags & AV_PIX_FMT_FLAG_FLOAT) != 0,
          .big_endian = bytes > 1 && (desc->flags & AV_PIX_FMT_FLAG_BE)};
}

Result<StridedLayout> StridedLayout::create(AVPixelFormat format, int width, int height,
                                            Padding padding) {
  StridedLayout layout;
  layout.format_ = format;
  layout.width_ = width;
  layout.height_ = height;
  layout.padding_ = padding;
  if (auto described = layout.describe(); !described)
    return Failure(described.error());
  return layout;
}

Result<void> StridedLayout::describe() {
  const AVPixFmtDescriptor *desc = av_pix_fmt_desc_get(format_);
  if (!desc)
    return FRAMEWISE_FAIL_LIBRARY(SETTINGS, "There is no such pixel format. `ffmpeg -pix_fmts` "
                                            "lists what this libavutil has.");
  if (desc->flags & AV_PIX_FMT_FLAG_HWACCEL)
    return refuse(desc, "its frames lie in the memory of a device");
  if (desc->flags & AV_PIX_FMT_FLAG_BITSTREAM)
    return refuse(desc, "it has several pixels in a byte");
  if (desc->nb_components == 0)
    return refuse(desc, "libavutil does not say where its samples are");
  if (width_ <= 0 || height_ <= 0)
    return FRAMEWISE_FAIL_STREAM(
        FORMAT, framewise::format("A %s frame cannot be %dx%d.", desc->name, width_, height_));

  n_planes_ = av_pix_fmt_count_planes(format_);
  for (int i = 0; i < n_planes_; i++)
    if (auto described = describe_plane(i); !described)
      return described;
  if (desc->flags & AV_PIX_FMT_FLAG_PAL)
    describe_palette();
  describe_whole();
  return {};
}

Result<void> StridedLayout::describe_plane(int plane) {
  const AVPixFmtDescriptor *desc = av_pix_fmt_desc_get(format_);
  const PlaneComponents in = components_of(desc, plane);
  if (in.n == 0)
    return refuse(desc, "libavutil does not say where its samples are");
  const bool chroma = plane == 1 || plane == 2;
  StridedArray &array = planes_[plane];
  array.axes = "HW";
  array.n_dims = 2;
  array.shape[0] = chroma ? AV_CEIL_RSHIFT(height_, desc->log2_chroma_h) : height_;
  array.shape[1] = chroma ? AV_CEIL_RSHIFT(width_, desc->log2_chroma_w) : width_;

  const bool luma_and_chroma = in.n > 1 && desc->comp[0].plane == plane;
  if (luma_and_chroma && (desc->log2_chroma_w || desc->log2_chroma_h)) {
    if (!describe_group(plane))
      return refuse(desc, "its samples are not evenly spaced");
    return {};
  }

  const int step = desc->comp[in.index[0]].step;
  array.strides[1] = step;
  row_bytes_[plane] = int(array.shape[1] * step);
  if (share_bytes(desc, in)) { /* several components in a word */
    if (step != 1 && step != 2 && step != 4)
      return refuse(desc, "its samples are no whole bytes");
    array.type = sample_type(desc, step);
    if (desc->flags & AV_PIX_FMT_FLAG_BAYER) { /* which of them depends on row and column */
      array.n_channels = 1;
      g_strlcpy(array.channels[0].name, "bayer", sizeof array.channels[0].name);
      array.channels[0].depth = uint8_t(8 * step);
      return {};
    }
    for (int i = 0; i < in.n; i++) {
      const auto &component = desc->comp[in.index[i]];
      Channel channel = channel_of(desc, in.index[i]);
      int below = desc->flags & AV_PIX_FMT_FLAG_BE
                      ? step - first_byte_of(desc, component) - bytes_of(component)
                      : component.offset;
      channel.shift = uint8_t(8 * below + component.shift);
      /* As the name of such formats has them: the highest bits first. */
      insert_sorted(array.channels, array.n_channels, channel,
                    [](const Channel &a, const Channel &b) { return a.shift > b.shift; });
    }
    return {};
  }

  int bytes = 0;
  for (int i = 0; i < in.n; i++)
    bytes = std::max(bytes, bytes_of(desc->comp[in.index[i]]));
  array.type = sample_type(desc, bytes);
  const int first = desc->comp[in.index[0]].offset;
  const int spacing = in.n > 1 ? desc->comp[in.index[1]].offset - first : bytes;
  for (int i = 0; i < in.n; i++) {
    const auto &component = desc->comp[in.index[i]];
    if (component.step != step || component.offset != first + i * spacing ||
        component.offset % bytes || step % bytes)
      return refuse(desc, "its samples are not evenly spaced");
    array.channels[array.n_channels++] = channel_of(desc, in.index[i]);
  }
  lead_[plane] = first;
  const int slots = step / bytes;
  if (padding_ == Padding::channel && spacing == bytes && slots > in.n &&
      slots <= StridedArray::max_channels) {
    const int before = first / bytes;
    for (int i = in.n - 1; i >= 0; i--)
      array.channels[before + i] = array.channels[i];
    for (int i = 0; i < slots; i++)
      if (i < before || i >= before + in.n)
        array.channels[i] = padding_of(bytes);
    array.n_channels = slots;
    lead_[plane] = 0;
  }
  if (array.n_channels > 1) {
    array.axes = "HWC";
    array.n_dims = 3;
    array.shape[2] = array.n_channels;
    array.strides[2] = spacing;
  }
  return {};
}

/* Packed formats where some pixels in a row share their chroma: the array is one of such groups.
 * Where chroma is, the descriptor says; luma fills the places between in turn (which is not what it
 * says of uyyvyy411, as that has no one step from luma to luma). */
bool StridedLayout::describe_group(int plane) {
  const AVPixFmtDescriptor *desc = av_pix_fmt_desc_get(format_);
  StridedArray &array = planes_[plane];
  int step = 0, bytes = bytes_of(desc->comp[0]);
  for (int i = 0; i < desc->nb_components; i++) {
    step = std::max(step, desc->comp[i].step);
    if (bytes_of(desc->comp[i]) != bytes)
      return false;
  }
  const int places = step / bytes;
  const int pixels = 1 << desc->log2_chroma_w;
  if (desc->log2_chroma_h || step % bytes || places > StridedArray::max_channels ||
      places != pixels + desc->nb_components - 1)
    return false;
  std::array<bool, StridedArray::max_channels> taken{};
  for (int i = 1; i < desc->nb_components; i++) {
    const auto &component = desc->comp[i];
    const int place = component.offset / bytes;
    if (component.plane != plane || component.step != step || component.offset % bytes ||
        place < 0 || place >= places || taken[place])
      return false;
    taken[place] = true;
    array.channels[place] = channel_of(desc, i);
  }
  for (int place = 0, luma = 0; place < places; place++)
    if (!taken[place]) {
      array.channels[place] = channel_of(desc, 0);
      array.channels[place].name[1] = char('0' + luma++);
    }
  array.type = sample_type(desc, bytes);
  array.axes = "HWC";
  array.n_dims = 3;
  array.pixels_across = pixels;
  array.shape[1] = AV_CEIL_RSHIFT(width_, desc->log2_chroma_w);
  array.shape[2] = array.n_channels = places;
  array.strides[1] = step;
  array.strides[2] = bytes;
  row_bytes_[plane] = int(array.shape[1] * step);
  return true;
}

/* libavutil's palettes are 256 words of ARGB in the byte order of the machine. */
void StridedLayout::describe_palette() {
  n_planes_ = 2;
  StridedArray &array = planes_[1];
  array.type = {.bytes = 4, .floating = false, .big_endian = G_BYTE_ORDER == G_BIG_ENDIAN};
  array.axes = "W";
  array.n_dims = 1;
  array.shape = {AVPALETTE_COUNT, 0, 0};
  array.strides = {4, 0, 0};
  array.n_channels = 4;
  for (int i = 0; i < 4; i++) {
    array.channels[i].name[0] = "ARGB"[i];
    array.channels[i].depth = 8;
    array.channels[i].shift = uint8_t(24 - 8 * i);
  }
}

void StridedLayout::describe_whole() {
  const AVPixFmtDescriptor *desc = av_pix_fmt_desc_get(format_);
  if (n_planes_ == 1 || (desc->flags & AV_PIX_FMT_FLAG_PAL)) {
    has_whole_ = planes_[0].pixels_across == 1;
    whole_ = planes_[0];
    return;
  }
  whole_ = planes_[0];
  has_whole_ = true;
  for (int i = 0; i < n_planes_; i++)
    has_whole_ = has_whole_ && planes_[i].n_channels == 1 && planes_[i].type == planes_[0].type &&
                 planes_[i].shape == planes_[0].shape &&
                 planes_[i].strides[1] == planes_[0].strides[1];
  if (!has_whole_)
    return;
  whole_.axes = "CHW";
  whole_.n_dims = 3;
  whole_.shape = {n_planes_, planes_[0].shape[0], planes_[0].shape[1]};
  whole_.strides[2] = planes_[0].strides[1];
  whole_.n_channels = n_planes_;
  for (int i = 0; i < n_planes_; i++)
    whole_.channels[i] = planes_[i].channels[0];
}

/* ---- Onto memory -------------------------------------------------------------------------------
 */

Result<void> StridedLayout::place(const PlaneLayout &planes, Corner corner) {
  const AVPixFmtDescriptor *desc = av_pix_fmt_desc_get(format_);
  if (corner.x < 0 || corner.y < 0)
    return FRAMEWISE_FAIL_STREAM(FORMAT, framewise::format("No picture of %s begins at %d,%d.",
                                                           desc->name, corner.x, corner.y));
  if ((corner.x & ((1 << desc->log2_chroma_w) - 1)) ||
      (corner.y & ((1 << desc->log2_chroma_h) - 1)))
    return FRAMEWISE_FAIL_STREAM(
        FORMAT,
        framewise::format("A picture of %s that begins at %d,%d begins between chroma samples.",
                          desc->name, corner.x, corner.y));
  for (int i = 0; i < n_planes_; i++) {
    StridedArray &array = planes_[i];
    /* With this, no sum of offset and extent() wraps: strides, rows and columns are ints. */
    constexpr int64_t farthest = INT64_MAX / 4;
    if (planes.offset[i] > size_t(farthest))
      return FRAMEWISE_FAIL_STREAM(
          FORMAT, framewise::format("A plane of %s at byte %" G_GSIZE_FORMAT " is in no memory.",
                                    desc->name, planes.offset[i]));
    array.offset = int64_t(planes.offset[i]) + lead_[i];
    if (array.n_dims == 1)
      continue; /* the palette */
    const bool chroma = i == 1 || i == 2;
    const int64_t across =
        chroma ? corner.x >> desc->log2_chroma_w : corner.x / array.pixels_across;
    const int64_t down = chroma ? corner.y >> desc->log2_chroma_h : corner.y;
    if (planes.stride[i] < row_bytes_[i])
      return FRAMEWISE_FAIL_STREAM(
          FORMAT,
          framewise::format("A buffer's stride of %d bytes is too small for a row of %s %dx%d.",
                            planes.stride[i], desc->name, width_, height_));
    if (across * array.strides[1] + row_bytes_[i] > planes.stride[i])
      return FRAMEWISE_FAIL_STREAM(
          FORMAT,
          framewise::format("A picture of %s %dx%d that begins at %d,%d ends past the end of "
                            "its rows: a buffer's stride is %d bytes.",
                            desc->name, width_, height_, corner.x, corner.y, planes.stride[i]));
    array.strides[0] = planes.stride[i];
    array.offset += down * array.strides[0] + across * array.strides[1];
  }
  evenly_spaced_ = true;
  if (!has_whole_)
    return {};
  whole_.offset = planes_[0].offset;
  if (!whole_.is_planes_first()) {
    whole_.strides[0] = planes_[0].strides[0];
    return {};
  }
  const int64_t spacing = planes_[1].offset - planes_[0].offset;
  evenly_spaced_ = spacing > 0;
  for (int i = 1; i < n_planes_; i++)
    evenly_spaced_ = evenly_spaced_ && planes_[i].offset - planes_[i - 1].offset == spacing &&
                     planes_[i].strides[0] == planes_[0].strides[0];
  whole_.strides[0] = spacing;
  whole_.strides[1] = planes_[0].strides[0];
  return {};
}

Error StridedLayout::why_not() const {
  const char *name = av_get_pix_fmt_name(format_);
  if (has_whole_)
    return FRAMEWISE_FAIL_STREAM(
               FORMAT,
               framewise::format("The planes of this `%s` frame do not lie evenly spaced in "
                                 "memory. Mapping it brings them together in one copy; its "
                                 "planes need none.",
                                 name))
        .value();
  return FRAMEWISE_FAIL_STREAM(
             FORMAT,
             framewise::format("`%s` can't be expressed as a strided array. Use `pixel-format=` to "
                               "select a format to convert into, or read its planes.",
                               name))
      .value();
}

int64_t StridedLayout::end() const {
  int64_t end = 0;
  for (const auto &plane : planes())
    end = std::max(end, plane.offset + plane.extent());
  return end;
}

bool StridedLayout::fits(size_t size) const {
  return std::all_of(planes().begin(), planes().end(),
                     [size](const StridedArray &plane) { return plane.fits(size); });
}

} // namespace framewise
