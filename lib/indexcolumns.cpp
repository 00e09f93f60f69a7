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

Preroll preroll_of(AVCodecID codec) {
  switch (codec) {
  case AV_CODEC_ID_MP1:
  case AV_CODEC_ID_MP2:
    return {2}; /* the window of the filter bank reaches over 15 blocks of 32 samples before */
  case AV_CODEC_ID_MP3:
    return {2, 511, 38}; /* main_data_begin has 9 bits (ISO/IEC 11172-3, 2.4.1.7); header and side
                            information do not count */
  case AV_CODEC_ID_AAC:
  case AV_CODEC_ID_AAC_LATM:
    return {2}; /* half of each window overlaps; so do the blocks of spectral band replication */
  case AV_CODEC_ID_OPUS:
    return {16}; /* 80 ms are to be decoded before a place (RFC 7845, 4.6), in frames from 2.5 ms
                    on: and more, as what converges has not ended there */
  case AV_CODEC_ID_WMAV1:
  case AV_CODEC_ID_WMAV2:
  case AV_CODEC_ID_WMAPRO:
    return {3}; /* superframes share bits, frames overlap */
  case AV_CODEC_ID_ADPCM_G722:
  case AV_CODEC_ID_ADPCM_G726:
    return {2};
  default: {
    const AVCodecDescriptor *descriptor = avcodec_descriptor_get(codec);
    const bool lossless = descriptor && descriptor->props & AV_CODEC_PROP_LOSSLESS &&
                          !(descriptor->props & AV_CODEC_PROP_LOSSY);
    return {lossless ? 0 : 1};
  }
  }
}

/* Every key packet is a place to begin; what comes right then are the frames of the packets after
 * the pre-roll. The first frame may be cut at its front, as only the first packets tell. */
static void fill_audio_seek_columns(IndexArrays &table, const IndexFacts &facts,
                                    const Preroll &preroll) {
  const auto n = int32_t(table.packet_pts.size());
  table.first_good.assign(size_t(n), SeekTable::never);
  if (n > 0)
    table.first_good[0] = 0;
  if (facts.counts_only || table.frame_packet.empty())
    return;
  /* Per packet: the first frame of it or of a later one. */
  std::vector<int32_t> frame_from(size_t(n) + 1, SeekTable::never);
  for (int32_t i = n; i-- > 0;)
    frame_from[i] = table.first_frame_from[i] >= 0 ? table.first_frame_from[i] : frame_from[i + 1];
  int64_t bytes = 0; /* of the packets from i to before `good` */
  int32_t good = 0;
  auto payload = [&](int32_t i) {
    return std::max<int64_t>(int64_t(table.packet_size[i]) - preroll.overhead, 0);
  };
  for (int32_t i = 0; i < n; i++) {
    if (good < i) {
      good = i;
      bytes = 0;
    }
    while (good < n && (good - i < preroll.packets || bytes < preroll.bytes))
      bytes += payload(good++);
    const bool is_place = table.packet_flags[i] & packet_flag::key && i > table.frame_packet[0];
    if (is_place && good < n)
      table.first_good[i] = frame_from[good];
    bytes -= good > i ? payload(i) : 0;
  }
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

void derive_columns(IndexArrays &table, IndexFacts &facts, int64_t precision,
                    const Preroll &preroll) {
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
  if (facts.sample_rate > 0)
    fill_audio_seek_columns(table, facts, preroll);
  else
    fill_seek_columns(table, facts);
}

} // namespace framewise
