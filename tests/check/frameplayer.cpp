/* gst-framewise: tests of what seeks mean, and of reading as they ask, below any element.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "frameplayer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <random>

using namespace framewise;

namespace {

using Kind = PlayBound::Kind;

ReaderSettings settings_of(const char *clip) {
  static const bool initialized = [] {
    gst_init(nullptr, nullptr);
    return true;
  }();
  (void)initialized;
  ReaderSettings settings;
  settings.input.location = std::string(g_getenv("FRAMEWISE_TEST_MEDIA")) + "/" + clip;
  return settings;
}

std::shared_ptr<const FrameIndex> index_of(const char *clip) {
  FrameIndex::Request request;
  request.reader = settings_of(clip);
  Interruption interruption;
  auto index = FrameIndex::build(request, interruption);
  return index ? *index : nullptr;
}

std::vector<int64_t> frames_of(const PlayRange &range, const FrameIndex &index) {
  std::vector<int64_t> frames;
  for (int64_t n = range.first(); n != PlayRange::none; n = range.after(n, index))
    frames.push_back(n);
  return frames;
}

const char *const clips[] = {"h264-b.mp4", "hevc.mkv", "vfr.mkv", "h264.ts", "mpeg4-b.avi"};

class Clips : public testing::TestWithParam<const char *> {};
INSTANTIATE_TEST_SUITE_P(, Clips, testing::ValuesIn(clips), [](const auto &clip) {
  std::string name = clip.param;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return !isalnum(c); }, '_');
  return name;
});

} // namespace

/* ---- What a seek means ------------------------------------------------------------------------
 */

/* Against the plainest telling of it: each frame in turn, whether it is shown between the bounds.
 */
TEST_P(Clips, frames_between_two_times_are_those_shown_between_them) {
  auto index = index_of(GetParam());
  ASSERT_TRUE(index);
  std::mt19937 random(1);
  for (int round = 0; round < 2000; round++) {
    const int64_t n = index->n_frames();
    auto number = [&](int64_t low, int64_t high) {
      return std::uniform_int_distribution<int64_t>(low, high)(random);
    };
    auto time = [&] {
      const int64_t exact = number(0, 4) ? index->time(number(0, n - 1)) : index->end_time();
      return std::max<int64_t>(exact + (number(0, 1) ? 0 : number(-3, 3) * 7000000), 0);
    };
    PlayRequest request;
    request.rate = number(0, 1) ? 1.5 : -1.5;
    const int64_t a = time(), b = time();
    request.start = {Kind::time, std::min(a, b)};
    request.stop = {Kind::time, std::max(a, b)};
    FrameLimits limits;
    if (number(0, 1))
      limits = {number(-n - 3, n + 3), number(-n - 3, n + 3)};

    auto in_stream = [&](int64_t limit) {
      return std::clamp<int64_t>(limit < 0 ? limit + n : limit, 0, n);
    };
    const int64_t begin = in_stream(limits.begin), end = in_stream(limits.end);
    std::vector<int64_t> expected;
    for (int64_t k = begin; k < end; k++) {
      const bool ends_later =
          k + 1 == end || std::max<int64_t>(index->end(k), 0) > request.start.value;
      const bool is_shown_at_all = request.start.value < std::max<int64_t>(index->end(end - 1), 0);
      const bool is_reached =
          request.stop.value > std::max<int64_t>(index->time(begin), 0) || begin == 0;
      if (ends_later && is_shown_at_all && is_reached && index->time(k) < request.stop.value &&
          request.start.value < request.stop.value)
        expected.push_back(k);
    }
    if (request.is_backwards())
      std::reverse(expected.begin(), expected.end());

    auto range = PlayRange::resolve(request, limits, *index);
    ASSERT_TRUE(range);
    const PlayBounds &bounds = range->bounds();
    EXPECT_LE(bounds.start, bounds.position);
    EXPECT_LE(bounds.position, bounds.stop);
    ASSERT_EQ(frames_of(*range, *index), expected)
        << "from " << request.start.value << " to " << request.stop.value << ", limits "
        << limits.begin << " to " << limits.end << ", rate " << request.rate;
  }
}

TEST_P(Clips, frames_between_two_numbers_are_those) {
  auto index = index_of(GetParam());
  ASSERT_TRUE(index);
  const int64_t n = index->n_frames();
  for (double rate : {1.0, -1.0})
    for (int64_t start = 0; start < n; start++)
      for (int64_t stop = start; stop <= n; stop += 3) {
        PlayRequest request;
        request.rate = rate;
        request.start = {Kind::frame, start};
        request.stop = stop == n ? PlayBound{Kind::from_end, 0} : PlayBound{Kind::frame, stop};
        auto range = PlayRange::resolve(request, {}, *index);
        ASSERT_TRUE(range);
        std::vector<int64_t> expected;
        for (int64_t k = start; k < stop; k++)
          expected.push_back(k);
        if (rate < 0)
          std::reverse(expected.begin(), expected.end());
        ASSERT_EQ(frames_of(*range, *index), expected) << start << " to " << stop;
        EXPECT_EQ(range->bounds().start, std::max<int64_t>(index->time(start), 0));
      }
}

