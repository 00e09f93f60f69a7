/* gst-framewise: which pixel format keeps most of another.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "closestformat.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <tuple>

namespace framewise {

/* av_find_best_pix_fmt_of_2() does the same for the ffmpeg command, and the weights here are such
 * that both agree on colour, alpha, depth and RGB. But it takes 4:2:0 for as good as 4:2:2 where
 * frames are 4:4:4, counts the chroma that gray frames do not have as lost, and takes the samples
 * of a Bayer pattern for less deep than they are. */

namespace {

enum class Colour { gray, yuv, full_range_yuv, rgb, xyz };

enum Channel { first, second, third, alpha, n_channels };

/* One pixel of a format. */
struct Pixel {
  explicit Pixel(AVPixelFormat format);

  Colour colour;
  std::array<int, n_channels> bits{}; /* of each channel; 0: it has none */
  int columns = 1, rows = 1;          /* of pixels to one sample of chroma */
};

/* What of a sample's bits are its value: all, or the significand of IEEE 754. */
int value_bits(const AVPixFmtDescriptor &desc, int component) {
  const int depth = desc.comp[component].depth;
  if (!(desc.flags & AV_PIX_FMT_FLAG_FLOAT))
    return depth;
  return depth == 16 ? 11 : 24;
}

Colour colour_of(AVPixelFormat format, const AVPixFmtDescriptor &desc) {
  if (desc.flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL))
    return Colour::rgb;
  if (compat::is_xyz(&desc))
    return Colour::xyz;
  if (desc.nb_components < 3)
    return Colour::gray;
  return implies_full_range(format) ? Colour::full_range_yuv : Colour::yuv;
}

Pixel::Pixel(AVPixelFormat format) {
  const AVPixFmtDescriptor &desc = *av_pix_fmt_desc_get(format);
  const bool has_alpha = desc.flags & AV_PIX_FMT_FLAG_ALPHA;
  colour = colour_of(format, desc);
  if (desc.flags & AV_PIX_FMT_FLAG_PAL) {
    bits = {8, 8, 8, 8};
  } else if (desc.flags & AV_PIX_FMT_FLAG_BAYER) {
    /* libavutil shares the bits of the one sample out among the colours */
    const int sample = av_get_bits_per_pixel(&desc);
    bits = {sample, sample, sample, 0};
  } else {
    for (int i = first; i <= third; i++)
      bits[i] = value_bits(desc, colour == Colour::gray ? 0 : i);
    bits[alpha] = has_alpha ? value_bits(desc, desc.nb_components - 1) : 0;
  }
  columns = 1 << desc.log2_chroma_w;
  rows = 1 << desc.log2_chroma_h;
}

/* The 256 colours of a palette, as bits of each channel; and no Bayer pattern is made of pixels. */
Pixel written_as(AVPixelFormat format) {
  Pixel pixel(format);
  const uint64_t flags = av_pix_fmt_desc_get(format)->flags;
  if (flags & AV_PIX_FMT_FLAG_PAL)
    pixel.bits = {2, 2, 2, 8};
  if (flags & AV_PIX_FMT_FLAG_BAYER)
    pixel.bits = {1, 1, 1, 0};
  return pixel;
}

bool is_colour_converted(const Pixel &from, const Pixel &to) {
  if (from.colour == to.colour)
    return false;
  /* Gray is of full range, as RGB is; and full range holds what the other holds. */
  const bool widens = from.colour == Colour::gray || from.colour == Colour::yuv;
  return !(widens && to.colour == Colour::full_range_yuv) &&
         !(from.colour == Colour::gray && to.colour == Colour::rgb);
}

/* How much is lost, in parts of a channel's whole range. */
double loss(const Pixel &from, const Pixel &to) {
  constexpr double colour_lost = 2, alpha_lost = 1, chroma_shared = 1. / 128;
  constexpr double xyz_mistaken = 1. / 8; /* only projectors take it for what it is */
  const auto step = [](int bits) { return std::ldexp(2, -bits); };
  const bool coloured = from.colour != Colour::gray;

  double lost = 0;
  if (coloured && to.colour == Colour::gray)
    lost += colour_lost;
  if (from.bits[alpha] && !to.bits[alpha])
    lost += alpha_lost;
  for (int i = coloured ? first : third; i < n_channels; i++) /* gray: the same in all three */
    if (to.bits[i] && to.bits[i] < from.bits[i])
      lost += step(to.bits[i]);
  if (is_colour_converted(from, to)) /* all channels are rounded anew */
    lost += (coloured ? 3 : 1) * step(std::min(from.bits[first], to.bits[first]));
  if (from.colour != to.colour && to.colour == Colour::xyz)
    lost += xyz_mistaken;
  if (coloured)
    lost +=
        chroma_shared * (std::max(to.columns - from.columns, 0) + std::max(to.rows - from.rows, 0));
  return lost;
}

/* Less is better. */
auto rank(AVPixelFormat candidate, AVPixelFormat source) {
  const AVPixFmtDescriptor *desc = av_pix_fmt_desc_get(candidate);
  return std::tuple(loss(Pixel(source), written_as(candidate)), av_get_padded_bits_per_pixel(desc),
                    av_get_bits_per_pixel(desc), desc->nb_components,
                    implies_full_range(candidate) != implies_full_range(source));
}

} // namespace

AVPixelFormat closest_format(const std::vector<AVPixelFormat> &candidates, AVPixelFormat source) {
  AVPixelFormat best = AV_PIX_FMT_NONE;
  for (AVPixelFormat candidate : candidates) {
    if (candidate == source)
      return candidate;
    if (best == AV_PIX_FMT_NONE || rank(candidate, source) < rank(best, source))
      best = candidate;
  }
  return best;
}

} // namespace framewise
