/* gst-framewise: what a frame index consists of, wherever it is stored.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One column per property: own memory while an index is made, the mapped file where it was saved.
 * docs/index-file.md has what each is.
 */
#pragma once

#include "av.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <tuple>
#include <vector>

namespace framewise {

enum class IndexMeans : uint32_t { rate, scan, order, hashes };

struct IndexFacts {
  IndexMeans means = IndexMeans::scan;
  bool exact = true;
  bool one_thread = false;
  bool constant_framerate = false;
  bool counts_only = false;
  bool complete = true; /* else the first frames of a stream that is still being read */
  int64_t n_frames = 0;
  int64_t end_time = 0;
  /* IndexMeans::rate */
  AVRational rate{0, 1};
  int64_t first_time = 0;
  std::string distrust;
  /* Of audio; 0: it is video. */
  int32_t sample_rate = 0;
  int64_t n_samples = 0;
};

/* One of the `nth` (from 1 on) further pictures of a packet. */
struct FurtherFrame {
  int32_t packet, nth, frame;
  auto operator<=>(const FurtherFrame &) const = default;
};

namespace packet_flag {
constexpr uint8_t key = 1, shown = 2, interlaced = 4, all = 7;
}
namespace frame_flag {
constexpr uint8_t key = 1, interlaced = 2, all = 3;
}

template <template <typename> typename Column> struct IndexTable {
  /* For each packet. */
  Column<int64_t> packet_pts, packet_dts, packet_pos, packet_duration;
  Column<int32_t> packet_size;
  Column<int32_t> first_frame_from; /* -1: none */
  Column<int32_t> first_good;       /* as in SeekTable */
  Column<uint8_t> packet_flags;
  Column<char> packet_type;
  /* For each frame. */
  Column<int64_t> frame_pts, frame_time;
  Column<int32_t> frame_packet;
  Column<uint8_t> frame_flags;
  Column<char> frame_type;
  Column<int64_t> frame_sample; /* number of its first sample; of audio only */
  Column<uint64_t> hashes;      /* or none at all */
  /* Of their own lengths. */
  Column<int32_t> by_pos; /* packets that have a place, by that */
  Column<int32_t> keys;   /* numbers of key frames */
  Column<FurtherFrame> further;

  static constexpr size_t n_columns = 19;
  /* All of them, in the order in which they are saved. */
  template <typename Self> static auto columns_of(Self &t) {
    return std::tie(t.packet_pts, t.packet_dts, t.packet_pos, t.packet_duration, t.packet_size,
                    t.first_frame_from, t.first_good, t.packet_flags, t.packet_type, t.frame_pts,
                    t.frame_time, t.frame_packet, t.frame_flags, t.frame_type, t.frame_sample,
                    t.hashes, t.by_pos, t.keys, t.further);
  }
  auto columns() { return columns_of(*this); }
  auto columns() const { return columns_of(*this); }
};

template <typename T> using OwnColumn = std::vector<T>;
template <typename T> using ColumnView = std::span<const T>;
using IndexArrays = IndexTable<OwnColumn>;
using IndexView = IndexTable<ColumnView>;

inline IndexView view_of(const IndexArrays &arrays) {
  IndexView view;
  auto from = arrays.columns();
  auto to = view.columns();
  [&]<size_t... i>(std::index_sequence<i...>) { ((std::get<i>(to) = std::get<i>(from)), ...); }
  (std::make_index_sequence<IndexView::n_columns>());
  return view;
}

} // namespace framewise
