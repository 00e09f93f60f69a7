/* gst-framewise: audio as caps, buffers and AVFrames.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "../../lib/audiobridge.hpp"
#include "../../lib/audiodelivery.hpp"

#include <gtest/gtest.h>

#include <numeric>

using namespace framewise;

namespace {

const bool initialized = [] {
  gst_init(nullptr, nullptr);
  return true;
}();

ChannelLayout layout_of(const char *name) {
  AVChannelLayout layout{};
  EXPECT_EQ(av_channel_layout_from_string(&layout, name), 0) << name;
  ChannelLayout owned(layout);
  av_channel_layout_uninit(&layout);
  return owned;
}

AudioParams params_of(AVSampleFormat format, const char *layout, int rate = 48000) {
  AudioParams params;
  params.format = format;
  params.sample_rate = rate;
  params.layout = layout_of(layout);
  return params;
}

/* Each sample tells its channel and its number. */
uint8_t mark(int channel, int n) { return uint8_t(channel * 16 + n % 16); }

FramePtr marked_frame(const AudioParams &params, int samples) {
  FramePtr frame = new_frame();
  frame->format = params.format;
  frame->sample_rate = params.sample_rate;
  frame->nb_samples = samples;
  av_channel_layout_copy(&frame->ch_layout, params.layout.get());
  EXPECT_EQ(av_frame_get_buffer(frame.get(), 0), 0);
  const int bytes = av_get_bytes_per_sample(params.format);
  for (int n = 0; n < samples; n++)
    for (int c = 0; c < params.channels(); c++) {
      uint8_t *at = params.is_planar()
                        ? frame->extended_data[c] + n * bytes
                        : frame->extended_data[0] + (n * params.channels() + c) * bytes;
      memset(at, mark(c, n), size_t(bytes));
    }
  return frame;
}

constexpr const char *layouts[] = {
    "mono", "stereo", "2.1",       "3.0",           "quad",       "5.0",  "5.1",   "5.1(side)",
    "6.1",  "7.1",    "7.1(wide)", "hexadecagonal", "FL+FR+LFE2", "22.2", "5.1.2", "octagonal"};

} // namespace

TEST(AudioParams, caps_and_back) {
  for (const char *layout : layouts)
    for (AVSampleFormat format : {AV_SAMPLE_FMT_U8, AV_SAMPLE_FMT_S16P, AV_SAMPLE_FMT_S32,
                                  AV_SAMPLE_FMT_FLTP, AV_SAMPLE_FMT_DBL, AV_SAMPLE_FMT_DBLP}) {
      AVChannelLayout known{};
      if (av_channel_layout_from_string(&known, layout) < 0)
        continue; /* of a newer libavutil */
      av_channel_layout_uninit(&known);
      const AudioParams params = params_of(format, layout, 44100);
      CapsPtr caps = to_caps(params);
      ASSERT_TRUE(gst_caps_is_fixed(caps.get()));
      CapsPtr all = audio_template_caps();
      EXPECT_TRUE(gst_caps_is_subset(caps.get(), all.get()));
      auto back = audio_from_caps(caps.get());
      ASSERT_TRUE(back) << layout;
      EXPECT_EQ(back->format, format);
      EXPECT_EQ(back->sample_rate, 44100);
      EXPECT_EQ(back->channels(), params.channels());
      CapsPtr again = to_caps(*back);
      EXPECT_TRUE(gst_caps_is_equal(again.get(), caps.get())) << layout;
    }
}

TEST(AudioParams, positions_are_those_of_the_channels) {
  GstAudioInfo info;
  CapsPtr caps = to_caps(params_of(AV_SAMPLE_FMT_S16, "5.1(side)"));
  ASSERT_TRUE(gst_audio_info_from_caps(&info, caps.get()));
  EXPECT_EQ(info.position[3], GST_AUDIO_CHANNEL_POSITION_LFE1);
  EXPECT_EQ(info.position[4], GST_AUDIO_CHANNEL_POSITION_SIDE_LEFT);
  caps = to_caps(params_of(AV_SAMPLE_FMT_S16, "5.1"));
  ASSERT_TRUE(gst_audio_info_from_caps(&info, caps.get()));
  EXPECT_EQ(info.position[4], GST_AUDIO_CHANNEL_POSITION_REAR_LEFT);
}

TEST(AudioParams, channels_without_places_are_unpositioned) {
  AudioParams params = params_of(AV_SAMPLE_FMT_S16, "stereo");
  params.layout = ChannelLayout::unplaced(5);
  CapsPtr caps = to_caps(params);
  GstAudioInfo info;
  ASSERT_TRUE(gst_audio_info_from_caps(&info, caps.get()));
  EXPECT_TRUE(GST_AUDIO_INFO_IS_UNPOSITIONED(&info));
  EXPECT_EQ(audio_from_caps(caps.get())->layout, params.layout);
}

