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

FrameIndex::FrameIndex(IndexFacts facts, IndexView table, std::shared_ptr<const void> store)
    : facts_(std::move(facts)), table_(table), store_(std::move(store)) {
  seek_table_.first_good = table_.first_good;
  seek_table_.packet_of = table_.frame_packet;
  if (is_audio())
    find_runs();
}

template <typename T> static bool begins_with(std::span<const T> whole, std::span<const T> part) {
  return whole.size() >= part.size() && std::equal(part.begin(), part.end(), whole.begin());
}

bool FrameIndex::continues(const FrameIndex &part) const {
  const IndexView &a = table_, &b = part.table_;
  return !part.is_complete() && means() == part.means() && means() != Means::rate &&
         wants_one_thread() == part.wants_one_thread() && counts_only() == part.counts_only() &&
         has_several_from_one() == part.has_several_from_one() &&
         begins_with(a.packet_pts, b.packet_pts) && begins_with(a.packet_dts, b.packet_dts) &&
         begins_with(a.packet_pos, b.packet_pos) && begins_with(a.packet_size, b.packet_size) &&
         begins_with(a.frame_packet, b.frame_packet) && begins_with(a.frame_time, b.frame_time) &&
         begins_with(a.hashes, b.hashes);
}

int64_t FrameIndex::time(int64_t number) const {
  const AVRational rate = facts_.rate;
  if (means() == Means::rate)
    return facts_.first_time + av_rescale(number, ns_per_second * rate.den, rate.num);
  return table_.frame_time[number];
}

int64_t FrameIndex::end(int64_t number) const {
  if (is_audio())
    return unit_end(first_unit(number) + units_in(number) - 1);
  return number + 1 < n_frames() ? time(number + 1) : end_time();
}

int64_t FrameIndex::frame_of(int64_t unit) const {
  if (!is_audio())
    return unit;
  const auto &first = table_.frame_sample;
  return std::upper_bound(first.begin(), first.end(), unit) - first.begin() - 1;
}

int64_t FrameIndex::first_unit(int64_t number) const {
  return is_audio() ? table_.frame_sample[number] : number;
}

int32_t FrameIndex::units_in(int64_t number) const {
  if (!is_audio())
    return 1;
  const int64_t next = number + 1 < n_frames() ? table_.frame_sample[number + 1] : facts_.n_samples;
  return int32_t(next - table_.frame_sample[number]);
}

/* ---- Audio --------------------------------------------------------------------------------------
 * The n-th sample of a run begins n / sample rate after it, rounded down: as the ns of a sample's
 * time are told, they lead back to that very sample. */

int64_t AudioRun::time_of(int64_t unit, int32_t sample_rate) const {
  return time + av_rescale_rnd(unit - first, ns_per_second, sample_rate, AV_ROUND_DOWN);
}

void FrameIndex::find_runs() {
  for (int64_t number = 0; number < n_frames(); number++) {
    const int64_t first = table_.frame_sample[number], time = table_.frame_time[number];
    if (runs_.empty() || runs_.back().time_of(first, facts_.sample_rate) != time)
      runs_.push_back({first, time});
  }
}

const AudioRun &FrameIndex::run_of(int64_t unit) const {
  const auto next = std::upper_bound(runs_.begin(), runs_.end(), unit,
                                     [](int64_t u, const AudioRun &run) { return u < run.first; });
  return *std::prev(next);
}

int64_t FrameIndex::unit_time(int64_t unit) const {
  return is_audio() ? run_of(unit).time_of(unit, facts_.sample_rate) : time(unit);
}

int64_t FrameIndex::unit_end(int64_t unit) const {
  return is_audio() ? run_of(unit).time_of(unit + 1, facts_.sample_rate) : end(unit);
}

int64_t FrameIndex::unit_at(int64_t time) const {
  if (!is_audio() || runs_.empty())
    return frame_at(time);
  time = std::min(time, facts_.end_time);
  const auto next = std::upper_bound(runs_.begin(), runs_.end(), time,
                                     [](int64_t t, const AudioRun &run) { return t < run.time; });
  if (next == runs_.begin())
    return 0;
  const AudioRun &run = *std::prev(next);
  const int64_t unit =
      run.first +
      av_rescale_rnd(time - run.time + 1, facts_.sample_rate, ns_per_second, AV_ROUND_UP) - 1;
  return next == runs_.end() ? std::min(unit, n_units() - 1) : std::min(unit, next->first);
}

/* ---- Frames and packets -------------------------------------------------------------------------
 */

IndexedPacket FrameIndex::packet(int32_t i) const {
  const uint8_t flags = table_.packet_flags[i];
  return {table_.packet_pts[i],  table_.packet_dts[i],           table_.packet_pos[i],
          table_.packet_size[i], bool(flags & packet_flag::key), bool(flags & packet_flag::shown)};
}

