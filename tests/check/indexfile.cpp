/* gst-framewise: tests of saved indexes, below any element.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "indexbench.hpp"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace framewise;
namespace files = std::filesystem;

namespace {

const char *const clips[] = {"h264-b.mp4", "hevc.mkv", "vfr.mkv", "h264.ts", "mpeg4-b.avi"};

class Clips : public testing::TestWithParam<const char *> {};
INSTANTIATE_TEST_SUITE_P(, Clips, testing::ValuesIn(clips), [](const auto &clip) {
  std::string name = clip.param;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return !isalnum(c); }, '_');
  return name;
});

std::vector<uint8_t> saved(const FrameIndex &index) {
  IndexOrigin origin = *index.origin();
  EXPECT_TRUE(add_cover(origin.fingerprint, origin.location, Cover::whole, {}));
  return to_index_file(index, origin);
}

/* From memory of the size of the file alone, so that a sanitizer sees what is read beyond. */
std::shared_ptr<FrameIndex> loaded(const std::vector<uint8_t> &bytes) {
  auto own = std::make_shared<std::vector<uint8_t>>(bytes);
  own->shrink_to_fit();
  auto index = from_index_file(own->data(), own->size(), own);
  return index ? *index : nullptr;
}

void fix_checksum(std::vector<uint8_t> &bytes) {
  const uint64_t sum = index_file::checksum_of(bytes.data(), bytes.size());
  memcpy(bytes.data() + index_file::checksum_begin, &sum, sizeof sum);
}

} // namespace

/* ---- The format -------------------------------------------------------------------------------
 */

TEST_P(Clips, what_was_saved_is_loaded_with_each_value_as_it_was) {
  for (IndexMode mode : {IndexMode::automatic, IndexMode::verified, IndexMode::constant_framerate})
    for (int64_t prove_up_to : {int64_t(0), int64_t(150'000'000)}) {
      auto request = request_for(media(GetParam()));
      request.mode = mode;
      request.prove_up_to = prove_up_to;
      auto index = build(request);
      ASSERT_TRUE(index && index->origin());
      auto again = loaded(saved(*index));
      ASSERT_TRUE(again);
      expect_same(*index, *again);
      EXPECT_EQ(again->origin()->key, index->origin()->key);
      EXPECT_EQ(again->origin()->location, index->origin()->location);
      EXPECT_EQ(again->origin()->fingerprint.state, index->origin()->fingerprint.state);
    }
}

TEST(IndexFile, cut_at_any_length_it_is_refused) {
  auto index = build(request_for(media("h264.ts")));
  ASSERT_TRUE(index);
  const std::vector<uint8_t> whole = saved(*index);
  ASSERT_TRUE(loaded(whole));
  for (size_t size = 0; size < whole.size(); size++)
    ASSERT_FALSE(loaded({whole.begin(), whole.begin() + ptrdiff_t(size)})) << size;
}

TEST(IndexFile, with_any_byte_changed_it_is_refused) {
  auto index = build(request_for(media("h264.ts")));
  ASSERT_TRUE(index);
  std::vector<uint8_t> bytes = saved(*index);
  for (size_t i = 0; i < bytes.size(); i++) {
    bytes[i] ^= 0x20;
    ASSERT_FALSE(loaded(bytes)) << i;
    bytes[i] ^= 0x20;
  }
  EXPECT_TRUE(loaded(bytes));
}

/* What an evil checksum hides must not lead readers out of the table. */
TEST(IndexFile, values_that_lie_are_refused_or_do_no_harm) {
  auto index = build(request_for(media("h264-b.mp4")));
  ASSERT_TRUE(index);
  const std::vector<uint8_t> whole = saved(*index);
  std::mt19937 random(1);
  int taken = 0, refused = 0;
  for (int round = 0; round < 20000; round++) {
    std::vector<uint8_t> bytes = whole;
    for (int n = 1 + int(random() % 3); n > 0; n--) {
      const uint8_t values[] = {0, 1, 0x7f, 0x80, 0xff, uint8_t(random())};
      const size_t range = random() % 2 ? bytes.size() : index_file::data_begin;
      bytes[random() % range] = values[random() % std::size(values)];
    }
    fix_checksum(bytes);
    if (auto lying = loaded(bytes)) {
      ask_everything(*lying);
      taken++;
    } else {
      refused++;
    }
  }
  EXPECT_GT(taken, 100);
  EXPECT_GT(refused, 100);
}

