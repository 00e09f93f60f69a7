/* gst-framewise: seek plans against made-up streams and a made-up decoder, with no file at all.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "seekplan.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <vector>

using namespace framewise;

namespace {

struct OwnSeekTable {
  std::vector<int32_t> first_good, packet_of;
  operator SeekTable() const { return {first_good, packet_of}; }
};

/* A stream in which each picture names those that it refers to, by packet. */
struct Stream {
  struct Packet {
    int32_t frame = -1; /* that it shows; -1: none */
    bool key = false;
    std::vector<int32_t> references;
  };
  std::vector<Packet> packets;
  int reorder_depth = 0;

  OwnSeekTable table() const {
    OwnSeekTable table;
    int32_t frames = 0;
    for (const Packet &packet : packets)
      frames = std::max(frames, packet.frame + 1);
    table.packet_of.assign(size_t(frames), -1);
    for (size_t i = 0; i < packets.size(); i++) {
      if (packets[i].frame >= 0)
        table.packet_of[packets[i].frame] = int32_t(i);
      table.first_good.push_back(packets[i].key && packets[i].frame >= 0 ? packets[i].frame
                                                                         : SeekTable::never);
    }
    table.first_good[0] = 0;
    return table;
  }
};

/* Groups of pictures with P and (pyramids of) B pictures, hidden ones, and in open groups leading
 * pictures that refer to the group before. */
Stream random_stream(std::mt19937 &random) {
  auto chance = [&](int percent) { return int(random() % 100) < percent; };
  Stream stream;
  int32_t next_frame = 0;
  int32_t last_anchor = -1;
  const int groups = 1 + int(random() % 6);
  for (int group = 0; group < groups; group++) {
    const bool open = group > 0 && chance(50);
    int32_t key_packet = int32_t(stream.packets.size());
    int32_t before = last_anchor;
    const int leading = open ? int(random() % 4) : 0;
    stream.packets.push_back({next_frame + leading, true, {}});
    for (int i = 0; i < leading; i++)
      stream.packets.push_back({next_frame + i, false, {before, key_packet}});
    next_frame += leading + 1;
    last_anchor = key_packet;
    const int runs = int(random() % 5);
    for (int run = 0; run < runs; run++) {
      const int between = int(random() % 3);
      const int32_t anchor = int32_t(stream.packets.size());
      stream.packets.push_back({next_frame + between, false, {last_anchor}});
      for (int i = 0; i < between; i++)
        stream.packets.push_back({next_frame + i, false, {last_anchor, anchor}});
      next_frame += between + 1;
      last_anchor = anchor;
      if (chance(20)) { /* only referred to */
        stream.packets.push_back({-1, false, {last_anchor}});
        last_anchor = int32_t(stream.packets.size()) - 1;
      }
    }
  }
  stream.reorder_depth = 3;
  return stream;
}

/* Takes packets in and gives frames in presentation order, right or spoilt. */
class Decoder {
 public:
  explicit Decoder(const Stream &stream) : stream_(stream) {}

  DecoderPosition position;
  int begun = 0; /* how often */
  int fed = 0;   /* packets, in all */
  int32_t sparse_until =
      0; /* pictures of packets before that which nothing refers to are left out */

  void begin_with(int32_t packet) {
    position = {};
    position.begun_with = position.fed = packet;
    position.delay = stream_.reorder_depth;
    good_.clear();
    held_.clear();
    begun++;
  }

  /* The next frame, and whether it is right. */
  std::optional<std::pair<int32_t, bool>> give() {
    const int32_t end = int32_t(stream_.packets.size());
    while (int(held_.size()) <= stream_.reorder_depth && position.fed < end)
      feed();
    if (held_.empty()) {
      position.ended = true;
      return std::nullopt;
    }
    auto frame = *held_.begin();
    held_.erase(held_.begin());
    position.given = std::max(position.given, frame.first);
    return frame;
  }

 private:
  void feed() {
    const auto &packet = stream_.packets[size_t(position.fed)];
    const bool good = std::all_of(packet.references.begin(), packet.references.end(),
                                  [&](int32_t reference) { return good_.count(reference); });
    const bool left_out = position.fed < sparse_until && !is_referred_to(position.fed);
    if (good && !left_out)
      good_.insert(position.fed);
    if (packet.frame >= 0 && !left_out)
      held_.insert({packet.frame, good});
    position.fed++;
    fed++;
  }

  bool is_referred_to(int32_t packet) const {
    return std::any_of(stream_.packets.begin(), stream_.packets.end(), [&](const auto &other) {
      return std::count(other.references.begin(), other.references.end(), packet) > 0;
    });
  }

  const Stream &stream_;
  std::set<int32_t> good_; /* packets that were decoded right */
  std::set<std::pair<int32_t, bool>> held_;
};