IndexedFrame FrameIndex::frame(int64_t number) const {
  IndexedFrame frame;
  frame.time = time(number);
  if (means() == Means::rate)
    return frame;
  frame.pts = table_.frame_pts[number];
  frame.packet = table_.frame_packet[number];
  frame.picture_type = table_.frame_type[number];
  frame.key = table_.frame_flags[number] & frame_flag::key;
  frame.interlaced = table_.frame_flags[number] & frame_flag::interlaced;
  return frame;
}

bool FrameIndex::is_key_frame(int64_t number) const {
  return means() != Means::rate && table_.frame_flags[number] & frame_flag::key;
}

int64_t FrameIndex::key_frame_from(int64_t number) const {
  auto key = std::lower_bound(table_.keys.begin(), table_.keys.end(), number);
  return key == table_.keys.end() ? -1 : *key;
}

int64_t FrameIndex::key_frame_until(int64_t number) const {
  auto key = std::upper_bound(table_.keys.begin(), table_.keys.end(), number);
  return key == table_.keys.begin() ? -1 : *std::prev(key);
}

int64_t FrameIndex::frame_at(int64_t time) const {
  /* The first frame later than `time`, by halving. */
  int64_t low = 0, high = n_frames();
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
  auto has_size = [&](int32_t i) { return table_.packet_size[i] == packet->size; };
  auto is_it = [&](int32_t i) {
    return has_size(i) && table_.packet_pts[i] == packet->pts &&
           table_.packet_dts[i] == packet->dts;
  };
  auto only_one = [](size_t n, const auto &candidate, const auto &suits) {
    int32_t found = -1;
    for (size_t i = 0; i < n; i++)
      if (suits(candidate(i))) {
        if (found >= 0)
          return -1;
        found = candidate(i);
      }
    return found;
  };
  if (packet->pos >= 0) {
    auto is_before = [&](int32_t i, int64_t pos) { return table_.packet_pos[i] < pos; };
    auto is_behind = [&](int64_t pos, int32_t i) { return pos < table_.packet_pos[i]; };
    const auto begin =
        std::lower_bound(table_.by_pos.begin(), table_.by_pos.end(), packet->pos, is_before);
    const auto end = std::upper_bound(begin, table_.by_pos.end(), packet->pos, is_behind);
    const std::span<const int32_t> there(begin, end);
    auto in_place = [&](size_t i) { return there[i]; };
    if (int32_t found = only_one(there.size(), in_place, has_size); found >= 0)
      return found;
    /* Several in one place (a page, a block with lacing): by their timestamps. */
    if (!there.empty())
      return only_one(there.size(), in_place, is_it);
  }
  return only_one(
      size_t(n_packets()), [](size_t i) { return int32_t(i); }, is_it);
}

int64_t FrameIndex::frame_from(int32_t packet, int nth) const {
  if (packet < 0 || packet >= n_packets())
    return -1;
  if (nth == 0)
    return table_.first_frame_from[packet];
  const auto further =
      std::lower_bound(table_.further.begin(), table_.further.end(), FurtherFrame{packet, nth, 0});
  const bool found =
      further != table_.further.end() && further->packet == packet && further->nth == nth;
  return found ? further->frame : -1;
}

bool FrameIndex::is_plain() const {
  const auto &flags = table_.frame_flags;
  return means() != Means::rate && !is_audio() && is_exact() && !counts_only() &&
         !has_several_from_one() && std::none_of(flags.begin(), flags.end(), [](uint8_t flag) {
           return bool(flag & frame_flag::interlaced);
         });
}

static uint64_t hash_of_samples(const AVFrame *audio, XXH3_state_t *state) {
  const auto format = AVSampleFormat(audio->format);
  const bool planar = av_sample_fmt_is_planar(format);
  const int channels = audio->ch_layout.nb_channels;
  const int kind[4] = {audio->format, audio->sample_rate, channels, audio->nb_samples};
  XXH3_64bits_update(state, kind, sizeof kind);
  const size_t bytes = size_t(audio->nb_samples) * size_t(av_get_bytes_per_sample(format)) *
                       size_t(planar ? 1 : channels);
  for (int plane = 0; plane < (planar ? channels : 1); plane++)
    XXH3_64bits_update(state, audio->extended_data[plane], bytes);
  return XXH3_64bits_digest(state);
}

uint64_t FrameIndex::hash_of(const AVFrame *picture) {
  const auto format = AVPixelFormat(picture->format);
  const AVPixFmtDescriptor *desc = av_pix_fmt_desc_get(format);
  std::unique_ptr<XXH3_state_t, ByValue<XXH3_freeState>> state(XXH3_createState());
  XXH3_64bits_reset(state.get());
  if (picture->nb_samples > 0)
    return hash_of_samples(picture, state.get());
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
