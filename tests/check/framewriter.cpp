/* gst-framewise: the writer without a pipeline.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "framewriter.hpp"
#include "framebridge.hpp"
#include "framepool.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

using namespace framewise;
namespace fs = std::filesystem;

namespace {

constexpr int64_t ms = 1000000;

VideoParams yuv420p(int width, int height) {
  VideoParams params;
  params.format = AV_PIX_FMT_YUV420P;
  params.width = width;
  params.height = height;
  params.framerate = {25, 1};
  return params;
}

StreamTiming timing_of(const VideoParams &params, FrameTime first = {0, 40 * ms}) {
  StreamTiming timing;
  timing.framerate = params.framerate;
  timing.first = first;
  return timing;
}

FramePtr grey_frame(const VideoParams &params) {
  FramePtr frame = new_frame();
  describe_frame(frame.get(), params);
  if (av_frame_get_buffer(frame.get(), 0) < 0)
    return nullptr;
  for (int i = 0; i < 3; i++)
    memset(frame->data[i], 128,
           size_t(frame->linesize[i]) * (i ? params.height / 2 : params.height));
  return frame;
}

class FrameWriterTest : public testing::Test {
 protected:
  FrameWriterTest() {
    char *made = g_dir_make_tmp("framewriter-XXXXXX", nullptr);
    folder = made;
    g_free(made);
  }
  ~FrameWriterTest() override { fs::remove_all(folder); }

  std::unique_ptr<FrameWriter> open(const std::string &location, const char *codec = "mpeg4",
                                    const char *container = "") {
    FrameWriterSettings settings;
    settings.location = location;
    settings.codec = codec;
    settings.container = container;
    auto writer = FrameWriter::open(settings);
    if (!writer) {
      ADD_FAILURE() << writer.error().message;
      return nullptr;
    }
    return std::move(*writer);
  }

  fs::path folder;
};

/* ---- Clock ------------------------------------------------------------------------------------
 */

TEST(FrameClock, CountsFramesWhereTheRateIsConstant) {
  FrameClock clock({{30000, 1001}, {0, 33366666}, {}}, {});
  EXPECT_EQ(av_cmp_q(clock.time_base(), {1001, 30000}), 0);
  for (int64_t i = 0; i < 100000; i += 997) {
    auto tick = clock.place({ticks_to_ns(i, {1001, 30000}), 33366666});
    EXPECT_EQ(tick->pts, i);
    EXPECT_EQ(clock.take_duration(i), 1);
  }
}

TEST(FrameClock, MillisecondsStillLieOnTheGrid) {
  FrameClock clock({{30, 1}, {33 * ms, 33 * ms}, AVRational{1, 1000}}, {});
  EXPECT_TRUE(clock.is_grid());
  EXPECT_EQ(clock.place({33 * ms, 33 * ms})->pts, 1);
  EXPECT_EQ(clock.place({67 * ms, 33 * ms})->pts, 2);
}

TEST(FrameClock, TakesTheSourcesTimeBaseWhereTheRateVaries) {
  FrameClock clock({{0, 1}, {0, 0}, AVRational{1, 12800}}, {});
  EXPECT_EQ(clock.time_base().den, 12800);
  EXPECT_EQ(clock.place({ticks_to_ns(511, {1, 12800}), 0})->pts, 511);
}

TEST(FrameClock, KeepsWithinWhatTheCodecCanCount) {
  FrameClock clock({{0, 1}, {0, 0}, AVRational{1, 90000}}, {false, 65535});
  EXPECT_EQ(clock.time_base().den, 60000);
}

TEST(FrameClock, NeverGivesATickTwice) {
  FrameClock clock({{25, 1}, {0, 40 * ms}, {}}, {});
  EXPECT_EQ(clock.place({0, 40 * ms})->pts, 0);
  auto again = clock.place({10 * ms, 40 * ms});
  EXPECT_EQ(again->pts, 1);
  EXPECT_EQ(again->moved_from, 0);
  EXPECT_EQ(clock.place({0, 40 * ms})->pts, 2);
  EXPECT_EQ(clock.place({200 * ms, 40 * ms})->pts, 5);
}

TEST(FrameClock, UnknownDurationsReachToTheNextFrame) {
  FrameClock clock({{0, 1}, {0, 0}, AVRational{1, 1000}}, {});
  clock.place({0, 0});
  clock.place({70 * ms, 0});
  clock.place({170 * ms, 0});
  EXPECT_EQ(clock.take_duration(0), 70);
  EXPECT_EQ(clock.take_duration(70), 100);
}

