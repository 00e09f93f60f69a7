/* gst-framewise: tests of indexes of files that grow, and of indexes that are not complete yet.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "framereader.hpp"
#include "indexbench.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace framewise;
namespace files = std::filesystem;

namespace {

constexpr int frames = 2000;

/* Clips of many small frames, made once. */
class LongClips {
 public:
  std::string in(const std::string &format) {
    const std::string path = folder_.path() / ("long." + format);
    if (!files::exists(path))
      make(path);
    return path;
  }
  static LongClips &get() {
    static LongClips clips;
    return clips;
  }

 private:
  static void make(const std::string &path) {
    const std::string size = "testsrc=size=64x48:rate=25";
    const std::string count = std::to_string(frames);
    const char *arguments[] = {"ffmpeg",  "-v",         "error",      "-f",          "lavfi",
                               "-i",      size.c_str(), "-frames:v",  count.c_str(), "-c:v",
                               "libx264", "-preset",    "fast",       "-bf",         "2",
                               "-g",      "50",         path.c_str(), nullptr};
    int status = -1;
    EXPECT_TRUE(g_spawn_sync(nullptr, const_cast<char **>(arguments), nullptr, G_SPAWN_SEARCH_PATH,
                             nullptr, nullptr, nullptr, nullptr, &status, nullptr));
    EXPECT_EQ(status, 0);
  }
  Folder folder_;
};

class Growing : public testing::TestWithParam<const char *> {
 protected:
  Growing() : whole_(LongClips::get().in(GetParam())), clip_(folder_.path() / "clip") {}

  FrameIndex::Request request() const {
    auto request = request_for(clip_);
    request.prove_up_to = 0; /* else all is decoded anyhow */
    return request;
  }
  IndexPtr open() const {
    auto request = this->request();
    request.cache_folder = folder_.path() / "cache";
    return open_indexed(request);
  }
  /* The clip, which stays the same file, then has so many bytes of the whole. */
  void grow_to(uint64_t size) const {
    std::ifstream from(whole_, std::ios::binary);
    const uint64_t before = files::exists(clip_) ? files::file_size(clip_) : 0;
    std::string bytes(size - before, '\0');
    from.seekg(std::streamoff(before));
    from.read(bytes.data(), std::streamsize(bytes.size()));
    std::ofstream(clip_, std::ios::app | std::ios::binary) << bytes;
  }

  Folder folder_;
  const std::string whole_, clip_;
};
INSTANTIATE_TEST_SUITE_P(, Growing, testing::Values("ts", "mkv", "h264"),
                         [](const auto &format) { return std::string(format.param); });

bool is_extended(const FrameIndex &index) { return index.packets_read() < index.n_packets(); }

} // namespace

TEST_P(Growing, what_it_grew_by_is_added_as_if_all_were_indexed_anew) {
  const uint64_t size = files::file_size(whole_);
  int extended = 0;
  for (int part = 5; part <= 10; part++) {
    grow_to(size * uint64_t(part) / 10);
    auto grown = open();
    ASSERT_TRUE(grown);
    expect_same(*grown, *build(request()));
    extended += is_extended(*grown);
  }
  /* without timestamps all must be decoded */
  EXPECT_GE(extended, std::string(GetParam()) == "h264" ? 0 : 2);
  EXPECT_EQ(open()->n_frames(), frames);
}

