/* gst-framewise: tests of containersink's pads of audio: which samples end up where, what is
 * converted, and pads that do not behave alike.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "writercheck.hpp"

#include <gst/audio/audio.h>

#include <cstdint>
#include <cstring>

/* ---- Sound ---------------------------------------------------------------------------------- */

constexpr int rate = 8000;
constexpr GstClockTime ms = GST_MSECOND;

/* Sample `i` of the one signal that there is; never silent. */
static int16_t signal(int64_t i) { return int16_t(1 + i % 20000); }

static std::vector<int16_t> signals(int64_t first, int n) {
  std::vector<int16_t> samples;
  for (int64_t i = first; i < first + n; i++)
    samples.push_back(signal(i));
  return samples;
}

static std::string sound_source(const std::string &name) {
  return "appsrc name=" + name +
         " format=time caps=audio/x-raw,format=S16LE,layout=interleaved,channels=1,rate=8000 ! ";
}

template <typename T> static GstBuffer *buffer_of(const std::vector<T> &samples, GstClockTime pts) {
  GstBuffer *buffer = gst_buffer_new_memdup(samples.data(), samples.size() * sizeof(T));
  GST_BUFFER_PTS(buffer) = pts;
  return buffer;
}

struct Piece {
  int64_t first; /* of the signal */
  int n;
  GstClockTime pts;
  bool discont = false;
};

static void push(GstElement *pipeline, const char *name, GstBuffer *buffer) {
  GstElement *src = gst_bin_get_by_name(GST_BIN(pipeline), name);
  gst_app_src_push_buffer(GST_APP_SRC(src), buffer);
  gst_object_unref(src);
}

static void push_sound(GstElement *pipeline, const char *name, const std::vector<Piece> &pieces) {
  for (const Piece &piece : pieces) {
    GstBuffer *buffer = buffer_of(signals(piece.first, piece.n), piece.pts);
    if (piece.discont)
      GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_DISCONT);
    push(pipeline, name, buffer);
  }
}

static void end(GstElement *pipeline, const char *name) {
  GstElement *src = gst_bin_get_by_name(GST_BIN(pipeline), name);
  gst_app_src_end_of_stream(GST_APP_SRC(src));
  gst_object_unref(src);
}

/* What the ffmpeg command makes of a stream. */
template <typename T>
static std::vector<T> decoded(const std::string &file, const std::string &format,
                              const std::string &stream = "0:a:0") {
  output_of({"ffmpeg", "-v", "error", "-y", "-i", file, "-map", stream, "-c:a", "pcm_" + format,
             "-f", format, at("decoded")});
  const std::string bytes = read_text(at("decoded"));
  std::vector<T> samples(bytes.size() / sizeof(T));
  memcpy(samples.data(), bytes.data(), samples.size() * sizeof(T));
  return samples;
}

template <typename T>
static void assert_samples(const std::vector<T> &actual, const std::vector<T> &expected) {
  const size_t n = std::min(actual.size(), expected.size());
  for (size_t i = 0; i < n; i++)
    fail_unless(actual[i] == expected[i], "sample %zu is %g, not %g", i, double(actual[i]),
                double(expected[i]));
  fail_unless_equals_uint64(actual.size(), expected.size());
}

static std::string of_streams(const std::string &file, const std::string &field) {
  return output_of(
      {"ffprobe", "-v", "error", "-show_entries", field, "-of", "default=nw=1:nk=1", file});
}