TEST(AudioParams, foreign_byte_order_and_video_are_refused) {
  const char *foreign = G_BYTE_ORDER == G_LITTLE_ENDIAN ? "S16BE" : "S16LE";
  CapsPtr caps(gst_caps_new_simple("audio/x-raw", "format", G_TYPE_STRING, foreign, "layout",
                                   G_TYPE_STRING, "interleaved", "rate", G_TYPE_INT, 48000,
                                   "channels", G_TYPE_INT, 2, nullptr));
  EXPECT_FALSE(audio_from_caps(caps.get()));
  caps.reset(gst_caps_new_empty_simple("video/x-raw"));
  EXPECT_FALSE(audio_from_caps(caps.get()));
}

/* libav -> GStreamer -> libav is the same again, of every layout, planar and packed, and of parts.
 */
TEST(AudioBridge, there_and_back) {
  for (const char *layout : layouts)
    for (AVSampleFormat format : {AV_SAMPLE_FMT_U8, AV_SAMPLE_FMT_S16P, AV_SAMPLE_FMT_FLT}) {
      AVChannelLayout known{};
      if (av_channel_layout_from_string(&known, layout) < 0)
        continue;
      av_channel_layout_uninit(&known);
      const AudioParams params = params_of(format, layout);
      constexpr int samples = 50, first = 7, count = 31;
      FramePtr frame = marked_frame(params, samples);
      auto buffer = wrap_audio(frame.get(), params, first, count);
      ASSERT_TRUE(buffer) << layout;
      EXPECT_EQ(gst_buffer_get_size(buffer->get()),
                size_t(count * params.channels() * av_get_bytes_per_sample(format)));
      frame.reset(); /* the buffer keeps what it needs */
      auto back = import_audio(std::move(*buffer), params);
      ASSERT_TRUE(back) << layout << ": " << back.error().message;
      ASSERT_EQ((*back)->nb_samples, count);
      const int bytes = av_get_bytes_per_sample(format);
      for (int n = 0; n < count; n++)
        for (int c = 0; c < params.channels(); c++) {
          const uint8_t *at = params.is_planar()
                                  ? (*back)->extended_data[c] + n * bytes
                                  : (*back)->extended_data[0] + (n * params.channels() + c) * bytes;
          ASSERT_EQ(*at, mark(c, first + n)) << layout << " channel " << c << " sample " << n;
        }
    }
}

/* As GStreamer's own elements see it: channel i of the buffer is at position i of the caps. */
TEST(AudioBridge, gstreamer_finds_each_channel_in_its_place) {
  const AudioParams params = params_of(AV_SAMPLE_FMT_U8, "FL+FR+TFL+SL+SR");
  const AudioParams planar = params_of(AV_SAMPLE_FMT_U8P, "FL+FR+TFL+SL+SR");
  for (const AudioParams &kind : {params, planar}) {
    FramePtr frame = marked_frame(kind, 4);
    auto buffer = wrap_audio(frame.get(), kind, 0, 4);
    ASSERT_TRUE(buffer);
    GstAudioInfo info;
    CapsPtr caps = to_caps(kind);
    ASSERT_TRUE(gst_audio_info_from_caps(&info, caps.get()));
    GstAudioBuffer audio;
    ASSERT_TRUE(gst_audio_buffer_map(&audio, &info, buffer->get(), GST_MAP_READ));
    for (int i = 0; i < 5; i++) {
      const GstAudioChannelPosition position = info.position[i];
      const uint8_t at = kind.is_planar() ? *static_cast<uint8_t *>(audio.planes[i])
                                          : static_cast<uint8_t *>(audio.planes[0])[i];
      int channel = -1; /* in libav's order */
      for (int c = 0; c < 5; c++)
        if (at == mark(c, 0))
          channel = c;
      const AVChannel av =
          av_channel_layout_channel_from_index(kind.layout.get(), unsigned(channel));
      const bool right =
          (position == GST_AUDIO_CHANNEL_POSITION_FRONT_LEFT && av == AV_CHAN_FRONT_LEFT) ||
          (position == GST_AUDIO_CHANNEL_POSITION_FRONT_RIGHT && av == AV_CHAN_FRONT_RIGHT) ||
          (position == GST_AUDIO_CHANNEL_POSITION_TOP_FRONT_LEFT && av == AV_CHAN_TOP_FRONT_LEFT) ||
          (position == GST_AUDIO_CHANNEL_POSITION_SIDE_LEFT && av == AV_CHAN_SIDE_LEFT) ||
          (position == GST_AUDIO_CHANNEL_POSITION_SIDE_RIGHT && av == AV_CHAN_SIDE_RIGHT);
      EXPECT_TRUE(right) << "position " << position << " has libav's channel " << av;
    }
    gst_audio_buffer_unmap(&audio);
  }
}

