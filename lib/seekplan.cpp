/* gst-framewise: how to get at a frame.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "seekplan.hpp"

#include <algorithm>
#include <cstdlib>

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

constexpr int32_t step = 8;            /* at most: farther ones are jumps */
constexpr int32_t most_reordered = 16; /* pictures that any codec holds back */

static bool steps_back(const Reading &reading) {
  return reading.expected >= 0 && reading.expected < reading.number &&
         reading.number - reading.expected <= step;
}

int32_t sparse_until(const SeekTable &table, const Reading &reading) {
  const int32_t packet = table.packet_of[reading.number];
  if (reading.expected < 0) {
    const bool is_step = reading.last >= 0 && std::abs(reading.number - reading.last) <= step;
    return is_step ? 0 : packet;
  }
  if (reading.expected > reading.number) /* whose packet may be before, all the same */
    return std::min(packet, table.packet_of[reading.expected]);
  return steps_back(reading) ? 0 : packet;
}

int32_t ends_after(const SeekTable &table, const DecoderPosition &decoder, const Reading &reading) {
  if (reading.expected < 0)
    return SeekTable::never;
  DecoderPosition after = decoder;
  after.fed = std::max(decoder.fed, table.packet_of[reading.number] + 1);
  after.given = std::max(decoder.given, reading.number);
  if (!plan_access(table, after, reading.expected))
    return SeekTable::never;
  int32_t last = table.packet_of[reading.number];
  if (steps_back(reading)) /* frames before it, decoded after it, are wanted as well */
    for (int32_t i = 1; i <= most_reordered && i <= reading.number; i++)
      last = std::max(last, table.packet_of[reading.number - i]);
  return last;
}

} // namespace framewise