static std::vector<int16_t> joined(std::vector<int16_t> a, const std::vector<int16_t> &b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

static std::vector<int16_t> silence(int n) { return std::vector<int16_t>(size_t(n)); }

/* A source whose caps are not known as yet would be given a pad of video without its name. */
static std::string audio_sink(const std::string &properties) {
  return "sink.audio_0 " + sink(properties);
}

static std::vector<int16_t> written(const std::vector<Piece> &pieces) {
  GstElement *pipeline = launch(sound_source("a") + audio_sink("location=" + at("out.wav")));
  push_sound(pipeline, "a", pieces);
  end(pipeline, "a");
  const Outcome outcome = run(pipeline);
  fail_unless(outcome.eos, "%s", outcome.message.c_str());
  return decoded<int16_t>(at("out.wav"), "s16le");
}

/* ---- Time ----------------------------------------------------------------------------------- */

GST_START_TEST(samples_are_written_as_they_come) {
  assert_samples(written({{0, 333, 0}, {333, 5000, GST_CLOCK_TIME_NONE}, {5333, 1, 666625000}}),
                 signals(0, 5334));
}
GST_END_TEST

GST_START_TEST(jitter_of_timestamps_changes_nothing) {
  assert_samples(
      written({{0, 800, 0}, {800, 800, 139 * ms}, {1600, 800, 161 * ms}, {2400, 800, 300 * ms}}),
      signals(0, 3200));
}
GST_END_TEST

GST_START_TEST(missing_time_becomes_silence) {
  assert_samples(written({{0, 800, 0}, {800, 800, 150 * ms}}),
                 joined(joined(signals(0, 800), silence(400)), signals(800, 800)));
}
GST_END_TEST

GST_START_TEST(a_marked_gap_counts_to_the_sample) {
  assert_samples(written({{0, 800, 0}, {800, 800, 110 * ms, true}}),
                 joined(joined(signals(0, 800), silence(80)), signals(800, 800)));
}
GST_END_TEST

GST_START_TEST(silence_may_be_longer_than_memory_would_hold_at_once) {
  const std::vector<int16_t> samples = written({{0, 800, 0}, {800, 800, 60 * GST_SECOND}});
  assert_samples(samples,
                 joined(joined(signals(0, 800), silence(60 * rate - 800)), signals(800, 800)));
}
GST_END_TEST

GST_START_TEST(what_was_there_already_is_cut_off) {
  assert_samples(
      written({{0, 1600, 0}, {800, 1600, 100 * ms}, {400, 400, 50 * ms}, {2400, 800, 300 * ms}}),
      signals(0, 3200));
}
GST_END_TEST

GST_START_TEST(gap_events_become_silence) {
  GstElement *pipeline = launch(sound_source("a") + audio_sink("location=" + at("out.wav")));
  GstElement *src = gst_bin_get_by_name(GST_BIN(pipeline), "a");
  g_object_set(src, "block", TRUE, "max-buffers", guint64(1), nullptr);
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  push_sound(pipeline, "a", {{0, 800, 0}});
  /* a source's events overtake what it has queued, so the buffer must have gone */
  GstPad *pad = gst_element_get_static_pad(src, "src");
  fail_unless_equals_int(gst_element_get_state(pipeline, nullptr, nullptr, 60 * GST_SECOND),
                         GST_STATE_CHANGE_SUCCESS);
  fail_unless(gst_pad_push_event(pad, gst_event_new_gap(100 * ms, 10 * ms)));
  push_sound(pipeline, "a", {{800, 800, 110 * ms}});
  end(pipeline, "a");
  fail_unless(await_outcome(pipeline).eos);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pad);
  gst_object_unref(src);
  gst_object_unref(pipeline);
  assert_samples(decoded<int16_t>(at("out.wav"), "s16le"),
                 joined(joined(signals(0, 800), silence(80)), signals(800, 800)));
}
GST_END_TEST

/* NUT keeps timestamps as finely as the encoders count. */
GST_START_TEST(sound_keeps_its_place_beside_the_picture) {
  GstElement *pipeline = launch(
      app_source("25/1") + "s.video_0 " + sound_source("a") +
      "s.audio_0 containersink name=s codec=ffv1 audio-codec=pcm_s16le location=" + at("out.nut"));
  push_frames(pipeline, {{400 * ms, 40 * ms}, {440 * ms, 40 * ms}});
  push_sound(pipeline, "a", {{0, 800, 123 * ms + 456789}});
  end(pipeline, "a");
  fail_unless(run(pipeline).eos);
  assert_text(of_streams(at("out.nut"), "stream=start_time"), "0.400000\n0.123500");
}
GST_END_TEST

static void flush(GstElement *pipeline, const char *name, GstEvent *event) {
  GstElement *src = gst_bin_get_by_name(GST_BIN(pipeline), name);
  GstPad *pad = gst_element_get_static_pad(src, "src");
  gst_pad_push_event(pad, event);
  gst_object_unref(pad);
  gst_object_unref(src);
}

static guint64 samples_in(GstElement *pipeline) {
  GstElement *element = gst_bin_get_by_name(GST_BIN(pipeline), "s");
  GstStructure *stats = nullptr;
  g_object_get(element, "stats", &stats, nullptr);
  guint64 samples = 0;
  gst_structure_get_uint64(stats, "samples", &samples);
  gst_structure_free(stats);
  gst_object_unref(element);
  return samples;
}

