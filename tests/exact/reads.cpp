/* gst-framewise: any frame by number is the one that a linear decode gives.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   reads [--stream SPECIFIER] [--option KEY=VALUE] [--half] [--corrupt] [--folder FOLDER] FILE
 *
 * The library's reader, below any element: a run from the start without an index gives the truth,
 * picture by picture (as hashes) and time by time. Then
 *  - a scan that is trusted must have the order that decoding gives;
 *  - each kind of index must have as many frames, at the same times;
 *  - every frame read in sequence, backwards, at random and with a cache of no size must be the
 * same;
 *  - what is read backwards is decoded group by group;
 *  - so must they be where the reader is told what comes next, rightly or wrongly, as jumps and in
 *    sorted batches; and a frame ahead in the same group never takes a seek.
 */
#include "framereader.hpp"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <numeric>
#include <random>

using namespace framewise;

namespace {

struct Truth {
  std::vector<uint64_t> hashes;
  std::vector<int64_t> times;
};

int failures = 0;

void complain(const char *what, const std::string &why) {
  if (++failures <= 12)
    fprintf(stderr, "%s: %s\n", what, why.c_str());
}

std::optional<Truth> read_linearly(const ReaderSettings &settings) {
  Interruption interruption;
  auto reader = FrameReader::open(settings, interruption);
  if (!reader) {
    complain("open", reader.error().message);
    return std::nullopt;
  }
  Truth truth;
  for (;;) {
    auto frame = (*reader)->next();
    if (!frame) {
      complain("linear", frame.error().message);
      return std::nullopt;
    }
    if (!*frame)
      return truth;
    truth.hashes.push_back(FrameIndex::hash_of((*frame)->picture.get()));
    truth.times.push_back((*frame)->time);
  }
}

using IndexPtr = std::shared_ptr<const FrameIndex>;

IndexPtr build(FrameIndex::Request request) {
  Interruption interruption;
  auto index = FrameIndex::build(request, interruption);
  if (!index) {
    complain("index", index.error().message);
    return nullptr;
  }
  return *index;
}

void compare_index(const char *name, const FrameIndex &index, const Truth &truth) {
  if (index.n_frames() != int64_t(truth.times.size()))
    return complain(
        name, format("%" PRId64 " frames, there are %zu", index.n_frames(), truth.times.size()));
  for (int64_t i = 0; i < index.n_frames(); i++)
    if (index.time(i) != truth.times[i])
      complain(name, format("frame %" PRId64 " at %" PRId64 ", it is at %" PRId64, i, index.time(i),
                            truth.times[i]));
}

void compare_order(const FrameIndex &scan, const FrameIndex &order) {
  if (!scan.distrust().empty())
    return;
  if (scan.n_frames() != order.n_frames())
    return complain("scan", format("trusted with %" PRId64 " frames, decoding gives %" PRId64,
                                   scan.n_frames(), order.n_frames()));
  for (int64_t i = 0; i < scan.n_frames(); i++)
    if (scan.frame(i).packet != order.frame(i).packet)
      complain("scan",
               format("trusted with frame %" PRId64 " from packet %d, decoding gives it from %d", i,
                      scan.frame(i).packet, order.frame(i).packet));
}

/* As an element does it: where the index turns out wrong, a new one is made. */
Result<DecodedFrame> read(FrameReader &reader, const ReaderSettings &settings, int64_t number) {
  auto frame = reader.read(number);
  if (!reader.index_is_disproved())
    return frame;
  FrameIndex::Request request;
  request.reader = settings;
  request.trust_scan = false;
  IndexPtr index = build(request);
  if (!index)
    return fail_cancelled();
  reader.use_index(index);
  return reader.read(number);
}

enum class Hints { none, right, wrong };

void read_in_order(const char *name, const ReaderSettings &settings, IndexPtr index,
                   uint64_t cache_size, const std::vector<int64_t> &numbers, const Truth &truth,
                   Hints hints = Hints::none) {
  Interruption interruption;
  auto reader = FrameReader::open(settings, interruption);
  if (!reader)
    return complain(name, reader.error().message);
  (*reader)->set_cache_size(cache_size);
  (*reader)->use_index(index);
  std::mt19937 random(2);
  for (size_t i = 0; i < numbers.size(); i++) {
    const int64_t number = numbers[i];
    if (hints == Hints::right)
      (*reader)->expect(i + 1 < numbers.size() ? numbers[i + 1] : -1);
    else if (hints == Hints::wrong)
      (*reader)->expect(int64_t(random() % truth.hashes.size()));
    auto frame = read(**reader, settings, number);
    if (!frame) {
      complain(name, frame.error().message);
      continue;
    }
    const uint64_t hash = FrameIndex::hash_of(frame->picture.get());
    if (hash == truth.hashes[number] || !index->is_exact())
      continue;
    auto really = std::find(truth.hashes.begin(), truth.hashes.end(), hash);
    complain(name, format("frame %" PRId64 " is wrong: %s", number,
                          really == truth.hashes.end()
                              ? "it is none of the stream's"
                              : format("it is frame %td", really - truth.hashes.begin()).c_str()));
  }
  if ((*reader)->index_is_disproved())
    complain(name, "the index is disproved");
  if (getenv("FRAMEWISE_TELL"))
    fprintf(stderr, "  %s: %zu frames, %" PRId64 " seeks\n", name, numbers.size(),
            (*reader)->seeks());
}

/* A jump into each group, past which pictures are left out, and then frames ahead in that group. */
void read_ahead(const ReaderSettings &settings, IndexPtr index, const Truth &truth) {
  Interruption interruption;
  auto reader = FrameReader::open(settings, interruption);
  if (!reader)
    return complain("ahead", reader.error().message);
  (*reader)->use_index(index);
  const int64_t n = index->n_frames();
  for (int64_t from = n - 1; from > 0; from -= 13) {
    const int64_t start = std::max<int64_t>(from - 9, 0);
    int64_t seeks = -1;
    for (int64_t number : {start, start + 1, start + 4, start + 9}) {
      if (number >= n)
        break;
      auto frame = (*reader)->read(number);
      if (!frame)
        return complain("ahead", frame.error().message);
      if (FrameIndex::hash_of(frame->picture.get()) != truth.hashes[number])
        complain("ahead", format("frame %" PRId64 " is wrong", number));
      const auto &table = index->seek_table();
      const bool same_group = best_begin(table, int32_t(number)) <= table.packet_of[start];
      if (seeks >= 0 && same_group && (*reader)->seeks() != seeks)
        complain("ahead", format("frame %" PRId64 " after %" PRId64 " took a seek", number, start));
      seeks = (*reader)->seeks();
    }
  }
}

/* With a cache for all of it, reading backwards begins once for each packet to begin with, but for
 * frames that do not come from there; and shortcuts are given up once each. */
void read_backwards(const ReaderSettings &settings, IndexPtr index) {
  Interruption interruption;
  auto reader = FrameReader::open(settings, interruption);
  if (!reader)
    return complain("groups", reader.error().message);
  (*reader)->set_cache_size(uint64_t(1) << 30);
  (*reader)->use_index(index);
  int64_t groups = 0;
  for (int64_t number = index->n_frames() - 1, begin = -1; number >= 0; number--) {
    (*reader)->expect(number - 1);
    if (auto frame = (*reader)->read(number); !frame)
      return complain("groups", frame.error().message);
    const int64_t its = best_begin(index->seek_table(), int32_t(number));
    groups += its != begin;
    begin = its;
  }
  constexpr int64_t shortcuts = 2; /* of two kinds */
  const int64_t misses = (*reader)->misses();
  if ((*reader)->seeks() > groups + misses + shortcuts)
    complain("groups", format("%" PRId64 " groups took %" PRId64 " seeks backwards", groups,
                              (*reader)->seeks()));
}

} // namespace