TEST(PlayRange, a_start_outside_the_stream_is_an_error_that_names_both) {
  auto index = index_of("h264-b.mp4");
  ASSERT_TRUE(index);
  for (PlayBound start : {PlayBound{Kind::frame, 30}, PlayBound{Kind::frame, 12345},
                          PlayBound{Kind::from_end, -31}, PlayBound{Kind::from_end, 1}}) {
    PlayRequest request;
    request.start = start;
    auto range = PlayRange::resolve(request, {}, *index);
    ASSERT_FALSE(range);
    EXPECT_NE(range.error().message.find(std::to_string(start.value)), std::string::npos);
    EXPECT_NE(range.error().message.find("30"), std::string::npos);
  }
}

TEST(PlayRange, a_position_counts_before_the_start) {
  auto index = index_of("h264-b.mp4");
  ASSERT_TRUE(index);
  PlayRequest request;
  request.start = {Kind::frame, 3};
  request.stop = {Kind::frame, 20};
  request.position = index->time(9);
  auto range = PlayRange::resolve(request, {}, *index);
  ASSERT_TRUE(range);
  EXPECT_EQ(range->first(), 9);
  EXPECT_EQ(range->bounds().start, index->time(3));
  EXPECT_EQ(range->bounds().position, index->time(9));
  request.rate = -1;
  range = PlayRange::resolve(request, {}, *index);
  ASSERT_TRUE(range);
  EXPECT_EQ(range->first(), 8);
  EXPECT_EQ(range->bounds().stop, index->time(20));
}

/* ---- Reading as it asks -----------------------------------------------------------------------
 */

namespace {

constexpr uint64_t plenty = 256 << 20;

struct Player {
  explicit Player(const char *clip, uint64_t cache_size) {
    PlayerSettings settings;
    settings.reader = settings_of(clip);
    settings.cache_size = cache_size;
    if (auto opened = FramePlayer::open(settings, interruption)) {
      player = std::move(*opened);
      player->start_index(nullptr, [](const auto &) {});
    }
  }

  std::vector<DecodedFrame> play(double rate) {
    PlayRequest request;
    request.rate = rate;
    player->request(request);
    std::vector<DecodedFrame> frames;
    for (auto frame = player->next(); frame && *frame; frame = player->next())
      frames.push_back(std::move(**frame));
    return frames;
  }

  Interruption interruption;
  std::unique_ptr<FramePlayer> player;
};

uint64_t bytes_of(const DecodedFrame &frame) {
  uint64_t bytes = 0;
  for (const AVBufferRef *buffer : frame.picture->buf)
    bytes += buffer ? buffer->size : 0;
  return bytes;
}

void expect_reversed(const std::vector<DecodedFrame> &backwards,
                     const std::vector<DecodedFrame> &forwards) {
  ASSERT_EQ(backwards.size(), forwards.size());
  for (size_t i = 0; i < forwards.size(); i++) {
    const DecodedFrame &frame = backwards[i], &twin = forwards[forwards.size() - 1 - i];
    EXPECT_EQ(frame.number, int64_t(forwards.size() - 1 - i));
    EXPECT_EQ(frame.time, twin.time);
    EXPECT_EQ(FrameIndex::hash_of(frame.picture.get()), FrameIndex::hash_of(twin.picture.get()));
  }
}

} // namespace

TEST_P(Clips, backwards_decodes_each_group_of_pictures_once) {
  auto index = index_of(GetParam());
  ASSERT_TRUE(index);
  int64_t begins = 0;
  for (int64_t k = 0; k < index->n_frames(); k++)
    begins += index->is_key_frame(k);
  const auto forwards = Player(GetParam(), plenty).play(1.0);
  Player backwards(GetParam(), plenty);
  ASSERT_TRUE(backwards.player);
  expect_reversed(backwards.play(-1.0), forwards);
  EXPECT_LE(backwards.player->reader().seeks(), begins);
}

TEST_P(Clips, backwards_needs_no_cache) {
  const auto forwards = Player(GetParam(), plenty).play(1.0);
  ASSERT_FALSE(forwards.empty());
  for (uint64_t cache_size : {uint64_t(0), 3 * bytes_of(forwards[0])})
    expect_reversed(Player(GetParam(), cache_size).play(-1.0), forwards);
}

