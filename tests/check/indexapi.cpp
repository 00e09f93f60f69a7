/* gst-framewise: tests of gst_framewise_index_save() and gst_framewise_index_load().
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "indexbench.hpp"

#include <gst/framewise/framewise.h>

namespace files = std::filesystem;

namespace {

class SavedByHand : public testing::Test {
 protected:
  SavedByHand() : clip_(folder_.path() / "clip.mkv"), file_(folder_.path() / "clip.fwindex") {
    files::copy_file(media("hevc.mkv"), clip_);
    index_ = gst_framewise_index_new(clip_.c_str(), nullptr, GST_FRAMEWISE_INDEX_MODE_AUTO, nullptr,
                                     nullptr, nullptr, nullptr);
  }
  ~SavedByHand() override { gst_framewise_index_unref(index_); }

  void save() {
    g_autoptr(GError) error = nullptr;
    ASSERT_TRUE(gst_framewise_index_save(index_, file_.c_str(), &error)) << error->message;
  }
  void expect_loaded(const char *uri) {
    g_autoptr(GError) error = nullptr;
    g_autoptr(GstFramewiseIndex) index = gst_framewise_index_load(file_.c_str(), uri, &error);
    ASSERT_TRUE(index) << error->message;
    EXPECT_EQ(gst_framewise_index_get_n_frames(index), gst_framewise_index_get_n_frames(index_));
    for (gint64 n = 0; n < gst_framewise_index_get_n_frames(index); n++)
      EXPECT_EQ(gst_framewise_index_frame_to_time(index, n),
                gst_framewise_index_frame_to_time(index_, n));
  }
  void expect_refused(const char *uri, GQuark domain, int code) {
    g_autoptr(GError) error = nullptr;
    GstFramewiseIndex *index = gst_framewise_index_load(file_.c_str(), uri, &error);
    EXPECT_FALSE(index);
    ASSERT_TRUE(error);
    EXPECT_TRUE(g_error_matches(error, domain, code)) << error->message;
  }

  Folder folder_;
  const std::string clip_, file_;
  GstFramewiseIndex *index_;
};

} // namespace

TEST_F(SavedByHand, it_is_loaded_as_it_was) {
  save();
  expect_loaded(nullptr);
  expect_loaded(clip_.c_str());
  expect_loaded(("file:" + clip_).c_str());
}

TEST_F(SavedByHand, a_loaded_one_can_be_saved_again) {
  save();
  g_autoptr(GstFramewiseIndex) index = gst_framewise_index_load(file_.c_str(), nullptr, nullptr);
  ASSERT_TRUE(index);
  files::remove(file_);
  EXPECT_TRUE(gst_framewise_index_save(index, file_.c_str(), nullptr));
  expect_loaded(nullptr);
}

TEST_F(SavedByHand, it_holds_for_a_copy_elsewhere) {
  save();
  const std::string copy = folder_.path() / "copy.mkv";
  files::copy_file(clip_, copy);
  files::remove(clip_);
  expect_loaded(copy.c_str());
  expect_refused(nullptr, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND);
}

TEST_F(SavedByHand, it_does_not_hold_for_what_has_changed) {
  save();
  const auto mtime = files::last_write_time(clip_);
  {
    std::fstream file(clip_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(std::streamoff(files::file_size(clip_) / 2));
    file.put('\x5a');
  }
  files::last_write_time(clip_, mtime);
  expect_refused(nullptr, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT);
  expect_refused(media("vfr.mkv").c_str(), GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT);
}

TEST_F(SavedByHand, what_is_no_index_says_so) {
  expect_refused(nullptr, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND);
  std::ofstream(file_) << "something else";
  expect_refused(nullptr, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_READ);
}

TEST_F(SavedByHand, an_index_of_a_file_that_has_changed_is_not_saved) {
  std::ofstream(clip_, std::ios::app | std::ios::binary).put('x');
  g_autoptr(GError) error = nullptr;
  EXPECT_FALSE(gst_framewise_index_save(index_, file_.c_str(), &error));
  EXPECT_TRUE(g_error_matches(error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_READ));
  EXPECT_FALSE(files::exists(file_));
}

TEST_F(SavedByHand, where_nothing_can_be_written_it_says_so) {
  g_autoptr(GError) error = nullptr;
  EXPECT_FALSE(gst_framewise_index_save(index_, "/dev/null/none", &error));
  EXPECT_TRUE(g_error_matches(error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_WRITE));
}
