/* gst-framewise: what tests of indexes share.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "frameindexer.hpp"
#include "indexcache.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>

using IndexPtr = framewise::FrameIndexer::IndexPtr;

inline std::string media(const std::string &clip) {
  static const bool initialized = [] {
    gst_init(nullptr, nullptr);
    return true;
  }();
  (void)initialized;
  return std::string(g_getenv("FRAMEWISE_TEST_MEDIA")) + "/" + clip;
}

inline framewise::FrameIndex::Request request_for(const std::string &location) {
  framewise::FrameIndex::Request request;
  request.reader.input.location = location;
  return request;
}

inline IndexPtr build(const framewise::FrameIndex::Request &request) {
  framewise::Interruption interruption;
  auto index = framewise::FrameIndex::build(request, interruption);
  if (!index)
    ADD_FAILURE() << index.error().message;
  return index ? *index : nullptr;
}

/* As an indexer does it, saving included. */
inline IndexPtr open_indexed(const framewise::FrameIndex::Request &request) {
  framewise::Interruption interruption;
  IndexPtr index;
  framewise::FrameIndexer indexer(request, [](const auto &) {});
  if (auto made = indexer.wait(interruption))
    index = *made;
  indexer.wait_until_saved();
  return index;
}

/* Its mtime; nobody can set a ctime. */
inline void age(const std::string &path) {
  std::filesystem::last_write_time(path, std::filesystem::file_time_type::clock::now() -
                                             std::chrono::hours(1));
}

/* A folder of its own, deleted in the end. */
class Folder {
 public:
  Folder() {
    std::string path = std::filesystem::temp_directory_path() / "fwindex-XXXXXX";
    path_ = g_mkdtemp(path.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  const std::filesystem::path &path() const { return path_; }

 private:
  std::filesystem::path path_;
};

template <typename T> void expect_same_values(std::span<const T> a, std::span<const T> b) {
  EXPECT_TRUE(std::ranges::equal(a, b));
}

inline void expect_same(const framewise::FrameIndex &a, const framewise::FrameIndex &b) {
  EXPECT_EQ(a.means(), b.means());
  EXPECT_EQ(a.is_exact(), b.is_exact());
  EXPECT_EQ(a.wants_one_thread(), b.wants_one_thread());
  EXPECT_EQ(a.is_constant_framerate(), b.is_constant_framerate());
  EXPECT_EQ(a.counts_only(), b.counts_only());
  EXPECT_EQ(a.distrust(), b.distrust());
  ASSERT_EQ(a.n_frames(), b.n_frames());
  EXPECT_EQ(a.end_time(), b.end_time());
  ASSERT_EQ(a.n_packets(), b.n_packets());
  const auto of_a = a.table().columns(), of_b = b.table().columns();
  [&]<size_t... i>(std::index_sequence<i...>) {
    (expect_same_values(std::get<i>(of_a), std::get<i>(of_b)), ...);
  }
  (std::make_index_sequence<framewise::IndexView::n_columns>());
  EXPECT_TRUE(std::ranges::equal(a.seek_table().first_good, b.seek_table().first_good));
  EXPECT_TRUE(std::ranges::equal(a.seek_table().packet_of, b.seek_table().packet_of));
  const int64_t last = a.n_frames() - 1;
  for (int64_t n = 0; n <= std::min<int64_t>(last, 1000); n++) {
    ASSERT_EQ(a.time(n), b.time(n));
    ASSERT_EQ(a.end(n), b.end(n));
    ASSERT_EQ(a.is_key_frame(n), b.is_key_frame(n));
  }
}

/* Whatever a reader or a player might. */
inline void ask_everything(const framewise::FrameIndex &index) {
  volatile int64_t sink = 0;
  const int64_t n = index.n_frames();
  for (int64_t number : {int64_t(0), int64_t(1), n / 2, n - 2, n - 1}) {
    if (!index.holds(number))
      continue;
    sink = index.time(number) + index.key_frame_from(number) + index.key_frame_until(number);
    sink = index.end(number) - index.time(number);
    sink = index.frame(number).pts + index.is_key_frame(number);
    if (index.means() == framewise::FrameIndex::Means::hashes)
      sink = int64_t(index.hash(number));
  }
  const auto &table = index.seek_table();
  if (index.means() != framewise::FrameIndex::Means::rate)
    for (int64_t number = 0; number < n; number++) {
      const int32_t begin = framewise::best_begin(table, int32_t(number));
      sink = index.packet(begin).pos + framewise::earlier_begin(table, begin);
      sink = index.packet(index.frame(number).packet).pts;
    }
  for (int32_t i = 0; i < index.n_packets(); i++) {
    framewise::PacketPtr packet = framewise::new_packet();
    const auto entry = index.packet(i);
    packet->pts = entry.pts;
    packet->dts = entry.dts;
    packet->pos = entry.pos;
    packet->size = entry.size;
    const int32_t found = index.find(packet.get());
    ASSERT_LT(found, index.n_packets());
    for (int nth : {0, 1, 2}) {
      const int64_t frame = index.frame_from(i, nth);
      ASSERT_TRUE(frame == -1 || index.holds(frame));
    }
    packet->size = 0;
  }
  for (int64_t time : {int64_t(-1), int64_t(0), index.end_time() / 2, index.end_time(),
                       std::numeric_limits<int64_t>::max()})
    sink = index.frame_at(time);
  (void)sink;
}
