/* gst-framewise: a frame index as a file: what its values must be.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Loops without a branch, so that opening costs next to nothing.
 */
#include "indexfile.hpp"

#include <algorithm>

namespace framewise {

namespace {

/* Sums and differences of such stay within 64 bits. */
constexpr int64_t far = int64_t(1) << 60;

bool is_near(int64_t value) { return value > -far && value < far; }

bool are_within(std::span<const int32_t> values, int64_t low, int64_t high) {
  unsigned bad = 0;
  for (int32_t value : values)
    bad |= unsigned(value < low) | unsigned(value >= high);
  return !bad;
}

bool are_timestamps(std::span<const int64_t> values) {
  unsigned bad = 0;
  for (int64_t value : values)
    bad |= unsigned(value != AV_NOPTS_VALUE) & (unsigned(value <= -far) | unsigned(value >= far));
  return !bad;
}

bool are_flags(std::span<const uint8_t> values, uint8_t known) {
  unsigned set = 0;
  for (uint8_t value : values)
    set |= value;
  return !(set & ~unsigned(known));
}

bool are_letters(std::span<const char> values) {
  unsigned bad = 0;
  for (char value : values)
    bad |= unsigned(value < '!') | unsigned(value > '~');
  return !bad;
}

template <typename T> bool is_rising(std::span<const T> values) {
  unsigned bad = 0;
  for (size_t i = 1; i < values.size(); i++)
    bad |= unsigned(values[i] <= values[i - 1]);
  return !bad;
}

bool is_by_pos(const IndexView &table) {
  unsigned bad = 0;
  const auto &pos = table.packet_pos;
  const auto &order = table.by_pos;
  for (size_t i = 0; i < order.size(); i++) {
    bad |= unsigned(pos[order[i]] < 0);
    if (i > 0) {
      const int64_t before = pos[order[i - 1]], here = pos[order[i]];
      bad |=
          unsigned(here < before) | (unsigned(here == before) & unsigned(order[i] <= order[i - 1]));
    }
  }
  return !bad;
}

const char *refuse_rate(const IndexFacts &facts, const IndexView &table) {
  bool empty = true;
  std::apply([&](const auto &...column) { ((empty = empty && column.empty()), ...); },
             table.columns());
  if (!empty)
    return "packets or frames beside a rate";
  if (facts.sample_rate != 0 || facts.n_samples != 0)
    return "samples beside a rate";
  if (facts.rate.num <= 0 || facts.rate.den <= 0 || !is_near(facts.first_time))
    return "no frame rate";
  constexpr int64_t ns_per_second = 1000000000;
  const int64_t length = av_rescale(facts.n_frames, ns_per_second * facts.rate.den, facts.rate.num);
  const bool ends = length >= 0 && is_near(length) && is_near(facts.end_time);
  return ends && facts.end_time >= facts.first_time + length ? nullptr : "no end of time";
}

const char *refuse_lengths(const IndexFacts &facts, const IndexView &table) {
  const size_t packets = table.packet_pts.size(), frames = table.frame_pts.size();
  constexpr size_t most = size_t(std::numeric_limits<int32_t>::max()) - 1;
  if (packets > most || frames > most || facts.n_frames != int64_t(frames))
    return "the number of packets or frames";
  for (size_t size :
       {table.packet_dts.size(), table.packet_pos.size(), table.packet_duration.size(),
        table.packet_size.size(), table.first_frame_from.size(), table.first_good.size(),
        table.packet_flags.size(), table.packet_type.size()})
    if (size != packets)
      return "columns of packets of other lengths";
  for (size_t size : {table.frame_time.size(), table.frame_packet.size(), table.frame_flags.size(),
                      table.frame_type.size()})
    if (size != frames)
      return "columns of frames of other lengths";
  if (table.hashes.size() != (facts.means == IndexMeans::hashes ? frames : 0))
    return "the number of hashes";
  return table.by_pos.size() > packets || table.keys.size() > frames
             ? "the number of keys or places"
             : nullptr;
}

/* Sound: each frame has a sample or more, and all of them are as many as is said. */
const char *refuse_samples(const IndexFacts &facts, const IndexView &table) {
  const auto &first = table.frame_sample;
  if (facts.sample_rate == 0)
    return first.empty() && facts.n_samples == 0 ? nullptr : "samples of video";
  if (facts.sample_rate < 0 || first.size() != table.frame_pts.size() ||
      !is_near(facts.n_samples) || !is_rising(first))
    return "samples of frames";
  if (first.empty())
    return facts.n_samples == 0 ? nullptr : "the number of samples";
  constexpr int64_t ns_per_second = 1000000000;
  const int64_t length = av_rescale(facts.n_samples, ns_per_second, facts.sample_rate);
  if (length < 0 || !is_near(length))
    return "the number of samples";
  constexpr int64_t most_in_a_frame = std::numeric_limits<int32_t>::max();
  if (first.front() != 0 || !is_near(first.back())) /* and rising: no difference overflows */
    return "the number of samples";
  unsigned bad = unsigned(facts.n_samples <= first.back()) |
                 unsigned(facts.n_samples - first.back() > most_in_a_frame);
  for (size_t i = 1; i < first.size(); i++)
    bad |= unsigned(first[i] - first[i - 1] > most_in_a_frame);
  return bad ? "the number of samples" : nullptr;
}

const char *refuse_packets(const IndexView &table) {
  const int64_t n_packets = int64_t(table.packet_pts.size());
  const int64_t n_frames = int64_t(table.frame_pts.size());
  if (!are_timestamps(table.packet_pts) || !are_timestamps(table.packet_dts) ||
      !are_timestamps(table.packet_duration))
    return "timestamps of packets";
  if (!are_timestamps(table.packet_pos) || !are_within(table.by_pos, 0, n_packets) ||
      !is_by_pos(table))
    return "places of packets";
  constexpr int64_t any_size = int64_t(std::numeric_limits<int32_t>::max()) + 1;
  if (!are_within(table.packet_size, 0, any_size))
    return "sizes of packets";
  if (!are_flags(table.packet_flags, packet_flag::all) || !are_letters(table.packet_type))
    return "flags of packets";
  if (!are_within(table.first_frame_from, -1, n_frames))
    return "frames of packets";
  unsigned bad = 0;
  for (int32_t good : table.first_good)
    bad |= unsigned(good < 0) |
           (unsigned(good >= n_frames) & unsigned(good != SeekTable::never) & unsigned(good != 0));
  if (n_packets > 0 && table.first_good[0] != 0)
    bad = 1;
  return bad ? "places to begin with" : nullptr;
}

const char *refuse_frames(const IndexFacts &facts, const IndexView &table) {
  const int64_t n_packets = int64_t(table.packet_pts.size());
  const int64_t n_frames = int64_t(table.frame_pts.size());
  if (!are_timestamps(table.frame_pts))
    return "timestamps of frames";
  if (!are_within(table.frame_packet, 0, n_packets))
    return "packets of frames";
  if (!are_flags(table.frame_flags, frame_flag::all) || !are_letters(table.frame_type))
    return "flags of frames";
  if (!is_rising(table.frame_time) || !is_near(facts.end_time))
    return "times of frames";
  if (n_frames > 0 && (!is_near(table.frame_time.front()) || !is_near(table.frame_time.back()) ||
                       facts.end_time < table.frame_time.back()))
    return "times of frames";
  if (!are_within(table.keys, 0, n_frames) || !is_rising(table.keys))
    return "key frames";
  for (const FurtherFrame &further : table.further)
    if (further.packet < 0 || further.packet >= n_packets || further.nth < 1 || further.frame < 0 ||
        further.frame >= n_frames)
      return "further frames of packets";
  return is_rising(table.further) ? nullptr : "further frames of packets";
}

} // namespace

const char *reason_to_refuse(const IndexFacts &facts, const IndexView &table) {
  if (facts.n_frames < 0)
    return "the number of frames";
  if (facts.means == IndexMeans::rate)
    return refuse_rate(facts, table);
  if (const char *reason = refuse_lengths(facts, table))
    return reason;
  if (const char *reason = refuse_packets(table))
    return reason;
  if (const char *reason = refuse_samples(facts, table))
    return reason;
  return refuse_frames(facts, table);
}

} // namespace framewise