TEST(FrameClock, WantsARateWhereTimestampsAreMissing) {
  FrameClock clock({{0, 1}, {}, {}}, {});
  auto tick = clock.place({});
  ASSERT_FALSE(tick);
  EXPECT_NE(tick.error().message.find("framerate="), std::string::npos);
}

/* ---- Encoder ----------------------------------------------------------------------------------
 */

/* The encoder `wrapped_avframe` puts the AVFrame that it was given into the packet. */
TEST(VideoEncoder, GetsTheMemoryOfTheBufferItself) {
  VideoParams params = yuv420p(318, 62);
  auto pool = new_frame_pool();
  ASSERT_TRUE(configure_frame_pool(pool.get(), params, WithVideoMeta::yes, 2, 0));
  gst_buffer_pool_set_active(pool.get(), TRUE);
  GstBuffer *buffer = nullptr;
  ASSERT_EQ(gst_buffer_pool_acquire_buffer(pool.get(), &buffer, nullptr), GST_FLOW_OK);
  GstMapInfo map;
  ASSERT_TRUE(gst_buffer_map(buffer, &map, GST_MAP_READ));
  const guint8 *memory = map.data;
  gst_buffer_unmap(buffer, &map);

  auto encoder =
      VideoEncoder::open(*VideoEncoder::find("wrapped_avframe"), {}, params, timing_of(params), {});
  ASSERT_TRUE(encoder) << encoder.error().message;
  FrameImporter importer;
  auto frame = importer.import(BufferPtr(buffer), params, Access::read);
  ASSERT_TRUE(frame);
  ASSERT_TRUE(encoder->send(std::move(*frame), {0, 40 * ms}));
  auto packet = encoder->receive();
  ASSERT_TRUE(packet && *packet);
  const auto *encoded = reinterpret_cast<const AVFrame *>((*packet)->data);
  EXPECT_EQ(encoded->data[0], memory);
  packet->reset();
  encoder = fail_cancelled(); /* the pool waits for its buffers */
  gst_buffer_pool_set_active(pool.get(), FALSE);
}

/* It may keep the last one as a reference. */
TEST(VideoEncoder, LetsGoOfBuffersWhenEncoded) {
  VideoParams params = yuv420p(64, 64);
  auto pool = new_frame_pool();
  ASSERT_TRUE(configure_frame_pool(pool.get(), params, WithVideoMeta::yes, 1, 3));
  gst_buffer_pool_set_active(pool.get(), TRUE);
  auto encoder = VideoEncoder::open(*VideoEncoder::find("ffv1"), {}, params, timing_of(params), {});
  ASSERT_TRUE(encoder) << encoder.error().message;
  FrameImporter importer;
  for (int i = 0; i < 10; i++) {
    GstBuffer *buffer = nullptr;
    GstBufferPoolAcquireParams no_wait = {};
    no_wait.flags = GST_BUFFER_POOL_ACQUIRE_FLAG_DONTWAIT;
    ASSERT_EQ(gst_buffer_pool_acquire_buffer(pool.get(), &buffer, &no_wait), GST_FLOW_OK);
    auto frame = importer.import(BufferPtr(buffer), params, Access::read);
    ASSERT_TRUE(encoder->send(std::move(*frame), {i * 40 * ms, 40 * ms}));
    auto packet = encoder->receive();
    ASSERT_TRUE(packet && *packet);
  }
  gst_buffer_pool_set_active(pool.get(), FALSE);
}

TEST(VideoEncoder, JpegGetsFullRangeByItsPlainNameToo) {
  VideoEncoderSettings settings;
  settings.pixel_format = "yuv420p";
  VideoParams params = yuv420p(64, 64);
  auto encoder =
      VideoEncoder::open(*VideoEncoder::find("mjpeg"), settings, params, timing_of(params), {});
  ASSERT_TRUE(encoder) << encoder.error().message;
  EXPECT_EQ(encoder->context()->pix_fmt, AV_PIX_FMT_YUVJ420P);
  EXPECT_EQ(encoder->encoded().range, AVCOL_RANGE_JPEG);
}

TEST(VideoEncoder, NamesWhatItDoesNotKnow) {
  VideoEncoderSettings settings;
  settings.options.set("presett", "fast");
  auto checked = VideoEncoder::check(*VideoEncoder::find("mpeg4"), settings);
  ASSERT_FALSE(checked);
  EXPECT_NE(checked.error().message.find("`presett`"), std::string::npos);
}

