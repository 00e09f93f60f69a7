/* gst-framewise: any pixel format as n-dimensional arrays: dtype, shape and strides.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Everything is read from AVPixFmtDescriptor. Plain values throughout: nothing here allocates
 * unless it fails, and a layout may be copied like an int.
 */
#pragma once

#include "pixelformat.hpp"

#include <array>
#include <cstdint>
#include <span>

namespace framewise {

/* One element of an array. */
struct SampleType {
  uint8_t bytes = 1; /* 1, 2 or 4 */
  bool floating = false;
  bool big_endian = false; /* never set for single bytes */

  bool operator==(const SampleType &) const = default;
  /* As NumPy's array interface spells it: `|u1`, `<u2`, `>f4` ... Static. */
  FRAMEWISE_INTERNAL const char *typestr() const;
};

/* What stands at one index of an array's channel axis; or, in a packed word (rgb565 ...), at some
 * of its bits. The value is (element >> shift) & ((1 << depth) - 1), for floats the element itself.
 */
struct Channel {
  char name[8] = {}; /* R G B A, Y U V (Y0 Y1 in a group of pixels), X Y Z, `x` for padding ... */
  int8_t component = -1; /* index into AVPixFmtDescriptor.comp; -1: padding, palette, bayer */
  uint8_t depth = 0;     /* significant bits */
  uint8_t shift = 0;     /* bits below them */
};

struct FRAMEWISE_INTERNAL StridedArray {
  static constexpr int max_dims = 4;
  static constexpr int max_channels = 8;

  SampleType type;
  /* "HW", "HWC" or "CHW"; of several frames the same with an "N" before it. W counts groups of
   * pixels where those share samples (yuyv422). */
  const char *axes = "";
  int n_dims = 0;
  std::array<int64_t, max_dims> shape{};
  std::array<int64_t, max_dims> strides{}; /* bytes, all positive */
  int64_t offset = 0;                      /* bytes from the start of the buffer to element 0 */
  int n_channels = 0;
  std::array<Channel, max_channels> channels{};
  int pixels_across = 1; /* in one step along W */

  int64_t height() const { return shape[axes[0] == 'C' ? 1 : 0]; }
  int64_t width() const { return shape[axes[0] == 'C' ? 2 : 1]; }
  /* Bytes from element 0 to past the last one. */
  int64_t extent() const;
  /* Bytes from the first to past the last sample of a row. */
  int64_t row_extent() const;
  /* All elements lie within the first `size` bytes of the buffer. */
  bool fits(size_t size) const;
  bool is_planes_first() const { return axes[0] == 'C'; }
};

/* Whether bytes that pad a pixel (rgb0) are left out of the array or make a channel of it. */
enum class Padding { skipped, channel };

/* Where a picture begins in the frame that its buffer holds. */
struct Corner {
  int x = 0, y = 0;
};

class FRAMEWISE_INTERNAL StridedLayout {
 public:
  /* Not yet on memory: place() comes before anything that tells of strides or offsets. Fails, with
   * the reason, for formats of which not even a plane is an array: those of hardware, and those
   * with several pixels in a byte. */
  static Result<StridedLayout> create(AVPixelFormat format, int width, int height,
                                      Padding padding = Padding::skipped);

  /* Moves the planes to where a buffer of this format and size has them. Fails where rows
   * would overlap, where the picture would end past the end of a row, where the corner lies between
   * chroma samples, and where offsets are beyond any memory. */
  Result<void> place(const PlaneLayout &planes, Corner corner = {});

  AVPixelFormat format() const { return format_; }
  int pixel_width() const { return width_; }
  int pixel_height() const { return height_; }
  Padding padding() const { return padding_; }
  /* The palette counts as a plane. */
  std::span<const StridedArray> planes() const {
    return {planes_.data(), static_cast<size_t>(n_planes_)};
  }
  /* The format has an array for the whole frame, provided that its planes lie evenly spaced. */
  bool has_whole() const { return has_whole_; }
  /* The whole frame is one array as it lies in memory. */
  bool is_strided() const { return has_whole_ && evenly_spaced_; }
  /* Valid with has_whole(); offset, and the strides of the first two axes, only with is_strided().
   */
  const StridedArray &whole() const { return whole_; }
  /* Bytes of padding before the first channel of a plane, which its offset skips. */
  int lead(int plane) const { return lead_[plane]; }
  /* Why the frame is no single array. */
  Error why_not() const;
  /* Bytes from the start of the buffer to past the last sample. */
  int64_t end() const;
  /* Every plane does. */
  bool fits(size_t size) const;

 private:
  Result<void> describe();
  Result<void> describe_plane(int plane);
  bool describe_group(int plane);
  void describe_palette();
  void describe_whole();

  AVPixelFormat format_ = AV_PIX_FMT_NONE;
  int width_ = 0, height_ = 0;
  Padding padding_ = Padding::skipped;
  int n_planes_ = 0;
  std::array<StridedArray, 4> planes_{};
  std::array<int, 4> lead_{};      /* bytes of padding before the first channel */
  std::array<int, 4> row_bytes_{}; /* a stride must be as long */
  StridedArray whole_;
  bool has_whole_ = false;
  bool evenly_spaced_ = false;
};

} // namespace framewise