TEST(IndexFile, another_version_and_another_byte_order_are_refused) {
  auto index = build(request_for(media("h264.ts")));
  ASSERT_TRUE(index);
  for (size_t at :
       {offsetof(index_file::Header, byte_order), offsetof(index_file::Header, version)}) {
    std::vector<uint8_t> bytes = saved(*index);
    std::reverse(bytes.begin() + ptrdiff_t(at), bytes.begin() + ptrdiff_t(at) + 4);
    fix_checksum(bytes);
    EXPECT_FALSE(loaded(bytes));
  }
}

/* ---- The folder -------------------------------------------------------------------------------
 */

namespace {

/* A copy of a clip, a folder of saved indexes, and what changes them. */
class Cache : public testing::Test {
 protected:
  Cache() : clip_(folder_.path() / "clip.ts"), cache_(folder_.path() / "cache") {
    files::copy_file(media("h264.ts"), clip_);
    age(clip_);
  }

  FrameIndex::Request request() const {
    auto request = request_for(clip_);
    request.cache_folder = cache_;
    return request;
  }
  /* As when it is opened: looked up or made, and then saved. */
  IndexPtr open() const { return open_indexed(request()); }
  std::vector<files::path> saved_files() const {
    std::vector<files::path> paths;
    for (const auto &entry : files::directory_iterator(cache_))
      paths.push_back(entry.path());
    return paths;
  }
  void expect_hit() const { EXPECT_TRUE(open()->is_saved()); }
  void expect_made_anew() const {
    auto index = open();
    EXPECT_FALSE(index->is_saved());
    expect_same(*index, *build(request_for(clip_)));
    expect_hit();
  }
  void overwrite(uint64_t pos, char byte) const {
    std::fstream file(clip_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(std::streamoff(pos));
    file.put(byte);
  }

  Folder folder_;
  const std::string clip_, cache_;
};

} // namespace

TEST_F(Cache, the_second_time_the_saved_one_is_taken) {
  auto first = open();
  EXPECT_FALSE(first->is_saved());
  auto second = open();
  EXPECT_TRUE(second->is_saved());
  expect_same(*first, *second);
  EXPECT_EQ(saved_files().size(), 1u);
}

TEST_F(Cache, folder_and_file_are_for_the_user_only) {
  open();
  struct stat status;
  ASSERT_EQ(stat(cache_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700u);
  ASSERT_EQ(stat(saved_files().at(0).c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST_F(Cache, other_settings_have_another_index) {
  open();
  auto other = request();
  other.mode = IndexMode::verified;
  EXPECT_FALSE(open_indexed(other)->is_saved());
  other = request();
  other.reader.input.options.set("probesize", "100000");
  EXPECT_FALSE(open_indexed(other)->is_saved());
  other = request();
  other.reader.input.stream = "v:0";
  EXPECT_FALSE(open_indexed(other)->is_saved());
  EXPECT_EQ(saved_files().size(), 4u);
  expect_hit();
}

TEST_F(Cache, links_lead_to_the_same_index) {
  open();
  const std::string link = folder_.path() / "link.ts";
  files::create_symlink(clip_, link);
  auto by_link = request_for(link);
  by_link.cache_folder = cache_;
  EXPECT_TRUE(open_indexed(by_link)->is_saved());
}

TEST_F(Cache, a_change_in_the_middle_is_seen_though_size_and_mtime_stay) {
  open();
  const auto mtime = files::last_write_time(clip_);
  overwrite(files::file_size(clip_) / 2, '\x5a');
  files::last_write_time(clip_, mtime);
  EXPECT_FALSE(open()->is_saved());
}

TEST_F(Cache, a_byte_more_is_seen) {
  open();
  std::ofstream(clip_, std::ios::app | std::ios::binary).put('G');
  expect_made_anew();
}

TEST_F(Cache, a_file_cut_short_is_seen) {
  open();
  files::resize_file(clip_, files::file_size(clip_) / 188 / 2 * 188);
  expect_made_anew();
}

TEST_F(Cache, another_file_by_rename_is_seen) {
  open();
  const std::string other = folder_.path() / "other.ts";
  files::copy_file(clip_, other);
  files::rename(other, clip_);
  expect_made_anew();
}

TEST_F(Cache, a_touched_file_is_indexed_anew) {
  open();
  files::last_write_time(clip_, files::file_time_type::clock::now());
  expect_made_anew();
}

/* Within one tick of the clock of the file system nothing shows in the state. */
TEST_F(Cache, a_file_written_just_now_is_compared_whole) {
  auto print = take_fingerprint(clip_, {});
  ASSERT_TRUE(print && add_cover(*print, clip_, Cover::automatic, {}));
  EXPECT_TRUE(print->is_fresh()); /* its ctime cannot be set back */
  EXPECT_EQ(compare_file(*print, clip_, {}), FileChange::none);
  overwrite(5000, '\x5a');
  print->state = *FileState::of(clip_); /* as if nothing had shown */
  EXPECT_EQ(compare_file(*print, clip_, {}), FileChange::other);
  print->taken = print->state.ctime + 2'000'000'000; /* as if it had been old enough */
  print->state.mtime = print->state.ctime;
  FileFingerprint samples = *print;
  overwrite(0, '\x5a');
  samples.state = *FileState::of(clip_);
  samples.taken = samples.state.ctime + 2'000'000'000;
  EXPECT_EQ(compare_file(samples, clip_, {}), FileChange::other); /* the head is looked at */
}

TEST_F(Cache, a_file_too_big_to_compare_is_not_trusted_when_fresh) {
  auto print = take_fingerprint(clip_, {});
  ASSERT_TRUE(print);
  print->blocks.clear(); /* as of big ones */
  EXPECT_EQ(compare_file(*print, clip_, {}), FileChange::other);
}

TEST_F(Cache, what_is_no_index_is_replaced) {
  open();
  const auto path = saved_files().at(0);
  for (const char *content : {"", "not an index", "gstfwidx and nothing more"}) {
    std::ofstream(path, std::ios::trunc) << content;
    EXPECT_FALSE(open()->is_saved());
    expect_hit();
  }
  files::resize_file(path, files::file_size(path) / 2);
  EXPECT_FALSE(open()->is_saved());
  expect_hit();
}

TEST_F(Cache, an_index_of_something_else_in_its_place_is_replaced) {
  open();
  const auto path = saved_files().at(0);
  const std::string other = folder_.path() / "other.ts";
  files::copy_file(clip_, other);
  auto of_other = request_for(other);
  of_other.cache_folder = folder_.path() / "cache2";
  open_indexed(of_other);
  files::copy_file(files::directory_iterator(of_other.cache_folder)->path(), path,
                   files::copy_options::overwrite_existing);
  EXPECT_FALSE(open()->is_saved());
  expect_hit();
}

TEST_F(Cache, a_disproved_scan_is_not_taken_from_the_cache) {
  open();
  auto distrusting = request();
  distrusting.trust_scan = false;
  EXPECT_FALSE(open_indexed(distrusting)->is_saved());
  EXPECT_TRUE(open_indexed(distrusting)->is_saved());
  auto index = open();
  EXPECT_TRUE(index->is_saved());
  EXPECT_FALSE(index->distrust().empty());
}

TEST_F(Cache, without_a_folder_that_can_be_made_there_is_an_index_all_the_same) {
  auto request = this->request();
  request.cache_folder = "/dev/null/none";
  EXPECT_TRUE(open_indexed(request));
  EXPECT_FALSE(open_indexed(request)->is_saved());
  request.cache_folder = clip_; /* a file */
  EXPECT_TRUE(open_indexed(request));
}

TEST_F(Cache, lists_and_patterns_are_indexed_but_not_saved) {
  const std::string list = folder_.path() / "list.ffconcat";
  std::ofstream(list) << "ffconcat version 1.0\nfile clip.ts\nfile clip.ts\n";
  auto request = request_for(list);
  request.cache_folder = cache_;
  auto index = open_indexed(request);
  ASSERT_TRUE(index);
  EXPECT_FALSE(index->origin());
  EXPECT_FALSE(files::exists(cache_));
}

/* Bytes and streams have a name for messages only. */
TEST_F(Cache, what_is_no_file_is_not_taken_for_the_file_of_that_name) {
  gchar *data;
  gsize size;
  ASSERT_TRUE(g_file_get_contents(media("exact-hevc-open-gop.mkv").c_str(), &data, &size, nullptr));
  GBytes *bytes = g_bytes_new_take(data, size);
  auto of_bytes = request();
  of_bytes.reader.input.source = framewise::ByteSource::of_bytes(bytes);
  g_bytes_unref(bytes);
  const auto clip = build(request());
  const auto memory = open_indexed(of_bytes);
  ASSERT_TRUE(clip && memory);
  ASSERT_NE(clip->n_frames(), memory->n_frames());
  EXPECT_FALSE(memory->origin());
  EXPECT_FALSE(files::exists(cache_)) << "nothing is saved of it";
  EXPECT_EQ(open_indexed(request())->n_frames(), clip->n_frames());
  ASSERT_TRUE(files::exists(cache_));
  EXPECT_EQ(open_indexed(of_bytes)->n_frames(), memory->n_frames()) << "nor taken for it";
}

TEST_F(Cache, the_oldest_go_where_there_are_too_many) {
  auto index = open();
  const IndexCache cache(cache_, 3 * files::file_size(saved_files().at(0)) + 100);
  files::remove(saved_files().at(0));
  IndexOrigin origin = *index->origin();
  std::vector<std::string> paths;
  for (int i = 0; i < 5; i++) {
    origin.key = "key " + std::to_string(i);
    FrameIndex copy = *index;
    copy.set_origin(std::make_shared<IndexOrigin>(origin));
    cache.store(copy, {});
    paths.push_back(cache.path_of(origin.key));
    const auto used = files::file_time_type::clock::now() - std::chrono::hours(10 - i);
    files::last_write_time(paths.back(), used);
  }
  EXPECT_FALSE(files::exists(paths[0]));
  EXPECT_TRUE(files::exists(paths[2]) && files::exists(paths[3]) && files::exists(paths[4]));
  /* used, it is not the oldest */
  EXPECT_TRUE(cache.look_up("key 2", clip_, {}).index);
  origin.key = "key 5";
  FrameIndex copy = *index;
  copy.set_origin(std::make_shared<IndexOrigin>(origin));
  cache.store(copy, {});
  EXPECT_TRUE(files::exists(paths[2]));
  EXPECT_FALSE(files::exists(paths[3]));
}

TEST_F(Cache, what_a_killed_writer_leaves_is_swept_when_it_is_old) {
  open();
  const std::string path = saved_files().at(0);
  const std::string left = path + ".tmp-abcdef", new_one = path + ".tmp-ghijkl";
  std::ofstream(left) << "half";
  std::ofstream(new_one) << "half";
  files::last_write_time(left, files::file_time_type::clock::now() - std::chrono::hours(2));
  expect_hit();
  files::remove(path);
  open();
  EXPECT_FALSE(files::exists(left));
  EXPECT_TRUE(files::exists(new_one));
}

TEST_F(Cache, writers_killed_at_any_moment_leave_no_broken_index) {
  auto index = open();
  const IndexCache cache(cache_);
  std::mt19937 random(1);
  for (int round = 0; round < 30; round++) {
    std::vector<pid_t> writers;
    for (int i = 0; i < 2; i++) {
      const pid_t writer = fork();
      if (writer == 0)
        for (;;)
          cache.store(*index, {});
      writers.push_back(writer);
    }
    usleep(unsigned(random() % 4000));
    for (pid_t writer : writers) {
      kill(writer, SIGKILL);
      waitpid(writer, nullptr, 0);
    }
    auto after = map_index_file(cache.path_of(index->origin()->key));
    ASSERT_TRUE(after.has_value()) << after.error();
    ASSERT_TRUE(*after);
    expect_same(*index, **after);
  }
  expect_hit();
}
