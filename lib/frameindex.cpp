/* gst-framewise: the frame table of one stream, as it is asked.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "frameindex.hpp"

extern "C" {
#include <libavutil/imgutils.h>
}

#include <algorithm>
#include <xxhash.h>

namespace framewise {

constexpr int64_t ns_per_second = 1000000000;

int64_t FrameIndex::time(int64_t number) const {
  if (means_ == Means::rate)
    return first_time_ + av_rescale(number, ns_per_second * rate_.den, rate_.num);
  return frames_[number].time;
}

int64_t FrameIndex::end(int64_t number) const {
  return number + 1 < n_frames_ ? time(number + 1) : end_time_;
}

IndexedFrame FrameIndex::frame(int64_t number) const {
  if (means_ != Means::rate)
    return frames_[number];
  IndexedFrame frame;
  frame.time = time(number);
  return frame;
}

bool FrameIndex::is_key_frame(int64_t number) const {
  return means_ != Means::rate && frames_[number].key;
}

int64_t FrameIndex::key_frame_from(int64_t number) const {
  auto key = std::lower_bound(keys_.begin(), keys_.end(), number);
  return key == keys_.end() ? -1 : *key;
}

int64_t FrameIndex::key_frame_until(int64_t number) const {
  auto key = std::upper_bound(keys_.begin(), keys_.end(), number);
  return key == keys_.begin() ? -1 : *std::prev(key);
}

int64_t FrameIndex::frame_at(int64_t time) const {
  /* The first frame later than `time`, by halving. */
  int64_t low = 0, high = n_frames_;
  while (low < high) {
    const int64_t middle = low + (high - low) / 2;
    if (this->time(middle) <= time)
      low = middle + 1;
    else
      high = middle;
  }
  int64_t number = std::max<int64_t>(low - 1, 0);
  while (number > 0 && this->time(number) == time && this->time(number - 1) == time)
    number--;
  return number;
}

int32_t FrameIndex::find(const AVPacket *packet) const {
  auto is_it = [&](const IndexedPacket &candidate) {
    return candidate.pts == packet->pts && candidate.dts == packet->dts &&
           candidate.size == packet->size;
  };
  int32_t found = -1;
  int n_found = 0;
  if (packet->pos >= 0) {
    auto [begin, end] = std::equal_range(
        by_pos_.begin(), by_pos_.end(), std::pair<int64_t, int32_t>(packet->pos, 0),
        [](const auto &a, const auto &b) { return a.first < b.first; });
    for (auto entry = begin; entry != end; ++entry)
      if (packets_[entry->second].size == packet->size) {
        found = entry->second;
        n_found++;
      }
    if (n_found == 1)
      return found;
    /* Several in one place (a page, a block with lacing): by their timestamps. */
    found = -1;
    n_found = 0;
    for (auto entry = begin; entry != end; ++entry)
      if (is_it(packets_[entry->second])) {
        found = entry->second;
        n_found++;
      }
    if (n_found == 1)
      return found;
    if (begin != end)
      return -1;
  }
  found = -1;
  n_found = 0;
  for (size_t i = 0; i < packets_.size() && n_found < 2; i++)
    if (is_it(packets_[i])) {
      found = int32_t(i);
      n_found++;
    }
  return n_found == 1 ? found : -1;
}

int64_t FrameIndex::frame_from(int32_t packet, int nth) const {
  if (packet < 0 || packet >= n_packets())
    return -1;
  if (nth == 0)
    return first_frame_from_[packet];
  auto more = more_from_.find({packet, nth});
  return more == more_from_.end() ? -1 : more->second;
}

bool FrameIndex::is_plain() const {
  return means_ != Means::rate && exact_ && !counts_only_ && more_from_.empty() &&
         std::none_of(frames_.begin(), frames_.end(),
                      [](const IndexedFrame &frame) { return frame.interlaced; });
}

uint64_t FrameIndex::hash_of(const AVFrame *picture) {
  const auto format = AVPixelFormat(picture->format);
  const AVPixFmtDescriptor *desc = av_pix_fmt_desc_get(format);
  std::unique_ptr<XXH3_state_t, ByValue<XXH3_freeState>> state(XXH3_createState());
  XXH3_64bits_reset(state.get());
  const int kind[3] = {picture->format, picture->width, picture->height};
  XXH3_64bits_update(state.get(), kind, sizeof kind);
  for (int plane = 0; plane < av_pix_fmt_count_planes(format); plane++) {
    const int bytes = av_image_get_linesize(format, picture->width, plane);
    const bool subsampled = plane == 1 || plane == 2;
    const int rows =
        subsampled ? AV_CEIL_RSHIFT(picture->height, desc->log2_chroma_h) : picture->height;
    for (int y = 0; y < rows; y++)
      XXH3_64bits_update(state.get(),
                         picture->data[plane] + ptrdiff_t(y) * picture->linesize[plane], bytes);
  }
  if (desc->flags & AV_PIX_FMT_FLAG_PAL)
    XXH3_64bits_update(state.get(), picture->data[1], AVPALETTE_SIZE);
  return XXH3_64bits_digest(state.get());
}

} // namespace framewise
