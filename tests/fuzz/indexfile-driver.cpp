/* gst-framewise: a fixed number of inputs for the fuzz target, the same ones each time.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Begins with files of small indexes that it makes up. With `--seeds FOLDER` it only writes these
 * there, for libFuzzer.
 */
#include "indexcolumns.hpp"
#include "indexfile.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <random>

extern int fuzzed_indexes;
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

using namespace framewise;

namespace {

using Bytes = std::vector<uint8_t>;

IndexOrigin made_up_origin() {
  IndexOrigin origin;
  origin.key = "file=/a.mkv";
  origin.location = "/a.mkv";
  origin.fingerprint.state = {1000, 1, 2, 3, 4};
  origin.fingerprint.samples = {5};
  origin.fingerprint.blocks = {6};
  return origin;
}

/* Groups of four, the last packet of each with two frames if `several`. */
IndexArrays made_up_table(int packets, bool several, IndexMeans means) {
  IndexArrays table;
  int64_t time = 0;
  for (int i = 0; i < packets; i++) {
    const bool key = i % 4 == 0;
    table.packet_pts.push_back(i);
    table.packet_dts.push_back(i);
    table.packet_pos.push_back(i / 2 * 100);
    table.packet_duration.push_back(1);
    table.packet_size.push_back(50 + i % 2);
    table.packet_flags.push_back(uint8_t(packet_flag::shown | (key ? packet_flag::key : 0)));
    table.packet_type.push_back(key ? 'I' : 'P');
    for (int nth = 0; nth < (several && i % 4 == 3 ? 2 : 1); nth++) {
      table.frame_pts.push_back(i);
      table.frame_time.push_back(time += 1000000);
      table.frame_packet.push_back(i);
      table.frame_flags.push_back(key ? frame_flag::key : 0);
      table.frame_type.push_back(key ? 'I' : 'P');
      if (means == IndexMeans::hashes)
        table.hashes.push_back(uint64_t(i));
    }
  }
  return table;
}

std::vector<Bytes> seeds() {
  std::vector<Bytes> files;
  const IndexOrigin origin = made_up_origin();
  for (IndexMeans means : {IndexMeans::scan, IndexMeans::order, IndexMeans::hashes})
    for (int packets : {0, 1, 9}) {
      IndexArrays table = made_up_table(packets, means != IndexMeans::scan, means);
      IndexFacts facts;
      facts.means = means;
      facts.distrust = means == IndexMeans::scan ? "" : "for a reason";
      facts.end_time = 100000000;
      derive_columns(table, facts, 1);
      files.push_back(to_index_file(FrameIndex(facts, view_of(table), nullptr), origin));
    }
  IndexArrays audio = made_up_table(9, true, IndexMeans::order);
  IndexFacts of_audio;
  of_audio.means = IndexMeans::order;
  of_audio.end_time = 100000000;
  of_audio.sample_rate = 48000;
  for (size_t i = 0; i < audio.frame_pts.size(); i++)
    audio.frame_sample.push_back(int64_t(i) * 1024);
  of_audio.n_samples = int64_t(audio.frame_pts.size()) * 1024;
  derive_columns(audio, of_audio, 1, {2, 500, 30});
  files.push_back(to_index_file(FrameIndex(of_audio, view_of(audio), nullptr), origin));
  IndexFacts rate;
  rate.means = IndexMeans::rate;
  rate.rate = {30000, 1001};
  rate.n_frames = 100;
  rate.end_time = 4000000000;
  files.push_back(to_index_file(FrameIndex(rate, IndexView(), nullptr), origin));
  return files;
}

class Mutator {
 public:
  explicit Mutator(std::vector<Bytes> seeds) : seeds_(std::move(seeds)) {}

  Bytes next() {
    Bytes bytes = seeds_[below(seeds_.size())];
    for (size_t changes = 1 + below(3); changes > 0; changes--)
      change(bytes);
    return bytes;
  }

 private:
  /* Not a distribution: what those make of the same numbers is each library's own. */
  size_t below(size_t bound) { return size_t(random_()) % bound; }

  void change(Bytes &bytes) {
    if (bytes.size() < 16)
      return;
    const size_t width = size_t(1) << below(4);
    const size_t at = below(bytes.size() / width) * width;
    static constexpr int64_t telling[] = {
        0,   1,         -1,        2,         3,         8,    127,
        255, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN, 1000, int64_t(1) << 60};
    int64_t value = 0;
    switch (below(8)) {
    case 0:
      bytes.resize(below(bytes.size()));
      return;
    case 1:
      bytes.resize(bytes.size() + 8 * below(4));
      return;
    case 2:
    case 3:
      value = int64_t(random_());
      break;
    case 4:
      memcpy(&value, bytes.data() + below(bytes.size() / width) * width, width);
      break;
    default:
      value = telling[below(std::size(telling))];
    }
    memcpy(bytes.data() + at, &value, width);
    /* The size is one of the few things that only one value is right for. */
    if (const uint64_t size = bytes.size(); below(8))
      memcpy(bytes.data() + offsetof(index_file::Header, file_size), &size, sizeof size);
  }

  std::vector<Bytes> seeds_;
  std::mt19937_64 random_{1};
};

} // namespace

int main(int argc, char **argv) {
  const std::vector<Bytes> begin = seeds();
  if (argc == 3 && strcmp(argv[1], "--seeds") == 0) {
    for (size_t i = 0; i < begin.size(); i++)
      std::ofstream(std::string(argv[2]) + "/seed-" + std::to_string(i), std::ios::binary)
          .write(reinterpret_cast<const char *>(begin[i].data()), std::streamsize(begin[i].size()));
    return 0;
  }
  for (const Bytes &seed : begin)
    LLVMFuzzerTestOneInput(seed.data(), seed.size());
  if (fuzzed_indexes != int(begin.size())) {
    fprintf(stderr, "only %d of %zu seeds are taken\n", fuzzed_indexes, begin.size());
    return 1;
  }
  constexpr int inputs = 200000;
  Mutator mutator(begin);
  for (int i = 0; i < inputs; i++) {
    const Bytes bytes = mutator.next();
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
  }
  printf("%d inputs, %d of them taken\n", inputs, fuzzed_indexes);
  const int few = inputs / 100;
  return fuzzed_indexes > few && fuzzed_indexes < inputs - few ? 0 : 1;
}
