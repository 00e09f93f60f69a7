/* gst-framewise: how to get at a frame.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "seekplan.hpp"

namespace framewise {

int32_t best_begin(const SeekTable &table, int32_t frame) {
  int32_t packet = table.packet_of[frame];
  while (packet > 0 && table.first_good[packet] > frame)
    packet--;
  return packet;
}

int32_t earlier_begin(const SeekTable &table, int32_t packet) {
  do
    packet--;
  while (packet > 0 && !table.can_begin_with(packet));
  return packet > 0 ? packet : 0;
}

std::optional<int32_t> plan_access(const SeekTable &table, const DecoderPosition &decoder,
                                   int32_t frame) {
  const int32_t packet = table.packet_of[frame];
  const int32_t begin = best_begin(table, frame);
  const bool still_comes =
      decoder.begun_with >= 0 && !decoder.ended && frame > decoder.given &&
      packet >= decoder.begun_with &&
      (decoder.begun_with == 0 || table.first_good[decoder.begun_with] <= frame);
  if (!still_comes)
    return begin;
  if (packet < decoder.fed || begin <= decoder.fed)
    return std::nullopt;
  /* A decoder that begins anew has its delay once more before anything comes out. */
  if (begin - decoder.fed <= decoder.delay)
    return std::nullopt;
  return begin;
}

} // namespace framewise
