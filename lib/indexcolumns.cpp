/* gst-framewise: the columns of an index that follow from others.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "indexcolumns.hpp"
#include "seekplan.hpp"

#include <algorithm>
#include <map>

namespace framewise {

static void fill_seek_columns(IndexArrays &table, const IndexFacts &facts) {
  const auto &pts = table.frame_pts;
  table.first_good.assign(table.packet_pts.size(), SeekTable::never);
  const bool in_order = std::is_sorted(pts.begin(), pts.end(), [](int64_t a, int64_t b) {
    return a == AV_NOPTS_VALUE || b == AV_NOPTS_VALUE || a < b;
  });
  for (size_t i = 0; i < table.packet_pts.size() && !facts.counts_only; i++) {
    const uint8_t flags = table.packet_flags[i];
    if (!(flags & packet_flag::key))
      continue;
    if (int32_t number = table.first_frame_from[i]; number >= 0) {
      if (table.frame_flags[number] & frame_flag::key)
        table.first_good[i] = number;
    } else if (!(flags & packet_flag::shown) && in_order && table.packet_pts[i] != AV_NOPTS_VALUE) {
      const auto after = std::lower_bound(pts.begin(), pts.end(), table.packet_pts[i]);
      if (after != pts.end())
        table.first_good[i] = int32_t(after - pts.begin());
    }
  }
  if (!table.first_good.empty())
    table.first_good[0] = 0;
}

static bool is_even(const std::vector<int64_t> &times, int64_t precision) {
  const int64_t n = int64_t(times.size());
  for (int64_t i = 1; i + 1 < n; i++) {
    const int64_t even = times[0] + av_rescale(i, times[n - 1] - times[0], n - 1);
    if (std::llabs(times[i] - even) > precision)
      return false;
  }
  return true;
}

static void fill_by_pos(IndexArrays &table) {
  const auto &pos = table.packet_pos;
  table.by_pos.clear();
  for (size_t i = 0; i < pos.size(); i++)
    if (pos[i] >= 0)
      table.by_pos.push_back(int32_t(i));
  const auto is_before = [&](int32_t a, int32_t b) { return pos[a] < pos[b]; };
  if (!std::is_sorted(table.by_pos.begin(), table.by_pos.end(), is_before))
    std::stable_sort(table.by_pos.begin(), table.by_pos.end(), is_before);
}

void derive_columns(IndexArrays &table, IndexFacts &facts, int64_t precision) {
  facts.n_frames = int64_t(table.frame_pts.size());
  table.further.clear();
  table.keys.clear();
  table.first_frame_from.assign(table.packet_pts.size(), -1);
  std::map<int32_t, int32_t> further_from;
  for (int32_t number = 0; number < int32_t(facts.n_frames); number++) {
    const int32_t packet = table.frame_packet[number];
    if (table.first_frame_from[packet] < 0)
      table.first_frame_from[packet] = number;
    else
      table.further.push_back({packet, ++further_from[packet], number});
    if (table.frame_flags[number] & frame_flag::key)
      table.keys.push_back(number);
  }
  std::sort(table.further.begin(), table.further.end());
  fill_by_pos(table);
  facts.constant_framerate = is_even(table.frame_time, precision);
  fill_seek_columns(table, facts);
}

} // namespace framewise