int main(int argc, char **argv) {
  gst_init(nullptr, nullptr);
  FrameIndex::Request request;
  std::string folder;
  bool damaged = false, half = false;
  int at = 1;
  for (; at + 1 < argc; at++) {
    const std::string option = argv[at];
    if (option == "--stream")
      request.reader.input.stream = argv[++at];
    else if (option == "--folder")
      folder = std::string(argv[++at]) + "/";
    else if (option == "--corrupt")
      damaged = true;
    else if (option == "--half")
      half = true;
    else if (option == "--part")
      at++; /* of no matter here */
    else if (option == "--option") {
      const std::string pair = argv[++at];
      const size_t equals = pair.find('=');
      request.reader.input.options.set(pair.substr(0, equals), pair.substr(equals + 1));
    } else if (option.rfind("--", 0) != 0)
      break;
  }
  if (at >= argc) {
    fprintf(stderr,
            "usage: reads [--stream SPECIFIER] [--option KEY=VALUE] [--half] [--corrupt] FILE\n");
    return 2;
  }
  request.reader.input.location = argv[at][0] == '/' ? argv[at] : folder + argv[at];
  const ReaderSettings &settings = request.reader;
  av_log_set_level(AV_LOG_QUIET);

  auto truth = read_linearly(settings);
  if (!truth)
    return 1;

  const int64_t prove_up_to = request.prove_up_to;
  request.prove_up_to = 0;
  IndexPtr scan = build(request);
  request.trust_scan = false;
  request.prove_up_to = prove_up_to;
  IndexPtr order = build(request);
  request.trust_scan = true;
  request.mode = IndexMode::verified;
  IndexPtr verified = build(request);
  if (!scan || !order || !verified)
    return 1;
  if (damaged && !order->is_exact()) {
    /* Of what damage makes of pictures there is no truth, but they are as many as one thread makes.
     */
    request.reader.decoder.thread_count = 1;
    truth = read_linearly(settings);
    if (!truth)
      return 1;
  } else if (!half && (!order->is_exact() || !scan->is_exact() || !verified->is_exact())) {
    complain("index", "claims not to be exact");
  }
  if (order->is_exact())
    compare_index("scan", *scan, *truth);
  compare_index("order", *order, *truth);
  if (order->is_exact())
    compare_index("verified", *verified, *truth);
  if (order->is_exact())
    compare_order(*scan, *order);

  std::vector<int64_t> forwards(truth->hashes.size());
  std::iota(forwards.begin(), forwards.end(), 0);
  std::vector<int64_t> backwards(forwards.rbegin(), forwards.rend());
  std::vector<int64_t> mixed = forwards;
  std::shuffle(mixed.begin(), mixed.end(), std::mt19937(1));
  constexpr uint64_t cache = 64 << 20;
  if (damaged || !order->is_exact())
    scan = verified = order; /* those do not see all damage */
  read_in_order("forwards", settings, scan, cache, forwards, *truth);
  read_in_order("backwards", settings, scan, cache, backwards, *truth);
  read_in_order("at random", settings, scan, cache, mixed, *truth);
  read_in_order("at random without a cache", settings, scan, 0, mixed, *truth);
  for (Hints hints : {Hints::right, Hints::wrong}) {
    const bool right = hints == Hints::right;
    read_in_order(right ? "forwards, told" : "forwards, told wrongly", settings, scan, cache,
                  forwards, *truth, hints);
    read_in_order(right ? "backwards, told" : "backwards, told wrongly", settings, scan, cache,
                  backwards, *truth, hints);
    read_in_order(right ? "at random, told" : "at random, told wrongly", settings, scan, 0, mixed,
                  *truth, hints);
  }
  std::vector<int64_t> batch(mixed.begin(), mixed.begin() + ptrdiff_t(mixed.size() / 6));
  std::sort(batch.begin(), batch.end());
  read_in_order("a batch", settings, scan, 0, batch, *truth);
  read_in_order("a batch, told", settings, scan, cache, batch, *truth, Hints::right);
  if (scan->is_plain() && !damaged && !half) {
    read_ahead(settings, scan, *truth);
    read_backwards(settings, scan);
  }
  read_in_order("at random, verified", settings, verified, cache, mixed, *truth);
  if (getenv("FRAMEWISE_TELL"))
    fprintf(stderr, "%s: %" PRId64 " frames, scan %s\n", settings.input.location.c_str(),
            scan->n_frames(), scan->distrust().empty() ? "trusted" : scan->distrust().c_str());
  if (failures > 0)
    fprintf(stderr, "%d failures\n", failures);
  return failures > 0;
}