/* ---- Writer -----------------------------------------------------------------------------------
 */

TEST_F(FrameWriterTest, MakesNothingBeforeThereIsAPacket) {
  auto writer = open(folder / "a.mkv");
  ASSERT_TRUE(writer);
  VideoParams params = yuv420p(64, 64);
  ASSERT_TRUE(writer->add_video_stream(params, timing_of(params)));
  EXPECT_TRUE(fs::is_empty(folder));
  auto finished = writer->finish();
  EXPECT_FALSE(finished);
  EXPECT_TRUE(fs::is_empty(folder));
}

TEST_F(FrameWriterTest, CountsWhatItWrote) {
  auto writer = open(folder / "a.mkv");
  VideoParams params = yuv420p(64, 64);
  auto stream = writer->add_video_stream(params, timing_of(params));
  for (int i = 0; i < 13; i++)
    ASSERT_TRUE(writer->write(*stream, grey_frame(params), {i * 40 * ms, 40 * ms}));
  auto stats = writer->finish();
  ASSERT_TRUE(stats) << stats.error().message;
  EXPECT_EQ(stats->frames, 13);
  EXPECT_EQ(stats->key_frames, 2); /* every twelve */
  EXPECT_EQ(stats->duration, 520 * ms);
  EXPECT_EQ(uintmax_t(stats->bytes), fs::file_size(folder / "a.mkv"));
}

TEST_F(FrameWriterTest, AbortLeavesTheOlderFile) {
  std::ofstream(folder / "a.mkv") << "old";
  {
    auto writer = open(folder / "a.mkv");
    VideoParams params = yuv420p(64, 64);
    auto stream = writer->add_video_stream(params, timing_of(params));
    ASSERT_TRUE(writer->write(*stream, grey_frame(params), {0, 40 * ms}));
    EXPECT_TRUE(fs::exists(folder / "a.mkv.part"));
  }
  EXPECT_EQ(fs::file_size(folder / "a.mkv"), 3u);
  EXPECT_FALSE(fs::exists(folder / "a.mkv.part"));
}

TEST_F(FrameWriterTest, TwoWritersOnOneFileAreKeptApart) {
  std::ofstream(folder / "a.mkv") << "old";
  VideoParams params = yuv420p(64, 64);
  auto first = open(folder / "a.mkv");
  auto stream = first->add_video_stream(params, timing_of(params));
  for (int i = 0; i < 3; i++)
    ASSERT_TRUE(first->write(*stream, grey_frame(params), {i * 40 * ms, 40 * ms}));
  {
    auto second = open(folder / "a.mkv");
    auto refused = second->add_video_stream(params, timing_of(params));
    auto written = second->write(*refused, grey_frame(params), {0, 40 * ms});
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().domain, GST_RESOURCE_ERROR);
    EXPECT_EQ(written.error().code, GST_RESOURCE_ERROR_OPEN_WRITE);
    EXPECT_NE(written.error().message.find("a.mkv.part` is being written by another"),
              std::string::npos)
        << written.error().message;
  }
  EXPECT_TRUE(fs::exists(folder / "a.mkv.part"));
  ASSERT_TRUE(first->write(*stream, grey_frame(params), {120 * ms, 40 * ms}));
  auto stats = first->finish();
  ASSERT_TRUE(stats) << stats.error().message;
  EXPECT_EQ(uintmax_t(stats->bytes), fs::file_size(folder / "a.mkv"));
  std::string begin(4, '\0');
  std::ifstream(folder / "a.mkv", std::ios::binary).read(begin.data(), 4);
  EXPECT_EQ(begin, "\x1a\x45\xdf\xa3"); /* EBML */

  /* done, so the next one's turn, though the first writer is still there */
  auto third = open(folder / "a.mkv");
  auto next = third->add_video_stream(params, timing_of(params));
  ASSERT_TRUE(third->write(*next, grey_frame(params), {0, 40 * ms}));
  EXPECT_TRUE(third->finish());
  EXPECT_FALSE(fs::exists(folder / "a.mkv.part"));
}