/* Follows the plan until the frame comes; false if it does not, or comes spoilt. */
bool fetch(Decoder &decoder, const OwnSeekTable &table, int32_t frame) {
  if (auto begin = plan_access(table, decoder.position, frame))
    decoder.begin_with(*begin);
  while (auto given = decoder.give())
    if (given->first == frame)
      return given->second;
  return false;
}

constexpr int streams = 400;

template <typename Use> void with_random_streams(Use use) {
  for (unsigned seed = 0; seed < streams; seed++) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937 random(seed);
    const Stream stream = random_stream(random);
    const OwnSeekTable table = stream.table();
    use(stream, table, random);
    if (testing::Test::HasFailure())
      return;
  }
}

} // namespace

TEST(SeekPlan, every_frame_comes_right_in_any_order) {
  with_random_streams([](const Stream &stream, const OwnSeekTable &table, std::mt19937 &random) {
    Decoder decoder(stream);
    for (int i = 0; i < 200; i++) {
      const int32_t frame = int32_t(random() % table.packet_of.size());
      ASSERT_TRUE(fetch(decoder, table, frame)) << "frame " << frame;
    }
  });
}

TEST(SeekPlan, every_frame_comes_right_where_others_are_left_out) {
  with_random_streams([](const Stream &stream, const OwnSeekTable &table, std::mt19937 &random) {
    Decoder decoder(stream);
    const auto frames = int32_t(table.packet_of.size());
    Reading reading{0};
    int32_t next = int32_t(random() % unsigned(frames));
    for (int i = 0; i < 100; i++) {
      reading.last = i > 0 ? reading.number : -1;
      reading.number = next;
      next = int32_t(random() % unsigned(frames));
      reading.expected = next;
      if (auto begin = plan_access(table, decoder.position, reading.number))
        decoder.begin_with(*begin);
      decoder.sparse_until = sparse_until(table, reading);
      const bool ends = ends_after(table, decoder.position, reading) != SeekTable::never;
      bool came = false;
      while (auto given = decoder.give())
        if (given->first == reading.number) {
          came = given->second;
          break;
        }
      ASSERT_TRUE(came) << "frame " << reading.number;
      const bool is_step_back = next < reading.number && reading.number - next <= 8;
      if (!ends && next != reading.number && !is_step_back) {
        ASSERT_FALSE(plan_access(table, decoder.position, next))
            << "frame " << next << " begins anew and " << reading.number << " did not end";
      }
    }
  });
}

TEST(SeekPlan, a_run_from_the_start_begins_once) {
  with_random_streams([](const Stream &stream, const OwnSeekTable &table, std::mt19937 &) {
    Decoder decoder(stream);
    for (int32_t frame = 0; frame < int32_t(table.packet_of.size()); frame++)
      ASSERT_TRUE(fetch(decoder, table, frame)) << "frame " << frame;
    EXPECT_EQ(decoder.begun, 1);
    EXPECT_EQ(decoder.fed, int(stream.packets.size()));
  });
}

TEST(SeekPlan, a_frame_ahead_in_the_same_group_never_seeks) {
  with_random_streams([](const Stream &stream, const OwnSeekTable &table, std::mt19937 &random) {
    for (int i = 0; i < 50; i++) {
      Decoder decoder(stream);
      const int32_t from = int32_t(random() % table.packet_of.size());
      ASSERT_TRUE(fetch(decoder, table, from));
      const int32_t to = from + 1 + int32_t(random() % 6);
      if (to >= int32_t(table.packet_of.size()) ||
          best_begin(table, to) > decoder.position.begun_with)
        continue;
      ASSERT_TRUE(fetch(decoder, table, to));
      EXPECT_EQ(decoder.begun, 1) << from << " to " << to;
    }
  });
}

TEST(SeekPlan, going_on_is_never_farther_than_seeking) {
  with_random_streams([](const Stream &stream, const OwnSeekTable &table, std::mt19937 &random) {
    Decoder decoder(stream);
    for (int i = 0; i < 100; i++) {
      const int32_t frame = int32_t(random() % table.packet_of.size());
      const int32_t begin = best_begin(table, frame);
      const DecoderPosition before = decoder.position;
      if (!plan_access(table, before, frame)) {
        EXPECT_GE(before.fed + before.delay, begin);
      }
      ASSERT_TRUE(fetch(decoder, table, frame));
    }
  });
}

TEST(SeekPlan, leading_pictures_begin_a_group_earlier) {
  /* I0 P1 | I4 B2 B3 (leading) P5 */
  OwnSeekTable table;
  table.first_good = {0, SeekTable::never, 4, SeekTable::never, SeekTable::never, SeekTable::never};
  table.packet_of = {0, 1, 3, 4, 2, 5};
  EXPECT_EQ(best_begin(table, 1), 0);
  EXPECT_EQ(best_begin(table, 2), 0);
  EXPECT_EQ(best_begin(table, 3), 0);
  EXPECT_EQ(best_begin(table, 4), 2);
  EXPECT_EQ(best_begin(table, 5), 2);
}

