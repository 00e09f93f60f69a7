/* gst-framewise: tests of reading filtered frames in any order, against one run through the
 * filters.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "filteredvideobench.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <random>
#include <set>

using namespace filteredvideobench;

namespace {

constexpr uint64_t plenty = 256 << 20;

std::vector<int64_t> ascending(int64_t count) {
  std::vector<int64_t> numbers(static_cast<size_t>(count));
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

std::vector<int64_t> backwards(int64_t count) {
  auto numbers = ascending(count);
  std::reverse(numbers.begin(), numbers.end());
  return numbers;
}

/* Every frame, and some of them twice. */
std::vector<int64_t> at_random(int64_t count, unsigned seed) {
  std::mt19937 random(seed);
  auto numbers = ascending(count);
  for (int64_t i = 0; i < count / 3; i++)
    numbers.push_back(int64_t(random() % uint64_t(count)));
  std::shuffle(numbers.begin(), numbers.end(), random);
  return numbers;
}

void expect_frames(const std::vector<Shown> &expected, FilteredVideo &video,
                   const std::vector<int64_t> &order, const std::string &what) {
  for (int64_t number : order) {
    auto frame = video.read(number);
    ASSERT_TRUE(frame) << what << ": frame " << number << ": " << frame.error().message;
    ASSERT_EQ(frame->number, number) << what;
    const std::string difference = compare(expected[size_t(number)], shown(*frame));
    ASSERT_EQ(difference, "") << what << ": frame " << number;
  }
}

void expect_all_orders(const Filters &filters, const char *clip, int64_t limit) {
  const std::string what = std::string(filters.text) + " on " + clip;
  ClipSource source(clip, limit);
  const auto expected = frames_of_one_run(filters, source);
  if (!expected) {
    auto video = filters.open(source, 0);
    ASSERT_TRUE(!video || !(*video)->read(0)) << what << ": one run fails";
    return;
  }
  const int64_t count = int64_t(expected->size());
  {
    auto video = filters.open(source, 0);
    ASSERT_TRUE(video) << what << ": " << video.error().message;
    expect_frames(*expected, **video, ascending(count), what + ", forwards");
    EXPECT_FALSE(*(*video)->holds(count)) << what;
    EXPECT_FALSE((*video)->read(count)) << what;
    EXPECT_EQ((*video)->n_frames().value_or(-1), count) << what;
    EXPECT_EQ((*video)->statistics().graphs, source.sections()) << what << " read forwards";
    expect_frames(*expected, **video, backwards(count), what + ", backwards without a cache");
  }
  if (testing::Test::HasFatalFailure())
    return;
  {
    auto video = filters.open(source, 0);
    ASSERT_TRUE(video) << what << ": " << video.error().message;
    expect_frames(*expected, **video, at_random(count, 1), what + ", at random without a cache");
  }
  if (testing::Test::HasFatalFailure())
    return;
  const uint64_t some = count > 0 ? 5 * bytes_of(**filters.open(source, 0)) : 0;
  for (uint64_t cache_size : {plenty, some}) {
    auto video = filters.open(source, cache_size);
    ASSERT_TRUE(video) << what << ": " << video.error().message;
    EXPECT_EQ((*video)->n_frames().value_or(-1), count) << what;
    expect_frames(*expected, **video, at_random(count, 2), what + ", at random with a cache");
    if (testing::Test::HasFatalFailure())
      return;
    expect_frames(*expected, **video, backwards(count), what + ", backwards with a cache");
    if (testing::Test::HasFatalFailure())
      return;
  }
}

/* Progressive with B frames, interlaced, of variable rate, with open GOPs, of odd size. */
const char *const clips[] = {"h264-b.mp4", "mpeg2-interlaced.ts", "vfr.mkv", "h264-open-gop.mp4",
                             "h264-odd.mkv"};

std::string name_of_row(const testing::TestParamInfo<size_t> &info) {
  return "row_" + std::to_string(info.param);
}

class Table : public testing::TestWithParam<size_t> {};
INSTANTIATE_TEST_SUITE_P(, Table, testing::Range<size_t>(0, all_filters().size()), name_of_row);

} // namespace

/* ---- Every kind of filter ---------------------------------------------------------------------
 */

TEST_P(Table, comes_in_any_order_as_in_one_run) {
  const Filters &filters = all_filters()[GetParam()];
  const bool is_known = filters.reach().kind != FilterReach::Kind::unknown;
  for (const char *clip : clips) {
    const bool is_enough = !is_known && !filters.thoroughly && clip != clips[GetParam() % 5];
    if (is_enough)
      continue;
    expect_all_orders(filters, clip, filters.thoroughly ? 22 : 9);
    if (HasFatalFailure())
      return;
  }
}

TEST(FilterReach, every_name_it_knows_is_in_the_table) {
  std::set<std::string> own_frame, window;
  for (const Filters &filters : all_filters()) {
    const FilterReach reach = filters.reach();
    for (const std::string &name : filters.names()) {
      if (reach.kind == FilterReach::Kind::own_frame)
        own_frame.insert(name);
      if (reach.kind == FilterReach::Kind::window)
        window.insert(name);
    }
  }
  for (const std::string &name : filters_of_own_frame())
    EXPECT_TRUE(own_frame.count(name)) << name;
  for (const std::string &name : filters_of_window())
    EXPECT_TRUE(window.count(name)) << name;
}