TEST_F(FrameWriterTest, TwoWritersOnOnePictureAreKeptApart) {
  VideoParams params = yuv420p(64, 64);
  auto first = open(folder / "a.jpg", "mjpeg");
  auto stream = first->add_video_stream(params, timing_of(params));
  ASSERT_TRUE(first->write(*stream, grey_frame(params), {0, 40 * ms}));
  {
    auto second = open(folder / "a.jpg", "mjpeg");
    auto refused = second->add_video_stream(params, timing_of(params));
    auto written = second->write(*refused, grey_frame(params), {0, 40 * ms});
    ASSERT_FALSE(written);
    EXPECT_NE(written.error().message.find("a.part.jpg` is being written by another"),
              std::string::npos)
        << written.error().message;
  }
  auto stats = first->finish();
  ASSERT_TRUE(stats) << stats.error().message;
  EXPECT_EQ(uintmax_t(stats->bytes), fs::file_size(folder / "a.jpg"));
  EXPECT_FALSE(fs::exists(folder / "a.part.jpg"));
}

TEST_F(FrameWriterTest, WhatACrashLeftIsTakenOver) {
  std::ofstream(folder / "a.mkv") << "old";
  std::ofstream(folder / "a.mkv.part") << std::string(1 << 20, 'x');
  auto writer = open(folder / "a.mkv");
  VideoParams params = yuv420p(64, 64);
  auto stream = writer->add_video_stream(params, timing_of(params));
  ASSERT_TRUE(writer->write(*stream, grey_frame(params), {0, 40 * ms}));
  auto stats = writer->finish();
  ASSERT_TRUE(stats) << stats.error().message;
  EXPECT_LT(stats->bytes, 1 << 20);
  EXPECT_EQ(uintmax_t(stats->bytes), fs::file_size(folder / "a.mkv"));
  EXPECT_FALSE(fs::exists(folder / "a.mkv.part"));
}

TEST_F(FrameWriterTest, ColonInAPathIsNoProtocol) {
  auto writer = open((folder / "12:30.mkv").string());
  VideoParams params = yuv420p(64, 64);
  auto stream = writer->add_video_stream(params, timing_of(params));
  ASSERT_TRUE(writer->write(*stream, grey_frame(params), {0, 40 * ms}));
  ASSERT_TRUE(writer->finish());
  EXPECT_TRUE(fs::exists(folder / "12:30.mkv"));
}

TEST_F(FrameWriterTest, WritesIntoAFifoAndLeavesIt) {
  const fs::path fifo = folder / "fifo";
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  std::string received;
  std::thread reader([&] {
    std::ifstream in(fifo, std::ios::binary);
    received.assign(std::istreambuf_iterator<char>(in), {});
  });
  auto writer = open(fifo, "mpeg2video", "mpegts");
  VideoParams params = yuv420p(64, 64);
  auto stream = writer->add_video_stream(params, timing_of(params));
  for (int i = 0; i < 5; i++)
    ASSERT_TRUE(writer->write(*stream, grey_frame(params), {i * 40 * ms, 40 * ms}));
  auto stats = writer->finish();
  reader.join();
  ASSERT_TRUE(stats) << stats.error().message;
  EXPECT_EQ(int64_t(received.size()), stats->bytes);
  EXPECT_TRUE(fs::is_fifo(fifo));
}

TEST_F(FrameWriterTest, HurryEndsTheWaitForAReader) {
  const fs::path fifo = folder / "fifo";
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  auto writer = open(fifo, "mpeg2video", "mpegts");
  VideoParams params = yuv420p(64, 64);
  auto stream = writer->add_video_stream(params, timing_of(params));
  writer->hurry();
  Result<void> written;
  for (int i = 0; i < 5 && written; i++)
    written = writer->write(*stream, grey_frame(params), {i * 40 * ms, 40 * ms});
  ASSERT_FALSE(written);
  EXPECT_TRUE(written.error().is_cancelled());
}

TEST_F(FrameWriterTest, OptionsOfTheProtocolAreTaken) {
  FrameWriterSettings settings;
  settings.location = folder / "a.mkv";
  settings.codec = "mpeg4";
  settings.container_options.set("blocksize", "4096");
  auto writer = FrameWriter::open(settings);
  ASSERT_TRUE(writer) << writer.error().message;
  VideoParams params = yuv420p(64, 64);
  auto stream = (*writer)->add_video_stream(params, timing_of(params));
  ASSERT_TRUE((*writer)->write(*stream, grey_frame(params), {0, 40 * ms}));
  EXPECT_TRUE((*writer)->finish());
}

} // namespace

int main(int argc, char **argv) {
  gst_init(&argc, &argv);
  av_log_set_level(AV_LOG_WARNING);
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