/* Running time begins anew; both go on where the longer one had ended, as far apart as they are. */
GST_START_TEST(a_flush_moves_sound_and_picture_alike) {
  GstElement *pipeline =
      launch(sound_source("a") + "s.audio_0 " + sound_source("b") +
             "s.audio_1 containersink name=s audio-codec=pcm_s16le location=" + at("out.nut"));
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  push_sound(pipeline, "a", {{0, 8000, 0}, {8000, 800, 1000 * ms}});
  push_sound(pipeline, "b", {{0, 8000, 0}, {8000, 1600, 1000 * ms}});
  while (samples_in(pipeline) < 16000 + 800)
    g_usleep(1000);
  for (const char *name : {"a", "b"})
    flush(pipeline, name, gst_event_new_flush_start());
  for (const char *name : {"a", "b"})
    flush(pipeline, name, gst_event_new_flush_stop(TRUE));
  for (const char *name : {"a", "b"}) {
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    flush(pipeline, name, gst_event_new_segment(&segment));
  }
  /* a's comes half a second after b's */
  push_sound(pipeline, "a", {{12000, 800, 500 * ms}});
  push_sound(pipeline, "b", {{12000, 800, 0}});
  end(pipeline, "a");
  end(pipeline, "b");
  fail_unless(await_outcome(pipeline).eos);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pipeline);
  const auto a = decoded<int16_t>(at("out.nut"), "s16le", "0:a:0");
  const auto b = decoded<int16_t>(at("out.nut"), "s16le", "0:a:1");
  const auto place = [](const std::vector<int16_t> &samples) {
    return std::find(samples.begin(), samples.end(), signal(12000)) - samples.begin();
  };
  fail_unless(size_t(place(a)) < a.size() && size_t(place(b)) < b.size());
  fail_unless_equals_int(int(place(a) - place(b)), 4000);
}
GST_END_TEST

static const char *const delayed_codecs[][3] = {
    {"out.mp4", "aac", "mpeg4"},       {"out.mkv", "aac", "mpeg4"},
    {"out.mkv", "libopus", "mpeg4"},   {"out.mkv", "libmp3lame", "mpeg4"},
    {"out.mov", "aac", "mpeg4"},       {"out.ts", "mp2", "mpeg4"},
    {"out.ts", "aac", "mpeg4"},        {"out.mp4", "libopus", "mpeg4"},
    {"out.webm", "libopus", "libvpx"}, {"out.avi", "pcm_s16le", "mpeg4"},
    {"out.nut", "aac", "mpeg4"},       {"out.mp4", "ac3", "mpeg4"},
};

/* Where in the output a burst is, in seconds from the picture. */
static double burst_after_picture(const std::string &file) {
  const double picture = times(file, "best_effort_timestamp_time").at(0);
  std::string text = output_of({"ffprobe", "-v", "error", "-select_streams", "a:0", "-show_entries",
                                "frame=pts_time", "-of", "default=nw=1:nk=1", file});
  const double sound = g_ascii_strtod(text.c_str(), nullptr);
  const auto samples = decoded<int16_t>(file, "s16le");
  size_t loudest = 0;
  for (size_t i = 0; i < samples.size(); i++)
    if (std::abs(samples[i]) > std::abs(samples[loudest]))
      loudest = i;
  return sound + double(loudest) / 48000 - picture;
}

/* One loud sample in silence, where the encoders' delays would move it. */
GST_START_TEST(delay_of_the_encoder_does_not_move_the_sound) {
  const auto &[name, audio, video] = delayed_codecs[__i__];
  GstElement *pipeline =
      launch(app_source("25/1") +
             "s.video_0 appsrc name=a format=time caps=audio/x-raw,format="
             "S16LE,layout=interleaved,channels=1,rate=48000 ! s.audio_0 containersink "
             "name=s codec=" +
             video + " audio-codec=" + audio + " location=" + at(name));
  std::vector<Frame> frames;
  for (int i = 0; i < 50; i++)
    frames.push_back({i * 40 * ms, 40 * ms});
  push_frames(pipeline, frames);
  std::vector<int16_t> samples(96000);
  samples[48000] = 30000;
  samples[48001] = -30000;
  push(pipeline, "a", buffer_of(samples, 0));
  end(pipeline, "a");
  const Outcome outcome = run(pipeline);
  fail_unless(outcome.eos, "%s", outcome.message.c_str());
  const double after = burst_after_picture(at(name));
  /* a millisecond is what Matroska rounds to, and where lossy codecs put the peak */
  fail_unless(std::abs(after - 1) < 0.0015, "%s in %s: %f", audio, name, after);
}
GST_END_TEST

/* ---- Conversion ----------------------------------------------------------------------------- */

GST_START_TEST(planes_and_wide_samples_arrive_as_they_were) {
  GstElement *pipeline = launch("appsrc name=a format=time caps=audio/x-raw,format=F64LE,layout="
                                "non-interleaved,channels=2,channel-mask=(bitmask)3,rate=44100 ! " +
                                audio_sink("audio-codec=pcm_f64le location=" + at("out.wav")));
  std::vector<double> planes, expected;
  for (int i = 0; i < 3000; i++)
    planes.push_back(i / 4000.0);
  for (int i = 0; i < 3000; i++)
    planes.push_back(-i / 5000.0);
  for (size_t i = 0; i < 3000; i++) {
    expected.push_back(planes[i]);
    expected.push_back(planes[3000 + i]);
  }
  GstBuffer *buffer = buffer_of(planes, 0);
  GstAudioInfo info;
  gst_audio_info_set_format(&info, GST_AUDIO_FORMAT_F64, 44100, 2, nullptr);
  info.layout = GST_AUDIO_LAYOUT_NON_INTERLEAVED;
  gst_buffer_add_audio_meta(buffer, &info, 3000, nullptr);
  push(pipeline, "a", buffer);
  end(pipeline, "a");
  fail_unless(run(pipeline).eos);
  assert_samples(decoded<double>(at("out.wav"), "f64le"), expected);
}
GST_END_TEST