TEST_P(Growing, with_its_beginning_changed_it_is_indexed_anew) {
  const uint64_t size = files::file_size(whole_);
  grow_to(size / 2);
  open();
  {
    std::fstream file(clip_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(std::streamoff(size / 4));
    file.put('\x5a');
  }
  grow_to(size);
  auto index = open();
  ASSERT_TRUE(index);
  EXPECT_FALSE(is_extended(*index) && index->means() == FrameIndex::Means::scan);
  expect_same(*index, *build(request()));
}

TEST_P(Growing, a_tail_of_something_else_makes_no_difference_to_a_new_index) {
  const uint64_t size = files::file_size(whole_);
  grow_to(size * 3 / 4);
  open();
  std::ofstream(clip_, std::ios::app | std::ios::binary) << std::string(100000, '\x47');
  expect_same(*open(), *build(request()));
}

/* ---- In part ----------------------------------------------------------------------------------
 */

namespace {

/* All parts that a build offers while somebody waits for ever later frames. */
std::vector<IndexPtr> parts_of(FrameIndex::Request request, IndexPtr &complete) {
  std::vector<IndexPtr> parts;
  int64_t wanted = 0;
  request.wanted = [&] { return wanted; };
  request.publish_part = [&](IndexPtr part) {
    EXPECT_TRUE(part->holds(wanted));
    wanted = part->n_frames();
    parts.push_back(std::move(part));
  };
  complete = build(request);
  return parts;
}

void expect_final(const FrameIndex &part, const FrameIndex &complete) {
  EXPECT_FALSE(part.is_complete());
  EXPECT_TRUE(complete.is_complete());
  ASSERT_LT(part.n_frames(), complete.n_frames());
  for (int64_t n = 0; n < part.n_frames(); n++) {
    const IndexedFrame a = part.frame(n), b = complete.frame(n);
    ASSERT_EQ(a.pts, b.pts) << n;
    ASSERT_EQ(a.time, b.time) << n;
    ASSERT_EQ(part.end(n), complete.end(n)) << n;
    ASSERT_EQ(a.packet, b.packet) << n;
    ASSERT_EQ(a.key, b.key) << n;
    ASSERT_EQ(a.picture_type, b.picture_type) << n;
  }
}

class Parts : public testing::TestWithParam<const char *> {};
INSTANTIATE_TEST_SUITE_P(, Parts, testing::Values("ts", "mkv", "mp4", "h264"),
                         [](const auto &format) { return std::string(format.param); });

} // namespace

TEST_P(Parts, what_is_offered_early_is_what_the_complete_index_has) {
  for (IndexMode mode : {IndexMode::automatic, IndexMode::verified}) {
    auto request = request_for(LongClips::get().in(GetParam()));
    request.prove_up_to = 0;
    request.mode = mode;
    IndexPtr complete;
    const auto parts = parts_of(request, complete);
    ASSERT_TRUE(complete);
    EXPECT_GE(parts.size(), 4u);
    for (const auto &part : parts) {
      expect_final(*part, *complete);
      EXPECT_TRUE(complete->continues(*part));
      EXPECT_FALSE(part->continues(*complete));
    }
  }
}

TEST_P(Parts, frames_are_read_by_a_part_as_by_the_complete_one) {
  auto request = request_for(LongClips::get().in(GetParam()));
  request.prove_up_to = 0;
  IndexPtr complete;
  const auto parts = parts_of(request, complete);
  ASSERT_TRUE(complete && !parts.empty());
  Interruption interruption;
  auto by_parts = FrameReader::open(request.reader, interruption);
  auto by_complete = FrameReader::open(request.reader, interruption);
  ASSERT_TRUE(by_parts && by_complete);
  (*by_complete)->use_index(complete);
  auto expect_same_frame = [&](int64_t number) {
    auto a = (*by_parts)->read(number), b = (*by_complete)->read(number);
    ASSERT_TRUE(a && b);
    EXPECT_EQ(FrameIndex::hash_of(a->picture.get()), FrameIndex::hash_of(b->picture.get()));
    EXPECT_EQ(a->time, b->time);
    EXPECT_EQ(a->duration, b->duration);
  };
  int64_t next = 0;
  for (const auto &part : parts) {
    (*by_parts)->use_index(part);
    for (; next < part->n_frames(); next++)
      expect_same_frame(next);
  }
  EXPECT_FALSE((*by_parts)->index_is_disproved());
  EXPECT_LE((*by_parts)->seeks(), 1); /* the later ones let the decoder go on */
  (*by_parts)->use_index(complete);
  for (int64_t number : {next, int64_t(frames - 1), int64_t(3), int64_t(frames / 2)})
    expect_same_frame(number);
}

TEST(WaitFor, short_streams_are_waited_for_until_they_are_complete) {
  Interruption interruption;
  FrameIndexer indexer(request_for(media("h264.ts")), [](const auto &) {});
  auto index = indexer.wait_for(3, interruption);
  ASSERT_TRUE(index);
  EXPECT_TRUE((*index)->is_complete());
}

TEST(WaitFor, a_frame_that_is_not_there_ends_with_the_complete_index) {
  Interruption interruption;
  auto request = request_for(LongClips::get().in("ts"));
  request.prove_up_to = 0;
  FrameIndexer indexer(request, [](const auto &) {});
  auto index = indexer.wait_for(frames, interruption);
  ASSERT_TRUE(index);
  EXPECT_TRUE((*index)->is_complete());
  EXPECT_EQ((*index)->n_frames(), frames);
}

/* The input stands still after a good part of it, as a slow one would. */
TEST(WaitFor, a_frame_of_the_beginning_is_there_before_the_input_has_come) {
  Interruption interruption;
  auto request = request_for(LongClips::get().in("ts"));
  request.prove_up_to = 0;
  std::mutex lock;
  std::condition_variable changed;
  bool may_end = false;
  request.progress = [&](int percent) {
    std::unique_lock held(lock);
    if (percent >= 60)
      changed.wait(held, [&] { return may_end; });
  };
  FrameIndexer indexer(request, [](const auto &) {});
  auto part = indexer.wait_for(20, interruption);
  ASSERT_TRUE(part);
  EXPECT_TRUE((*part)->holds(20));
  EXPECT_FALSE((*part)->is_complete());
  EXPECT_FALSE(indexer.current());
  {
    std::lock_guard held(lock);
    may_end = true;
  }
  changed.notify_all();
  auto complete = indexer.wait(interruption);
  ASSERT_TRUE(complete);
  EXPECT_TRUE((*complete)->is_complete() && (*complete)->continues(**part));
}

TEST(WaitFor, waiting_can_be_broken_off) {
  Interruption interruption;
  interruption.set(Interruption::flushing);
  auto request = request_for(LongClips::get().in("ts"));
  request.mode = IndexMode::verified;
  FrameIndexer indexer(request, [](const auto &) {});
  auto index = indexer.wait_for(frames - 1, interruption);
  EXPECT_TRUE(index || index.error().is_cancelled());
}