TEST(AudioBridge, memory_is_shared_and_read_only) {
  const AudioParams params = params_of(AV_SAMPLE_FMT_FLTP, "stereo");
  FramePtr frame = marked_frame(params, 64);
  auto buffer = wrap_audio(frame.get(), params, 16, 32);
  ASSERT_TRUE(buffer);
  ASSERT_EQ(gst_buffer_n_memory(buffer->get()), 2u);
  GstMapInfo map;
  GstMemory *memory = gst_buffer_peek_memory(buffer->get(), 1);
  ASSERT_TRUE(gst_memory_map(memory, &map, GST_MAP_READ));
  EXPECT_EQ(map.data, frame->extended_data[1] + 16 * 4);
  gst_memory_unmap(memory, &map);
  EXPECT_TRUE(GST_MEMORY_IS_READONLY(memory));
}

TEST(AudioBridge, half_a_sample_is_refused) {
  BufferPtr buffer(gst_buffer_new_allocate(nullptr, 4 * 10 + 3, nullptr));
  EXPECT_FALSE(import_audio(std::move(buffer), params_of(AV_SAMPLE_FMT_S16, "stereo")));
  EXPECT_FALSE(import_audio(BufferPtr(gst_buffer_new()), params_of(AV_SAMPLE_FMT_S16, "stereo")));
}

TEST(AudioConverter, another_format_keeps_each_sample) {
  const AudioParams from = params_of(AV_SAMPLE_FMT_S16P, "5.1");
  const AudioParams to = params_of(AV_SAMPLE_FMT_S32, "5.1");
  auto converter = AudioConverter::create(from, to);
  ASSERT_TRUE(converter);
  FramePtr frame = marked_frame(from, 100);
  auto made = converter->convert(frame.get(), 10, 50);
  ASSERT_TRUE(made);
  ASSERT_EQ((*made)->nb_samples, 50);
  for (int n = 0; n < 50; n++)
    for (int c = 0; c < 6; c++) {
      const auto *out = reinterpret_cast<const int32_t *>((*made)->extended_data[0]);
      const auto *in = reinterpret_cast<const int16_t *>(frame->extended_data[c]);
      ASSERT_EQ(out[n * 6 + c], in[10 + n] * 65536);
    }
  EXPECT_FALSE(*converter->drain());
}

TEST(AudioConverter, another_rate_loses_nothing) {
  AudioParams from = params_of(AV_SAMPLE_FMT_FLTP, "stereo", 44100);
  AudioParams to = params_of(AV_SAMPLE_FMT_FLTP, "stereo", 48000);
  auto converter = AudioConverter::create(from, to);
  ASSERT_TRUE(converter);
  int64_t made = 0;
  for (int i = 0; i < 100; i++) {
    FramePtr frame = marked_frame(from, 441);
    memset(frame->extended_data[0], 0, 441 * 4);
    memset(frame->extended_data[1], 0, 441 * 4);
    auto some = converter->convert(frame.get());
    ASSERT_TRUE(some);
    made += *some ? (*some)->nb_samples : 0;
  }
  for (;;) {
    auto rest = converter->drain();
    ASSERT_TRUE(rest);
    if (!*rest)
      break;
    made += (*rest)->nb_samples;
  }
  EXPECT_NEAR(made, 48000, 2);
}

TEST(AudioDelivery, the_native_format_comes_first_and_then_what_loses_least) {
  struct Case {
    AVSampleFormat native;
    const char *accepted;
    AVSampleFormat chosen;
  };
  const Case cases[] = {
      {AV_SAMPLE_FMT_FLTP, "audio/x-raw", AV_SAMPLE_FMT_FLTP},
      {AV_SAMPLE_FMT_FLTP, "audio/x-raw,layout=interleaved", AV_SAMPLE_FMT_FLT},
      {AV_SAMPLE_FMT_FLTP, "audio/x-raw,format={S16LE,S32LE,F64LE}", AV_SAMPLE_FMT_DBLP},
      {AV_SAMPLE_FMT_FLTP, "audio/x-raw,format={U8,S16LE,S32LE}", AV_SAMPLE_FMT_S32P},
      {AV_SAMPLE_FMT_S16, "audio/x-raw,format={U8,F32LE,S32LE}", AV_SAMPLE_FMT_FLT},
      {AV_SAMPLE_FMT_S32, "audio/x-raw,format={U8,F32LE,F64LE}", AV_SAMPLE_FMT_DBL},
      {AV_SAMPLE_FMT_S64, "audio/x-raw,layout=interleaved", AV_SAMPLE_FMT_DBL},
      {AV_SAMPLE_FMT_U8, "audio/x-raw,format={F32LE,S16LE}", AV_SAMPLE_FMT_S16},
  };
  for (const Case &c : cases) {
    CapsPtr accepted(gst_caps_from_string(c.accepted));
    auto delivery = AudioDelivery::choose(params_of(c.native, "stereo"), accepted.get());
    ASSERT_TRUE(delivery) << c.accepted;
    EXPECT_STREQ(av_get_sample_fmt_name(delivery->output().format),
                 av_get_sample_fmt_name(c.chosen))
        << c.accepted;
  }
  CapsPtr other_rate(gst_caps_from_string("audio/x-raw,rate=8000"));
  auto refused = AudioDelivery::choose(params_of(AV_SAMPLE_FMT_S16, "mono"), other_rate.get());
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("audioresample"), std::string::npos);
}