/* In GStreamer's order: FL FR FC LFE RL RR, and FL FR FC LFE RL RR SL SR; libav has the rear ones
 * and the sides in the order of their bits, which is the same. */
static const struct {
  const char *mask, *layout, *codec, *file;
  int channels;
} surround[] = {
    {"0x3f", "5.1", "flac", "out.flac", 6},      {"0xc3f", nullptr, "pcm_s16le", "out.wav", 8},
    {"0xc3f", "7.1", "flac", "out.mkv", 8},      {"0x3f", "5.1", "alac", "out.m4a", 6},
    {"0x3f", "5.1", "wavpack", "out.mkv", 6},    {"0xc0f", "5.1(side)", "flac", "out.flac", 6},
    {"0x0", nullptr, "pcm_s16le", "out.wav", 5},
};

GST_START_TEST(each_channel_keeps_its_place) {
  const auto &row = surround[__i__];
  const std::string mask = row.mask, channels = std::to_string(row.channels);
  GstElement *pipeline = launch(
      "appsrc name=a format=time caps=audio/x-raw,format=S16LE,layout=interleaved,rate=48000,"
      "channels=" +
      channels + ",channel-mask=(bitmask)" + mask + " ! " +
      audio_sink(std::string("audio-codec=") + row.codec + " location=" + at(row.file)));
  std::vector<int16_t> samples;
  for (int i = 0; i < 5000; i++)
    for (int channel = 0; channel < row.channels; channel++)
      samples.push_back(int16_t((channel + 1) * 1000 + i % 500));
  push(pipeline, "a", buffer_of(samples, 0));
  end(pipeline, "a");
  const Outcome outcome = run(pipeline);
  fail_unless(outcome.eos, "%s", outcome.message.c_str());
  assert_samples(decoded<int16_t>(at(row.file), "s16le"), samples);
  if (row.layout)
    assert_text(of_streams(at(row.file), "stream=channel_layout"), row.layout);
}
GST_END_TEST

static const struct {
  const char *codec, *file, *caps, *result; /* sample_fmt, sample_rate, channels */
} conversions[] = {
    {"libopus", "out.mka", "S16LE,rate=44100,channels=2", "48000\n2"},
    {"libmp3lame", "out.mp3", "S32LE,rate=96000,channels=2", "48000\n2"},
    {"mp2", "out.mka", "S16LE,rate=8000,channels=6,channel-mask=(bitmask)0x3f", "16000\n2"},
    {"ac3", "out.mka", "F32LE,rate=48000,channels=8,channel-mask=(bitmask)0xc3f", "48000\n6"},
    {"libopus", "out.mka", "S16LE,rate=48000,channels=6,channel-mask=(bitmask)0xc0f", "48000\n6"},
    {"flac", "out.flac", "U8,rate=22050,channels=1", "22050\n1"},
};

GST_START_TEST(what_an_encoder_does_not_take_is_converted) {
  const auto &row = conversions[__i__];
  write_file(std::string("audiotestsrc num-buffers=20 ! audio/x-raw,layout=interleaved,format=") +
             row.caps + " ! " +
             audio_sink(std::string("audio-codec=") + row.codec + " location=" + at(row.file)));
  assert_text(of_streams(at(row.file), "stream=sample_rate,channels"), row.result);
}
GST_END_TEST

GST_START_TEST(resampling_loses_no_sample) {
  write_file("audiotestsrc num-buffers=100 samplesperbuffer=441 ! audio/x-raw,rate=44100 ! " +
             audio_sink("audio-codec=libopus location=" + at("out.mka")));
  GstElement *element = launch("audiotestsrc num-buffers=100 samplesperbuffer=441 ! "
                               "audio/x-raw,rate=44100,channels=1 ! " +
                               audio_sink("audio-codec=libopus location=" + at("out.ogg")));
  GstElement *sink_element = gst_bin_get_by_name(GST_BIN(element), "sink");
  gst_element_set_state(element, GST_STATE_PLAYING);
  fail_unless(await_outcome(element).eos);
  GstStructure *stats = nullptr;
  g_object_get(sink_element, "stats", &stats, nullptr);
  guint64 samples = 0, frames = 1, duration = 0;
  gst_structure_get(stats, "samples", G_TYPE_UINT64, &samples, "frames", G_TYPE_UINT64, &frames,
                    "duration", G_TYPE_UINT64, &duration, nullptr);
  gst_structure_free(stats);
  gst_element_set_state(element, GST_STATE_NULL);
  gst_object_unref(sink_element);
  gst_object_unref(element);
  fail_unless_equals_uint64(samples, 48000);
  fail_unless_equals_uint64(frames, 0);
  fail_unless_equals_uint64(duration, GST_SECOND);
  fail_unless_equals_uint64(decoded<int16_t>(at("out.ogg"), "s16le").size(), 48000);
}
GST_END_TEST

