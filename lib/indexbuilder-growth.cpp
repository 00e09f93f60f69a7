/* gst-framewise: the frame table of one stream, as it is made: of a file that has grown.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The packets that were there are taken over where the demuxer gives the same ones again: the first
 * of the stream, and all from the last key packet but one on. The last of them may have been cut
 * off.
 */
#include "indexbuilder.hpp"

GST_DEBUG_CATEGORY_EXTERN(framewise_index_debug);
#define GST_CAT_DEFAULT framewise_index_debug

namespace framewise {

static bool is_packet_of(const IndexView &table, int32_t i, const IndexArrays &other, size_t j) {
  return table.packet_pts[i] == other.packet_pts[j] && table.packet_dts[i] == other.packet_dts[j] &&
         table.packet_pos[i] == other.packet_pos[j] &&
         table.packet_size[i] == other.packet_size[j] &&
         table.packet_duration[i] == other.packet_duration[j] &&
         table.packet_flags[i] == other.packet_flags[j] &&
         table.packet_type[i] == other.packet_type[j];
}

Result<bool> IndexBuilder::begins_as_earlier() {
  constexpr int32_t compared = 32;
  PacketInspector inspector(*input_);
  PacketPtr packet = new_packet();
  IndexArrays &begin = table_;
  const int32_t n = std::min(compared, earlier_->n_packets() - 1);
  for (int32_t i = 0; i < n; i++) {
    auto read = read_next(inspector, packet.get());
    if (!read || !*read)
      return read;
    add_packet(packet.get(), inspector);
    if (!is_packet_of(earlier_->table(), i, begin, size_t(i)))
      return false;
  }
  begin = {};
  return true;
}

Result<bool> IndexBuilder::seek_among_earlier(int32_t packet) {
  const IndexedPacket place = earlier_->packet(packet);
  const bool by_byte = input_->prefers_bytes() && place.pos >= 0;
  if (!by_byte && place.pts == AV_NOPTS_VALUE)
    return false;
  auto sought = by_byte ? input_->seek_to_byte(place.pos) : input_->seek_before(place.pts);
  if (!sought && sought.error().is_cancelled())
    return Failure(sought.error());
  return sought.has_value();
}

void IndexBuilder::take_earlier(int32_t packets) {
  const IndexView &from = earlier_->table();
  auto take = [&](auto &to, const auto &column) {
    to.assign(column.begin(), column.begin() + packets);
  };
  take(table_.packet_pts, from.packet_pts);
  take(table_.packet_dts, from.packet_dts);
  take(table_.packet_pos, from.packet_pos);
  take(table_.packet_duration, from.packet_duration);
  take(table_.packet_size, from.packet_size);
  take(table_.packet_flags, from.packet_flags);
  take(table_.packet_type, from.packet_type);
}

/* With all packets in the table that are known, and the input right behind them. False: there was
 * something odd, and it is anywhere. */
Result<bool> IndexBuilder::resume_scan(PacketInspector &inspector) {
  const int32_t known = earlier_->n_packets() - 1;
  std::vector<int32_t> keys;
  for (int32_t i = known - 1; i > 0 && keys.size() < 3; i--)
    if (earlier_->packet(i).key)
      keys.push_back(i);
  constexpr size_t needed = 3;
  if (keys.size() < needed)
    return false;
  auto right = begins_as_earlier();
  if (!right || !*right)
    return right;
  /* Right behind a seek some demuxers have not found their way to the decoding timestamps. */
  const int32_t land_at = keys[2], same_from = keys[1];
  right = seek_among_earlier(land_at);
  if (!right || !*right)
    return right;
  constexpr int most_strays = 64;
  PacketPtr packet = new_packet();
  int32_t at = -1, landed = -1;
  for (int strays = 0; at < known - 1;) {
    auto read = read_next(inspector, packet.get());
    if (!read || !*read)
      return read;
    at = at < 0 ? earlier_->find(packet.get()) : at + 1;
    if (at < 0 && ++strays > most_strays)
      return false;
    if (at < 0)
      continue;
    if (landed < 0)
      landed = at;
    table_ = {};
    add_packet(packet.get(), inspector);
    const IndexedPacket same = earlier_->packet(at);
    const bool is_there = same.pos == packet->pos && same.size == packet->size;
    if (!is_there || (at >= same_from && !is_packet_of(earlier_->table(), at, table_, 0)))
      return false;
  }
  if (landed > same_from)
    return false;
  take_earlier(known);
  GST_INFO("%d packets are as they were", known);
  return true;
}

} // namespace framewise