namespace {

/* A file of which one read of the player's is broken off, as by a flush. */
class BrokenOffSource final : public ByteSource {
 public:
  BrokenOffSource(const std::string &file, Interruption &interruption)
      : interruption_(interruption) {
    gchar *data = nullptr;
    gsize size = 0;
    if (g_file_get_contents(file.c_str(), &data, &size, nullptr))
      bytes_.reset(g_bytes_new_take(data, size));
    all_ = of_bytes(bytes_.get());
  }
  std::string name() const override { return "broken-off"; }
  bool is_seekable() const override { return true; }
  int64_t size() const override { return all_->size(); }
  int read(int64_t offset, uint8_t *data, int size, Interruption &interruption) override {
    constexpr int little = 1500; /* so that breaks come within packets */
    if (&interruption == &interruption_ && reads_left > 0 && --reads_left == 0) {
      interruption.set(Interruption::flushing);
      return AVERROR_EXIT;
    }
    return all_->read(offset, data, std::min(size, little), interruption);
  }
  std::atomic<int> reads_left = 0; /* with that many it is broken off; 0: never */

 private:
  struct Unref {
    void operator()(GBytes *bytes) const { g_bytes_unref(bytes); }
  };
  Interruption &interruption_;
  std::unique_ptr<GBytes, Unref> bytes_;
  std::shared_ptr<ByteSource> all_;
};

uint64_t hash_of(const DecodedFrame &frame) { return FrameIndex::hash_of(frame.picture.get()); }

} // namespace

/* Broken off anywhere in a first reading, which knows no index yet, a seek lands all the same, and
 * with the right frames: what the demuxer has lost is read again. */
TEST_P(Clips, a_seek_lands_after_a_read_was_broken_off) {
  const auto whole = Player(GetParam(), 0).play(1.0);
  ASSERT_GE(whole.size(), 20u);
  int breaks = 0;
  for (int reads = 1;; reads++) {
    Interruption interruption;
    PlayerSettings settings;
    settings.reader = settings_of(GetParam());
    settings.cache_size = 0;
    auto source = std::make_shared<BrokenOffSource>(settings.reader.input.location, interruption);
    settings.reader.input.source = source;
    auto opened = FramePlayer::open(settings, interruption);
    ASSERT_TRUE(opened);
    FramePlayer &player = **opened;
    player.start_index(nullptr, [](const auto &) {});
    player.request(PlayRequest{});
    source->reads_left = reads;
    size_t n = 0;
    auto frame = player.next();
    for (; frame && *frame; frame = player.next())
      n++;
    if (frame) {
      EXPECT_EQ(n, whole.size());
      break;
    }
    ASSERT_TRUE(frame.error().is_cancelled()) << frame.error().message;
    breaks++;
    interruption.clear(Interruption::flushing);
    const size_t target = std::min(n + 3, whole.size() - 2);
    PlayRequest request;
    request.start = {Kind::frame, int64_t(target)};
    player.request(request);
    for (size_t k = target; k < target + 2; k++) {
      frame = player.next();
      ASSERT_TRUE(frame) << frame.error().message << " after " << reads << " reads";
      ASSERT_TRUE(*frame);
      EXPECT_EQ((*frame)->number, int64_t(k));
      EXPECT_EQ(hash_of(**frame), hash_of(whole[k])) << k << " after " << reads << " reads";
    }
  }
  EXPECT_GE(breaks, 5);
}

TEST(FrameCache, never_holds_more_than_its_capacity) {
  const auto frames = Player("h264-b.mp4", 0).play(1.0);
  ASSERT_FALSE(frames.empty());
  const uint64_t one = bytes_of(frames[0]);
  const uint64_t capacity = 5 * one + one / 2;
  FrameCache cache;
  cache.set_capacity(capacity);
  std::mt19937 random(1);
  for (int i = 0; i < 1000; i++) {
    const DecodedFrame &frame = frames[random() % frames.size()];
    cache.put(frame.number, frame.picture.get(), int64_t(random() % frames.size()));
    EXPECT_LE(cache.size(), capacity);
  }
  EXPECT_EQ(cache.size(), 5 * one);
  cache.clear();
  EXPECT_EQ(cache.size(), 0u);
}

TEST(FrameCache, keeps_what_is_nearest_to_the_frame_wanted) {
  const auto frames = Player("h264-b.mp4", 0).play(1.0);
  ASSERT_GE(frames.size(), 20u);
  const uint64_t one = bytes_of(frames[0]);
  FrameCache cache;
  cache.set_capacity(5 * one);
  for (int64_t number = 0; number < 20; number++)
    cache.put(number, frames[size_t(number)].picture.get(), 19);
  for (int64_t number = 0; number < 20; number++)
    EXPECT_EQ(cache.get(number) != nullptr, number >= 15) << number;
}