static GstCaps *first_caps_for(const std::string &properties) {
  GstElement *element = launch("containersink location=" + at("out.mkv") + " " + properties);
  GstPad *pad = gst_element_request_pad_simple(element, "audio_%u");
  fail_unless_equals_int(gst_element_set_state(element, GST_STATE_PAUSED), GST_STATE_CHANGE_ASYNC);
  GstCaps *caps = gst_pad_query_caps(pad, nullptr);
  GstCaps *first = gst_caps_copy_nth(caps, 0);
  gst_caps_unref(caps);
  gst_element_set_state(element, GST_STATE_NULL);
  gst_element_release_request_pad(element, pad);
  gst_object_unref(pad);
  gst_object_unref(element);
  return first;
}

static void assert_first_caps(const std::string &properties, const char *expected) {
  GstCaps *first = first_caps_for(properties), *wanted = gst_caps_from_string(expected);
  gchar *text = gst_caps_to_string(first);
  fail_unless(gst_caps_is_equal(first, wanted), "%s: %s", properties.c_str(), text);
  g_free(text);
  gst_caps_unref(first);
  gst_caps_unref(wanted);
}

GST_START_TEST(what_the_encoder_takes_as_it_is_comes_first) {
  assert_first_caps("audio-codec=libopus",
                    "audio/x-raw,format=S16LE,layout=interleaved,channels=[1,max],"
                    "rate={48000,24000,16000,12000,8000}");
  assert_first_caps(
      "audio-codec=libvorbis",
      "audio/x-raw,format=F32LE,layout=non-interleaved,channels=[1,max],rate=[1,max]");
}
GST_END_TEST

GST_START_TEST(samples_may_change_their_kind_in_mid_stream) {
  write_file("concat name=c ! " + audio_sink("location=" + at("out.wav")) +
             " audiotestsrc num-buffers=10 samplesperbuffer=800 ! audio/x-raw,format=S16LE,rate="
             "8000,channels=1 ! c. audiotestsrc num-buffers=10 samplesperbuffer=1600 ! "
             "audio/x-raw,format=F32LE,rate=16000,channels=2 ! c.");
  assert_text(of_streams(at("out.wav"), "stream=sample_rate,channels"), "8000\n1");
  fail_unless_equals_uint64(decoded<int16_t>(at("out.wav"), "s16le").size(), 16000);
}
GST_END_TEST

/* ---- Pads ----------------------------------------------------------------------------------- */

static std::string video_source(int n) {
  return "videotestsrc num-buffers=" + std::to_string(n) +
         " ! video/x-raw,format=I420,width=64,height=48,framerate=25/1 ! ";
}

GST_START_TEST(a_link_without_a_name_finds_the_kind_of_pad) {
  write_file(video_source(5) +
             "s. audiotestsrc num-buffers=5 ! s. containersink name=s location=" + at("out.mkv"));
  assert_text(of_streams(at("out.mkv"), "stream=codec_type"), "video\naudio");
}
GST_END_TEST

GST_START_TEST(each_pad_has_its_own) {
  write_file("audiotestsrc num-buffers=5 ! s.audio_0 audiotestsrc num-buffers=5 ! s.audio_1 "
             "containersink name=s audio-codec=flac audio_1::codec=pcm_s16le "
             "audio_0::stream-metadata=m,language=deu audio_1::stream-metadata=m,language=fra "
             "audio_1::disposition=default+forced location=" +
             at("out.mkv"));
  assert_text(of_streams(at("out.mkv"), "stream=codec_name"), "flac\npcm_s16le");
  assert_text(of_streams(at("out.mkv"), "stream_tags=language"), "deu\nfra");
  assert_text(of_streams(at("out.mkv"), "stream_disposition=default,forced"), "0\n0\n1\n1");
}
GST_END_TEST

GST_START_TEST(the_first_of_several_is_the_default) {
  write_file("audiotestsrc num-buffers=5 ! s.audio_0 audiotestsrc num-buffers=5 ! s.audio_1 "
             "containersink name=s audio-codec=mp2 location=" +
             at("out.nut"));
  assert_text(of_streams(at("out.nut"), "stream_disposition=default"), "1\n0");
}
GST_END_TEST

