/* gst-framewise: tests of reading filtered frames in any order, against one run through the
 * filters.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "filteredvideobench.hpp"

#include <glib/gstdio.h>
#include <gtest/gtest.h>

extern "C" {
#include <libavutil/imgutils.h>
}

#include <unistd.h>

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

/* Of filters whose pixels differ from run to run, in the ffmpeg command as well: they are as many,
 * at the same times, and the same when they are kept. */
void expect_all_but_pixels(const std::vector<Shown> &expected, const Filters &filters,
                           FrameSource &source, const std::string &what) {
  const auto count = int64_t(expected.size());
  auto video = filters.open(source, plenty);
  ASSERT_TRUE(video) << what << ": " << video.error().message;
  std::vector<uint64_t> hashes;
  for (int64_t number : ascending(count)) {
    auto frame = (*video)->read(number);
    ASSERT_TRUE(frame) << what << ": " << frame.error().message;
    Shown came = shown(*frame);
    hashes.push_back(came.hash);
    came.hash = expected[size_t(number)].hash;
    ASSERT_EQ(compare(expected[size_t(number)], came), "") << what << ": frame " << number;
  }
  EXPECT_EQ((*video)->n_frames().value_or(-1), count) << what;
  for (int64_t number : at_random(count, 1)) {
    auto frame = (*video)->read(number);
    ASSERT_TRUE(frame) << what << ": " << frame.error().message;
    ASSERT_EQ(shown(*frame).hash, hashes[size_t(number)]) << what << ": frame " << number;
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
  if (filters.is_any("pp"))
    return expect_all_but_pixels(*expected, filters, source, what);
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
    expect_all_orders(filters, clip, filters.thoroughly ? 18 : 8);
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

/* ---- Beside that ------------------------------------------------------------------------------
 */

namespace {

constexpr const char *changing_clip = "size-change.ts"; /* twice */

Filters sequence(const char *text) {
  Filters filters;
  filters.text = text;
  return filters;
}

int64_t inputs_for_one(const char *text, int64_t number) {
  ClipSource source("h264-b.mp4");
  auto video = sequence(text).open(source, 0);
  EXPECT_TRUE(video && (*video)->read(number)) << text;
  return (*video)->statistics().inputs;
}

/* MD5s of the frames that the ffmpeg command makes of a clip. */
std::vector<std::string> md5s_of_ffmpeg(const char *clip, const char *filters) {
  const std::string location = std::string(g_getenv("FRAMEWISE_TEST_MEDIA")) + "/" + clip;
  const char *arguments[] = {"ffmpeg",   "-v",        "error",          "-filter_threads",
                             "1",        "-i",        location.c_str(), "-map",
                             "0:V:0",    "-vf",       filters,          "-autoscale",
                             "0",        "-fps_mode", "passthrough",    "-c:v",
                             "rawvideo", "-f",        "framemd5",       "-",
                             nullptr};
  char *out = nullptr;
  std::vector<std::string> md5s;
  if (!g_spawn_sync(nullptr, const_cast<char **>(arguments), nullptr, G_SPAWN_SEARCH_PATH, nullptr,
                    nullptr, &out, nullptr, nullptr, nullptr))
    return md5s;
  char **lines = g_strsplit(out, "\n", -1);
  for (int i = 0; lines[i]; i++)
    if (const char *last = strrchr(lines[i], ','); last && lines[i][0] != '#')
      md5s.push_back(g_strstrip(const_cast<char *>(last + 1)));
  g_strfreev(lines);
  g_free(out);
  return md5s;
}

std::string md5_of(const AVFrame *frame) {
  const auto format = AVPixelFormat(frame->format);
  const int size = av_image_get_buffer_size(format, frame->width, frame->height, 1);
  std::vector<uint8_t> bytes(static_cast<size_t>(size));
  av_image_copy_to_buffer(bytes.data(), size, frame->data, frame->linesize, format, frame->width,
                          frame->height, 1);
  CString md5(g_compute_checksum_for_data(G_CHECKSUM_MD5, bytes.data(), bytes.size()));
  return md5.get();
}

} // namespace

TEST(FilteredVideo, filters_of_one_frame_get_only_that) {
  for (const char *text : {"hflip,scale=80:60", "crop=w=80:h=60:x='20*t'", "eq=contrast=1.2"})
    EXPECT_EQ(inputs_for_one(text, 17), 1) << text;
}

TEST(FilteredVideo, filters_of_a_few_frames_get_only_those) {
  EXPECT_EQ(inputs_for_one("yadif", 17), 3);
  EXPECT_LE(inputs_for_one("yadif=1", 35), 4);
  EXPECT_EQ(inputs_for_one("tmix=frames=4,hflip", 17), 4);
  EXPECT_LE(inputs_for_one("atadenoise=s=5", 17), 7);
}

TEST(FilteredVideo, at_random_no_graph_is_begun_for_filters_of_one_frame) {
  ClipSource source("h264-b.mp4");
  auto video = sequence("vflip,negate").open(source, 0);
  ASSERT_TRUE(video);
  for (int64_t number : at_random(30, 5))
    ASSERT_TRUE((*video)->read(number));
  EXPECT_EQ((*video)->statistics().graphs, 1);
}

TEST(FilteredVideo, a_little_forwards_no_graph_is_begun) {
  for (const char *text : {"fps=50", "hqdn3d", "yadif=1", "tmix", "reverse"}) {
    ClipSource source("h264-b.mp4");
    auto video = sequence(text).open(source, 0);
    ASSERT_TRUE(video);
    for (int64_t number : {0, 1, 3, 4, 6, 7, 8, 10, 12})
      ASSERT_TRUE((*video)->read(number)) << text;
    EXPECT_EQ((*video)->statistics().graphs, 1) << text;
  }
}

TEST(FilteredVideo, what_is_kept_is_not_filtered_again) {
  ClipSource source("h264-b.mp4");
  for (const char *text : {"hflip", "tmix", "hqdn3d"}) {
    auto video = sequence(text).open(source, plenty);
    ASSERT_TRUE(video);
    for (int64_t number : ascending(20))
      ASSERT_TRUE((*video)->read(number));
    const int64_t inputs = (*video)->statistics().inputs;
    for (int64_t number : at_random(20, 1))
      ASSERT_TRUE((*video)->read(number));
    EXPECT_EQ((*video)->statistics().inputs, inputs) << text;
  }
}

TEST(FilteredVideo, goes_on_after_being_broken_off) {
  for (const char *text :
       {"hflip", "yadif=1", "tmix=5", "hqdn3d", "fps=50", "reverse", "select='not(mod(n,3))'"}) {
    ClipSource source("h264-b.mp4");
    const auto expected = frames_of_one_run(sequence(text), source);
    ASSERT_TRUE(expected);
    auto video = sequence(text).open(source, 0);
    ASSERT_TRUE(video);
    int64_t broken = 0;
    for (int64_t number : at_random(int64_t(expected->size()), 7)) {
      source.cancel(1 + number % 5);
      auto frame = (*video)->read(number);
      while (!frame && frame.error().is_cancelled() && broken < 10000) {
        broken++;
        source.cancel(1 + broken % 3);
        frame = (*video)->read(number);
        if (!frame) {
          source.cancel(-1);
          frame = (*video)->read(number);
        }
      }
      source.cancel(-1);
      ASSERT_TRUE(frame) << text << ": " << frame.error().message;
      ASSERT_EQ(compare((*expected)[size_t(number)], shown(*frame)), "") << text << " " << number;
    }
    EXPECT_GT(broken, 0) << text;
  }
}

TEST(FilteredVideo, goes_on_with_frames_of_another_size) {
  for (const char *text : {"hflip", "scale=80:60", "yadif", "tmix=5", "reverse", "hqdn3d", "fps=50",
                           "tpad=stop=3:stop_mode=clone", "setpts=2*PTS", "framestep=3"}) {
    expect_all_orders(sequence(text), changing_clip, INT64_MAX);
    if (HasFatalFailure())
      return;
  }
}

TEST(FilteredVideo, filters_without_end_are_read_but_not_counted) {
  for (const char *text : {"loop=-1:5:3", "tpad=stop=-1:stop_mode=clone"}) {
    ClipSource source("h264-b.mp4");
    auto video = sequence(text).open(source, 0);
    ASSERT_TRUE(video);
    auto far = (*video)->read(500);
    ASSERT_TRUE(far) << text;
    ASSERT_TRUE((*video)->read(7));
    auto again = (*video)->read(500);
    ASSERT_TRUE(again) << text;
    EXPECT_EQ(compare(shown(*far), shown(*again)), "");
    auto count = (*video)->n_frames();
    ASSERT_FALSE(count);
    EXPECT_NE(count.error().message.find("never end"), std::string::npos);
  }
  ClipSource source("h264-b.mp4");
  Filters beside;
  beside.is_graph = true;
  beside.text = "color=s=160x120:r=25[c];[c][video_in]overlay[video_out]";
  auto over = beside.open(source, 0);
  ASSERT_TRUE(over && (*over)->read(50));
  EXPECT_FALSE((*over)->n_frames());
  auto video = sequence("loop=-1:5:3,trim=end_frame=100").open(source, 0);
  ASSERT_TRUE(video);
  EXPECT_EQ((*video)->n_frames().value_or(-1), 100);
}

TEST(FilteredVideo, errors_of_filters_are_told) {
  ClipSource source("h264-b.mp4");
  EXPECT_FALSE(sequence("scale=w=nonsense:eval=never").open(source, 0));
  auto video = sequence("crop=1000:1000").open(source, 0);
  ASSERT_TRUE(video);
  for (int i = 0; i < 2; i++) {
    auto frame = (*video)->read(3);
    ASSERT_FALSE(frame);
    EXPECT_NE(frame.error().message.find("crop"), std::string::npos);
  }
}

TEST(FilteredVideo, filters_that_write_files_run_once) {
  CString file(g_strdup_printf("%s/filteredvideo-%d.log", g_get_tmp_dir(), int(getpid())));
  ClipSource source("h264-b.mp4");
  auto video = sequence((std::string("signalstats,metadata=print:file=") + file.get()).c_str())
                   .open(source, 0);
  ASSERT_TRUE(video);
  ASSERT_TRUE((*video)->read(0));
  ASSERT_TRUE((*video)->read(10));
  auto gone = (*video)->read(3);
  ASSERT_FALSE(gone);
  EXPECT_NE(gone.error().message.find("run but once"), std::string::npos);
  EXPECT_TRUE((*video)->read(11));
  EXPECT_EQ((*video)->statistics().graphs, 1);
  g_unlink(file.get());
}

TEST(FilteredVideo, filters_that_draw_lots_draw_the_same_again) {
  for (const char *text : {"random=frames=5", "shufflepixels", "elbg=4"}) {
    expect_all_orders(sequence(text), "h264-b.mp4", 10);
    if (HasFatalFailure())
      return;
  }
}

TEST(FilteredVideo, gives_what_the_ffmpeg_command_does) {
  for (const char *clip : {"h264-b.mp4", "vfr.mkv"})
    for (const char *text : {"hflip", "scale=80:60", "yadif=1", "tmix=5", "fps=50", "fps=10",
                             "reverse", "select='not(mod(n,3))'", "framestep=4", "thumbnail=5",
                             "hqdn3d", "minterpolate=fps=50:mi_mode=blend", "loop=2:5:3",
                             "trim=start=0.2:end=0.9", "atadenoise", "decimate", "tile=2x2"}) {
      Filters filters = sequence(text);
      filters.threads = 1;
      const auto expected = md5s_of_ffmpeg(clip, text);
      ASSERT_FALSE(expected.empty());
      ClipSource source(clip);
      auto video = filters.open(source, plenty);
      ASSERT_TRUE(video);
      EXPECT_EQ((*video)->n_frames().value_or(-1), int64_t(expected.size())) << clip << text;
      for (int64_t number : at_random(int64_t(expected.size()), 3)) {
        auto frame = (*video)->read(number);
        ASSERT_TRUE(frame);
        ASSERT_EQ(md5_of(frame->picture.get()), expected[size_t(number)])
            << text << " on " << clip << ": frame " << number;
      }
    }
}