TEST(SeekPlan, the_first_packet_serves_where_there_is_no_key) {
  OwnSeekTable table;
  table.first_good = {0, SeekTable::never, SeekTable::never};
  table.packet_of = {0, 1, 2};
  EXPECT_EQ(best_begin(table, 2), 0);
  EXPECT_EQ(earlier_begin(table, 2), 0);
  EXPECT_EQ(earlier_begin(table, 0), 0);
}

TEST(SeekPlan, earlier_begins_are_the_keys_one_by_one) {
  OwnSeekTable table;
  table.first_good = {0, 3, SeekTable::never, 7, SeekTable::never};
  table.packet_of = {0, 0, 0, 1, 1, 1, 1, 3};
  EXPECT_EQ(earlier_begin(table, 4), 3);
  EXPECT_EQ(earlier_begin(table, 3), 1);
  EXPECT_EQ(earlier_begin(table, 1), 0);
}

TEST(SeekPlan, a_decoder_that_has_ended_begins_anew) {
  OwnSeekTable table;
  table.first_good = {0, SeekTable::never};
  table.packet_of = {0, 1};
  DecoderPosition ended{0, 2, 0, true, 0};
  EXPECT_EQ(plan_access(table, ended, 1), std::optional<int32_t>(0));
  DecoderPosition draining{0, 2, 0, false, 0};
  EXPECT_EQ(plan_access(table, draining, 1), std::nullopt);
}

TEST(SeekPlan, what_was_given_is_not_waited_for) {
  OwnSeekTable table;
  table.first_good = {0, SeekTable::never, SeekTable::never};
  table.packet_of = {0, 1, 2};
  DecoderPosition decoder{0, 2, 1, false, 0};
  EXPECT_EQ(plan_access(table, decoder, 1), std::optional<int32_t>(0));
  EXPECT_EQ(plan_access(table, decoder, 2), std::nullopt);
}

TEST(SeekPlan, pictures_on_the_way_are_left_out_for_jumps) {
  OwnSeekTable table;
  table.first_good.assign(100, SeekTable::never);
  table.first_good[0] = 0;
  for (int32_t i = 0; i < 100; i++)
    table.packet_of.push_back(i);
  EXPECT_EQ(sparse_until(table, {60}), 60);
  EXPECT_EQ(sparse_until(table, {60, 10}), 60);
  EXPECT_EQ(sparse_until(table, {60, 90}), 60);
}

TEST(SeekPlan, pictures_on_the_way_are_kept_for_steps) {
  OwnSeekTable table;
  table.first_good.assign(100, SeekTable::never);
  table.first_good[0] = 0;
  for (int32_t i = 0; i < 100; i++)
    table.packet_of.push_back(i);
  EXPECT_EQ(sparse_until(table, {60, 61}), 0);
  EXPECT_EQ(sparse_until(table, {60, 59}), 0);
  EXPECT_EQ(sparse_until(table, {60, 55}), 0);
  EXPECT_EQ(sparse_until(table, {60, -1, 59}), 0) << "backwards from there";
  EXPECT_EQ(sparse_until(table, {60, 10, 58}), 0);
}

TEST(SeekPlan, the_frame_expected_next_is_not_left_out) {
  /* I0 P2 B1 */
  OwnSeekTable table;
  table.first_good = {0, SeekTable::never, SeekTable::never};
  table.packet_of = {0, 2, 1};
  EXPECT_EQ(sparse_until(table, {1, -1, 2}), 1);
}

TEST(SeekPlan, a_decoder_that_is_gone_on_with_is_not_ended) {
  OwnSeekTable table;
  table.first_good = {0, SeekTable::never, SeekTable::never, 3, SeekTable::never};
  table.packet_of = {0, 1, 2, 3, 4};
  const DecoderPosition begun{0, 0, -1, false, 0};
  EXPECT_EQ(ends_after(table, begun, {1, -1, 2}), SeekTable::never);
  EXPECT_EQ(ends_after(table, begun, {1, -1, 4}), 1);
  EXPECT_EQ(ends_after(table, begun, {1}), SeekTable::never) << "not known";
}

TEST(SeekPlan, backwards_the_decoder_ends_after_all_frames_before) {
  /* I0 P3 B1 B2 | I4 ... */
  OwnSeekTable table;
  constexpr int32_t never = SeekTable::never;
  table.first_good = {0, never, never, never, 4, never, never, never, never, 9};
  table.packet_of = {0, 2, 3, 1, 4, 5, 6, 7, 8, 9};
  const DecoderPosition begun{0, 0, -1, false, 0};
  EXPECT_EQ(ends_after(table, begun, {3, -1, 2}), 3);
  EXPECT_EQ(ends_after(table, begun, {3, -1, 9}), 1) << "not backwards";
}