/* Before the first buffer of a source's pad. */
static void push_tags(GstElement *pipeline, const char *name, const char *text) {
  GstElement *src = gst_bin_get_by_name(GST_BIN(pipeline), name);
  GstPad *pad = gst_element_get_static_pad(src, "src");
  GstTagList *tags = gst_tag_list_new_from_string(text);
  gst_tag_list_set_scope(tags, GST_TAG_SCOPE_STREAM);
  gst_element_set_state(pipeline, GST_STATE_PAUSED);
  fail_unless(gst_pad_push_event(pad, gst_event_new_stream_start(name)));
  fail_unless(gst_pad_push_event(pad, gst_event_new_tag(tags)));
  gst_object_unref(pad);
  gst_object_unref(src);
}

GST_START_TEST(language_and_title_come_from_tags) {
  GstElement *pipeline =
      launch(sound_source("a") + "s.audio_0 " + sound_source("b") +
             "s.audio_1 containersink name=s audio-codec=flac location=" + at("out.mkv"));
  push_tags(pipeline, "a", "taglist,language-code=de,title=Kommentar");
  push_tags(pipeline, "b", "taglist,language-code=en");
  for (const char *name : {"a", "b"}) {
    push_sound(pipeline, name, {{0, 800, 0}});
    end(pipeline, name);
  }
  fail_unless(run(pipeline).eos);
  assert_text(of_streams(at("out.mkv"), "stream_tags=language"), "deu\neng");
  assert_text(of_streams(at("out.mkv"), "stream_tags=title"), "Kommentar");
}
GST_END_TEST

static const struct {
  const char *properties, *named;
} bad_settings[] = {
    {"location=%s/out.mkv audio-codec=nosuch", "`nosuch`"},
    {"location=%s/out.mkv audio-codec=libx264", "`libx264` is not for audio"},
    {"location=%s/out.mkv audio-codec=flac audio-codec-options=o,nosuch=1", "`nosuch`"},
    {"location=%s/out.mkv audio-codec=flac audio_0::codec-options=o,nonesuch=1", "`nonesuch`"},
    {"location=%s/out.mkv audio-codec=flac audio_0::disposition=loud", "`loud`"},
    {"location=%s/out.webm audio-codec=aac", "`webm`"},
    {"location=%s/out.gif", "holds no audio"},
    {"location=%s/out.y4m", "holds no audio"},
};

GST_START_TEST(bad_settings_are_refused_before_any_sample) {
  const auto &row = bad_settings[__i__];
  gchar *properties = g_strdup_printf(row.properties, folder.c_str());
  GstElement *pipeline =
      launch(std::string("audiotestsrc ! s.audio_0 containersink name=s ") + properties);
  g_free(properties);
  fail_unless_equals_int(gst_element_set_state(pipeline, GST_STATE_PAUSED),
                         GST_STATE_CHANGE_FAILURE);
  const Outcome outcome = await_outcome(pipeline);
  fail_unless(!outcome.eos && outcome.from_sink);
  fail_unless(strstr(outcome.message.c_str(), row.named) != nullptr, "%s", outcome.message.c_str());
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pipeline);
  fail_unless_equals_int(count_files(), 0);
}
GST_END_TEST

/* The next warning of the sink. */
static std::string await_warning(GstElement *pipeline) {
  GstBus *bus = gst_element_get_bus(pipeline);
  GstMessage *message = gst_bus_timed_pop_filtered(bus, 60 * GST_SECOND, GST_MESSAGE_WARNING);
  fail_unless(message != nullptr, "no warning");
  GError *error = nullptr;
  gst_message_parse_warning(message, &error, nullptr);
  const std::string text = error->message;
  g_error_free(error);
  gst_message_unref(message);
  gst_object_unref(bus);
  return text;
}

GST_START_TEST(an_unlinked_pad_is_left_out) {
  GstElement *pipeline = launch(video_source(10) +
                                "s.video_0 containersink name=s codec=mpeg4 "
                                "location=" +
                                at("out.mkv"));
  GstElement *element = gst_bin_get_by_name(GST_BIN(pipeline), "s");
  GstPad *pad = gst_element_request_pad_simple(element, "audio_%u");
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  const std::string warning = await_warning(pipeline);
  fail_unless(warning.find("audio_0 is not linked") != std::string::npos, "%s", warning.c_str());
  fail_unless(await_outcome(pipeline).eos);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pad);
  gst_object_unref(element);
  gst_object_unref(pipeline);
  assert_text(of_streams(at("out.mkv"), "stream=codec_type"), "video");
  assert_text(frames_of(at("out.mkv")), "10");
}
GST_END_TEST

