/* gst-framewise: what holds of every file that is taken for a saved index.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The checksum is put right first, so that what is tested is whether the values are looked at.
 *
 * With clang there is also a libFuzzer program of it, which no default build makes:
 *
 *   CC=clang CXX=clang++ meson setup build-fuzz -Dtests=enabled
 *   ninja -C build-fuzz tests/fuzz/libfuzzer-indexfile tests/fuzz/fuzz-indexfile
 *   mkdir build-fuzz/corpus-index
 *   build-fuzz/tests/fuzz/fuzz-indexfile --seeds build-fuzz/corpus-index
 *   build-fuzz/tests/fuzz/libfuzzer-indexfile -max_len=8192 build-fuzz/corpus-index
 */
#include "indexfile.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>

using namespace framewise;

int fuzzed_indexes = 0; /* that were taken */

namespace {

void require(bool holds, const char *property) {
  if (holds)
    return;
  fprintf(stderr, "does not hold: %s\n", property);
  abort();
}

void check_frames(const FrameIndex &index) {
  const int64_t n = index.n_frames();
  require(n >= 0, "there are no fewer than no frames");
  require(index.frame_at(INT64_MIN) == 0, "before the first it is the first");
  const int64_t last = std::max<int64_t>(n - 1, 0);
  require(index.frame_at(INT64_MAX) >= 0 && index.frame_at(INT64_MAX) <= last,
          "after the last it is one that is there");
  constexpr int64_t most = 5000; /* of a rate there may be many */
  for (int64_t number = 0; number < std::min(n, most); number++) {
    require(index.end(number) - index.time(number) >= 0, "no frame ends before it begins");
    const int64_t key = index.key_frame_until(number);
    require(key >= -1 && key <= number, "the key frame before lies before");
    require(index.key_frame_from(number) < n, "the key frame after is one of them");
    (void)index.frame(number);
    (void)index.is_key_frame(number);
    if (index.means() == FrameIndex::Means::hashes)
      (void)index.hash(number);
    const int64_t first = index.first_unit(number), units = index.units_in(number);
    require(units > 0 && index.holds_unit(first) && index.holds_unit(first + units - 1),
            "a frame consists of what is counted");
    for (int64_t unit : {first, first + units / 2, first + units - 1}) {
      require(index.frame_of(unit) == number, "that is in the frame");
      require(index.unit_end(unit) >= index.unit_time(unit), "none of it ends before it begins");
      require(index.holds_unit(index.unit_at(index.unit_time(unit))), "some of it is there then");
    }
  }
  if (index.n_units() > 0)
    require(index.holds_unit(index.unit_at(INT64_MIN)) &&
                index.holds_unit(index.unit_at(INT64_MAX)),
            "some of it is there at any time");
}

/* As a reader does. */
void check_packets(const FrameIndex &index) {
  const SeekTable &table = index.seek_table();
  const int32_t n = index.n_packets();
  for (int32_t number = 0; number < index.n_frames(); number++) {
    const int32_t begin = best_begin(table, number);
    require(begin >= 0 && begin < n, "decoding begins with a packet that is there");
    require(earlier_begin(table, begin) >= 0, "and so it does earlier");
    DecoderPosition position{begin, begin, number - 1, false, 0};
    const auto plan = plan_access(table, position, number);
    require(!plan || (*plan >= 0 && *plan < n), "and by plan");
  }
  PacketPtr packet = new_packet();
  for (int32_t i = 0; i < std::min(n, 500); i++) {
    const IndexedPacket entry = index.packet(i);
    packet->pts = entry.pts;
    packet->dts = entry.dts;
    packet->pos = entry.pos;
    packet->size = entry.size;
    const int32_t found = index.find(packet.get());
    require(found >= -1 && found < n, "what is found is a packet");
    for (int nth = 0; nth < 4; nth++) {
      const int64_t frame = index.frame_from(i, nth);
      require(frame == -1 || index.holds(frame), "a packet's frame is one of them");
    }
  }
  packet->size = 0;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  using namespace index_file;
  /* Of their own size alone, so that AddressSanitizer sees what lies beyond. */
  auto bytes = std::make_shared<std::vector<uint8_t>>(data, data + size);
  bytes->shrink_to_fit();
  if (size >= data_begin) {
    const uint64_t sum = checksum_of(bytes->data(), size);
    memcpy(bytes->data(), magic, sizeof magic);
    memcpy(bytes->data() + checksum_begin, &sum, sizeof sum);
  }
  auto index = from_index_file(bytes->data(), size, bytes);
  if (!index) {
    require(!index.error().empty(), "a refusal says why");
    return 0;
  }
  fuzzed_indexes++;
  require((*index)->origin() && (*index)->is_complete(), "what is loaded is of something, and all");
  check_frames(**index);
  if ((*index)->means() != FrameIndex::Means::rate)
    check_packets(**index);
  require(to_index_file(**index, *(*index)->origin()).size() % alignment == 0,
          "it can be saved again");
  return 0;
}