/* Its upstream lives, but gives nothing; the others have ended, or wait for it. */
GST_START_TEST(a_silent_pad_is_left_out_after_a_while) {
  const int frames = __i__ == 0 ? 1 : 40;
  GstElement *pipeline = launch(
      video_source(frames) + "s.video_0 " + sound_source("a") +
      "s.audio_0 containersink name=s codec=mpeg4 pad-timeout=300000000 location=" + at("out.mkv"));
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  const std::string warning = await_warning(pipeline);
  fail_unless(warning.find("audio_0 had no data") != std::string::npos, "%s", warning.c_str());
  fail_unless(await_outcome(pipeline).eos);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pipeline);
  assert_text(of_streams(at("out.mkv"), "stream=codec_type"), "video");
  assert_text(frames_of(at("out.mkv")), std::to_string(frames));
}
GST_END_TEST

/* A source that is live gives nothing before it plays. */
GST_START_TEST(a_silent_pad_is_waited_for_while_paused) {
  GstElement *pipeline = launch(
      video_source(10) + "s.video_0 " + sound_source("a") +
      "s.audio_0 containersink name=s codec=mpeg4 pad-timeout=100000000 location=" + at("out.mkv"));
  gst_element_set_state(pipeline, GST_STATE_PAUSED);
  GstBus *bus = gst_element_get_bus(pipeline);
  GstMessage *warning =
      gst_bus_timed_pop_filtered(bus, GST_SECOND, GST_MESSAGE_WARNING); /* many times over */
  fail_unless(!warning);
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  await_warning(pipeline);
  fail_unless(await_outcome(pipeline).eos);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(bus);
  gst_object_unref(pipeline);
}
GST_END_TEST

GST_START_TEST(what_waits_for_a_silent_pad_is_written_when_all_stops) {
  GstElement *pipeline =
      launch(app_source("25/1") + "s.video_0 " + sound_source("a") +
             "s.audio_0 containersink name=s codec=ffv1 location=" + at("out.mkv"));
  GstElement *element = gst_bin_get_by_name(GST_BIN(pipeline), "s");
  GstElement *src = gst_bin_get_by_name(GST_BIN(pipeline), "src");
  GstPad *pad = gst_element_get_static_pad(src, "src");
  gint passed = 0;
  gst_pad_add_probe(
      pad, GST_PAD_PROBE_TYPE_BUFFER,
      +[](GstPad *, GstPadProbeInfo *, gpointer n) {
        g_atomic_int_inc(static_cast<gint *>(n));
        return GST_PAD_PROBE_OK;
      },
      &passed, nullptr);
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  GstBuffer *buffer = gst_buffer_new_allocate(nullptr, 64 * 48, nullptr);
  gst_buffer_memset(buffer, 0, 128, 64 * 48);
  GST_BUFFER_PTS(buffer) = 0;
  gst_app_src_push_buffer(GST_APP_SRC(src), gst_buffer_copy(buffer));
  GST_BUFFER_PTS(buffer) = 40 * ms;
  gst_app_src_push_buffer(GST_APP_SRC(src), buffer);
  /* The second goes once the first is queued at the pad. */
  while (g_atomic_int_get(&passed) < 2)
    g_usleep(1000);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pad);
  gst_object_unref(src);
  gst_object_unref(element);
  gst_object_unref(pipeline);
  assert_text(of_streams(at("out.mkv"), "stream=codec_type"), "video");
  fail_unless(times(at("out.mkv"), "pts_time").size() >= 1);
}
GST_END_TEST

GST_START_TEST(a_silent_pad_that_ends_holds_nobody_up) {
  GstElement *pipeline =
      launch(video_source(50) + "s.video_0 " + sound_source("a") +
             "s.audio_0 containersink name=s codec=mpeg4 location=" + at("out.mkv"));
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  end(pipeline, "a");
  fail_unless(await_outcome(pipeline).eos);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pipeline);
  assert_text(frames_of(at("out.mkv")), "50");
}
GST_END_TEST

GST_START_TEST(a_pad_may_end_long_before_the_other) {
  write_file(video_source(500) +
             "s.video_0 audiotestsrc num-buffers=10 ! s.audio_0 containersink "
             "name=s codec=mpeg4 audio-codec=flac location=" +
             at("a.mkv"));
  assert_text(frames_of(at("a.mkv")), "500");
  fail_unless_equals_uint64(decoded<int16_t>(at("a.mkv"), "s16le").size(), 10240);
  write_file(video_source(5) +
             "s.video_0 audiotestsrc num-buffers=1000 ! s.audio_0 containersink "
             "name=s codec=mpeg4 audio-codec=flac location=" +
             at("b.mkv"));
  assert_text(frames_of(at("b.mkv")), "5");
  fail_unless_equals_uint64(decoded<int16_t>(at("b.mkv"), "s16le").size(), 1024000);
}
GST_END_TEST

GST_START_TEST(a_pad_may_begin_long_after_the_other) {
  GstElement *pipeline = launch(
      video_source(500) + "s.video_0 " + sound_source("a") +
      "s.audio_0 containersink name=s codec=mpeg4 audio-codec=pcm_s16le location=" + at("out.nut"));
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  push_sound(pipeline, "a", {{0, 8000, 15 * GST_SECOND}});
  end(pipeline, "a");
  fail_unless(await_outcome(pipeline).eos);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pipeline);
  assert_text(frames_of(at("out.nut")), "500");
  const std::string packets =
      output_of({"ffprobe", "-v", "error", "-select_streams", "a", "-show_entries",
                 "packet=pts_time", "-of", "default=nw=1:nk=1", at("out.nut")});
  fail_unless(g_str_has_prefix(packets.c_str(), "15.000000\n"), "%.40s", packets.c_str());
  assert_samples(decoded<int16_t>(at("out.nut"), "s16le"), signals(0, 8000));
}
GST_END_TEST

GST_START_TEST(stopping_without_eos_leaves_a_whole_file) {
  GstElement *pipeline = launch(
      "videotestsrc ! video/x-raw,format=I420,width=64,height=48,framerate=25/1 ! identity "
      "sleep-time=500 ! s.video_0 audiotestsrc ! s.audio_0 containersink name=s codec=libx264 "
      "audio-codec=aac location=" +
      at("out.mp4"));
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  fail_unless_equals_int(gst_element_get_state(pipeline, nullptr, nullptr, 60 * GST_SECOND),
                         GST_STATE_CHANGE_SUCCESS);
  g_usleep(300000);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pipeline);
  assert_text(of_streams(at("out.mp4"), "stream=codec_name"), "h264\naac");
  fail_unless(!times(at("out.mp4"), "pts_time").empty());
  fail_unless(!decoded<int16_t>(at("out.mp4"), "s16le").empty());
}
GST_END_TEST

static Suite *containersink_audio_suite() {
  Suite *suite = suite_create("containersink-audio");
  TCase *tc = add_case(suite, "time");
  tcase_add_test(tc, samples_are_written_as_they_come);
  tcase_add_test(tc, jitter_of_timestamps_changes_nothing);
  tcase_add_test(tc, missing_time_becomes_silence);
  tcase_add_test(tc, a_marked_gap_counts_to_the_sample);
  tcase_add_test(tc, silence_may_be_longer_than_memory_would_hold_at_once);
  tcase_add_test(tc, what_was_there_already_is_cut_off);
  tcase_add_test(tc, gap_events_become_silence);
  tcase_add_test(tc, sound_keeps_its_place_beside_the_picture);
  tcase_add_test(tc, a_flush_moves_sound_and_picture_alike);
  tcase_add_loop_test(tc, delay_of_the_encoder_does_not_move_the_sound, 0,
                      G_N_ELEMENTS(delayed_codecs));

  tc = add_case(suite, "conversion");
  tcase_add_test(tc, planes_and_wide_samples_arrive_as_they_were);
  tcase_add_loop_test(tc, each_channel_keeps_its_place, 0, G_N_ELEMENTS(surround));
  tcase_add_loop_test(tc, what_an_encoder_does_not_take_is_converted, 0, G_N_ELEMENTS(conversions));
  tcase_add_test(tc, resampling_loses_no_sample);
  tcase_add_test(tc, what_the_encoder_takes_as_it_is_comes_first);
  tcase_add_test(tc, samples_may_change_their_kind_in_mid_stream);

  tc = add_case(suite, "pads");
  tcase_add_test(tc, a_link_without_a_name_finds_the_kind_of_pad);
  tcase_add_test(tc, each_pad_has_its_own);
  tcase_add_test(tc, the_first_of_several_is_the_default);
  tcase_add_test(tc, language_and_title_come_from_tags);
  tcase_add_loop_test(tc, bad_settings_are_refused_before_any_sample, 0,
                      G_N_ELEMENTS(bad_settings));
  tcase_add_test(tc, an_unlinked_pad_is_left_out);
  tcase_add_loop_test(tc, a_silent_pad_is_left_out_after_a_while, 0, 2);
  tcase_add_test(tc, a_silent_pad_is_waited_for_while_paused);
  tcase_add_test(tc, what_waits_for_a_silent_pad_is_written_when_all_stops);
  tcase_add_test(tc, a_silent_pad_that_ends_holds_nobody_up);
  tcase_add_test(tc, a_pad_may_end_long_before_the_other);
  tcase_add_test(tc, a_pad_may_begin_long_after_the_other);
  tcase_add_test(tc, stopping_without_eos_leaves_a_whole_file);
  return suite;
}

GST_CHECK_MAIN(containersink_audio);
