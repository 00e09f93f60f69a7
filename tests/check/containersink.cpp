/* gst-framewise: tests of containersink.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <gst/app/gstappsrc.h>
#include <gst/check/gstcheck.h>
#include <gst/video/video.h>

#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

namespace {

/* ---- Tools ------------------------------------------------------------------------------------
 */

std::string folder; /* of the running test; each runs in its own process */

void make_folder() {
  char *path = g_dir_make_tmp("containersink-XXXXXX", nullptr);
  fail_unless(path != nullptr);
  folder = path;
  g_free(path);
}

void remove_folder() {
  GDir *dir = g_dir_open(folder.c_str(), 0, nullptr);
  while (const char *name = dir ? g_dir_read_name(dir) : nullptr)
    g_unlink((folder + "/" + name).c_str());
  if (dir)
    g_dir_close(dir);
  g_rmdir(folder.c_str());
}

std::string at(const std::string &name) { return folder + "/" + name; }

std::string read_text(const std::string &path) {
  gchar *data = nullptr;
  gsize size = 0;
  if (!g_file_get_contents(path.c_str(), &data, &size, nullptr))
    return {};
  std::string text(data, size);
  g_free(data);
  return text;
}

bool exists(const std::string &path) { return access(path.c_str(), F_OK) == 0; }

int count_files() {
  int n = 0;
  GDir *dir = g_dir_open(folder.c_str(), 0, nullptr);
  while (g_dir_read_name(dir))
    n++;
  g_dir_close(dir);
  return n;
}

/* Standard output of a command. */
std::string output_of(const std::vector<std::string> &command) {
  std::vector<const char *> argv;
  for (const auto &word : command)
    argv.push_back(word.c_str());
  argv.push_back(nullptr);
  gchar *out = nullptr, *err = nullptr;
  gint status = -1;
  fail_unless(g_spawn_sync(nullptr, const_cast<gchar **>(argv.data()), nullptr, G_SPAWN_SEARCH_PATH,
                           nullptr, nullptr, &out, &err, &status, nullptr));
  fail_unless(status == 0, "%s: %s", command[0].c_str(), err);
  std::string text = out;
  g_free(out);
  g_free(err);
  while (!text.empty() && text.back() == '\n')
    text.pop_back();
  return text;
}

/* Values of stream fields, each in a line, in ffprobe's order. */
std::string probe(const std::string &file, const std::string &fields,
                  std::vector<std::string> input_options = {}) {
  std::vector<std::string> command{"ffprobe",         "-v", "error", "-count_frames",
                                   "-select_streams", "v:0"};
  command.insert(command.end(), input_options.begin(), input_options.end());
  for (const char *word : {"-show_entries", "-of"}) {
    command.push_back(word);
    command.push_back(std::string(word) == "-of" ? "default=nw=1:nk=1" : "stream=" + fields);
  }
  command.push_back(file);
  /* Where there are programs the stream is listed again. */
  std::string text = output_of(command);
  size_t end = 0;
  for (size_t n = 1 + std::count(fields.begin(), fields.end(), ','); n > 0 && end != text.npos; n--)
    end = text.find('\n', end + (end > 0));
  return text.substr(0, end);
}

std::string frames_of(const std::string &file) { return probe(file, "nb_read_frames"); }

/* A field of each frame, in seconds, in order of presentation. */
std::vector<double> times(const std::string &file, const std::string &field) {
  std::string text = output_of({"ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries",
                                "frame=" + field, "-of", "default=nw=1:nk=1", file});
  std::vector<double> result;
  gchar **lines = g_strsplit(text.c_str(), "\n", 0);
  for (gchar **line = lines; *line; line++)
    if (**line)
      result.push_back(g_ascii_strtod(*line, nullptr));
  g_strfreev(lines);
  return result;
}

/* md5 of every decoded frame. */
std::string hashes(const std::vector<std::string> &input) {
  std::vector<std::string> command{"ffmpeg", "-v", "error"};
  command.insert(command.end(), input.begin(), input.end());
  for (const char *word :
       {"-map", "0:v:0", "-fps_mode", "passthrough", "-f", "framehash", "-hash", "md5", "-"})
    command.push_back(word);
  std::string text = output_of(command), result;
  gchar **lines = g_strsplit(text.c_str(), "\n", 0);
  for (gchar **line = lines; *line; line++)
    if (**line && **line != '#')
      result += std::string(strrchr(*line, ',')) + "\n";
  g_strfreev(lines);
  return result;
}

void assert_text(const std::string &actual, const std::string &expected) {
  fail_unless(actual == expected, "`%s` is not `%s`", actual.c_str(), expected.c_str());
}

GstElement *launch(const std::string &description) {
  GError *error = nullptr;
  GstElement *pipeline = gst_parse_launch(description.c_str(), &error);
  fail_unless(pipeline && !error, "%s: %s", description.c_str(), error ? error->message : "");
  return pipeline;
}

struct Outcome {
  bool eos = false;
  bool from_sink = false;
  GQuark domain = 0;
  int code = 0;
  std::string message;
};

/* The first EOS or error. */
Outcome await_outcome(GstElement *pipeline) {
  GstBus *bus = gst_element_get_bus(pipeline);
  GstMessage *message = gst_bus_timed_pop_filtered(
      bus, 60 * GST_SECOND, GstMessageType(GST_MESSAGE_EOS | GST_MESSAGE_ERROR));
  fail_unless(message != nullptr, "neither EOS nor error");
  Outcome outcome;
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS) {
    outcome.eos = true;
  } else {
    GError *error = nullptr;
    gst_message_parse_error(message, &error, nullptr);
    outcome.domain = error->domain;
    outcome.code = error->code;
    outcome.message = error->message;
    outcome.from_sink =
        g_str_equal(G_OBJECT_TYPE_NAME(GST_MESSAGE_SRC(message)), "GstContainerSink");
    g_error_free(error);
  }
  gst_message_unref(message);
  gst_object_unref(bus);
  return outcome;
}

Outcome run(GstElement *pipeline) {
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  Outcome outcome = await_outcome(pipeline);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pipeline);
  return outcome;
}

Outcome run(const std::string &description) { return run(launch(description)); }

void write_file(const std::string &description) {
  Outcome outcome = run(description);
  fail_unless(outcome.eos, "%s: %s", description.c_str(), outcome.message.c_str());
}

/* `n` frames of 320x240 I420 at 30 Hz, into containersink with `properties`. */
std::string source(int n) {
  return "videotestsrc num-buffers=" + std::to_string(n) +
         " ! video/x-raw,format=I420,width=320,height=240,framerate=30/1 ! ";
}
std::string sink(const std::string &properties) { return "containersink name=sink " + properties; }

void assert_error(const Outcome &outcome, GQuark domain, int code, const char *named) {
  fail_if(outcome.eos, "no error");
  fail_unless(outcome.from_sink, "the first error is another element's: %s",
              outcome.message.c_str());
  fail_unless(outcome.domain == domain && outcome.code == code, "%s/%d: %s",
              g_quark_to_string(outcome.domain), outcome.code, outcome.message.c_str());
  fail_unless(outcome.message.find(named) != std::string::npos, "`%s` is not in: %s", named,
              outcome.message.c_str());
}

struct Frame {
  GstClockTime pts, duration;
};

/* Grey frames of 64x48 at the given times, then EOS. */
void push_frames(GstElement *pipeline, const std::vector<Frame> &frames) {
  GstElement *src = gst_bin_get_by_name(GST_BIN(pipeline), "src");
  for (const Frame &frame : frames) {
    GstBuffer *buffer = gst_buffer_new_allocate(nullptr, 64 * 48, nullptr);
    gst_buffer_memset(buffer, 0, 128, 64 * 48);
    GST_BUFFER_PTS(buffer) = frame.pts;
    GST_BUFFER_DURATION(buffer) = frame.duration;
    gst_app_src_push_buffer(GST_APP_SRC(src), buffer);
  }
  gst_app_src_end_of_stream(GST_APP_SRC(src));
  gst_object_unref(src);
}

std::string app_source(const std::string &framerate) {
  return "appsrc name=src format=time "
         "caps=video/x-raw,format=GRAY8,width=64,height=48,framerate=" +
         framerate + " ! ";
}

Outcome run_frames(const std::string &description, const std::vector<Frame> &frames) {
  GstElement *pipeline = launch(description);
  push_frames(pipeline, frames);
  return run(pipeline);
}

} // namespace

/* ---- Encoders and containers ------------------------------------------------------------------
 */

struct Combination {
  const char *file, *properties, *format, *rate;
};
static const Combination combinations[] = {
    {"x264.mp4", "codec=libx264", "yuv420p", "30/1"},
    {"x264.mkv", "codec=libx264", "yuv420p", "30/1"},
    {"x264.ts", "codec=libx264", "yuv420p", "30/1"},
    {"x264.flv", "codec=libx264", "yuv420p", "30/1"},
    {"x265.mkv", "codec=libx265 codec-options=o,preset=ultrafast", "yuv420p", "30/1"},
    {"mpeg4.avi", "codec=mpeg4", "yuv420p", "30/1"},
    {"mpeg2.mpg", "codec=mpeg2video", "yuv420p", "30/1"},
    {"mpeg2.ts", "codec=mpeg2video", "yuv420p", "30/1"},
    {"ffv1.mkv", "codec=ffv1", "yuv420p", "30/1"},
    {"mjpeg.avi", "codec=mjpeg", "yuvj420p", "30/1"},
    {"default.gif", "", "bgra", nullptr},
    {"vp8.webm", "codec=libvpx", "yuv420p", "30/1"},
    {"vp9.webm", "codec=libvpx-vp9 codec-options=o,deadline=realtime", "yuv420p", "30/1"},
    {"raw.nut", "codec=rawvideo", "yuv420p", "30/1"},
    {"prores.mov", "codec=prores_ks", "yuv422p10le", "30/1"},
    {"theora.ogv", "", "yuv420p", "30/1"},
};

GST_START_TEST(every_frame_is_in_the_file) {
  const Combination &c = combinations[__i__];
  const std::string file = at(c.file);
  write_file(source(30) + sink("location=" + file + " " + c.properties));
  assert_text(frames_of(file), "30");
  assert_text(probe(file, "width,height"), "320\n240");
  assert_text(probe(file, "pix_fmt"), c.format);
  if (c.rate)
    assert_text(probe(file, "r_frame_rate"), c.rate);
}
GST_END_TEST

GST_START_TEST(picture_pattern_makes_a_file_of_each_frame) {
  write_file("videotestsrc num-buffers=7 ! " + sink("location=" + at("frame%04d.png")));
  fail_unless_equals_int(count_files(), 7);
  assert_text(frames_of(at("frame0007.png")), "1");
}
GST_END_TEST

struct LosslessFormat {
  const char *gst, *av;
};
static const LosslessFormat lossless_formats[] = {
    {"I420", "yuv420p"},       {"Y42B", "yuv422p"}, {"Y444_10LE", "yuv444p10le"},
    {"GRAY16_LE", "gray16le"}, {"BGRA", "bgra"},
};

GST_START_TEST(lossless_codec_keeps_every_bit) {
  const LosslessFormat &format = lossless_formats[__i__];
  const std::string raw = at("in.raw"), file = at("out.mkv");
  write_file("videotestsrc num-buffers=5 ! video/x-raw,width=320,height=62,framerate=30/1,format=" +
             std::string(format.gst) + " ! tee name=t ! queue ! filesink location=" + raw +
             " t. ! queue ! " + sink("codec=ffv1 location=" + file));
  assert_text(probe(file, "pix_fmt"), format.av);
  const std::string expected =
      hashes({"-f", "rawvideo", "-pixel_format", format.av, "-video_size", "320x62", "-i", raw});
  assert_text(hashes({"-i", file}), expected);
}
GST_END_TEST

/* Rows of 37 and 19 bytes, none of them where libav wants it: the one copy must get them all. */
GST_START_TEST(odd_sizes_are_written_whole) {
  const std::string file = at("out.mkv"), reference = at("ref.mkv");
  const std::string frames =
      "videotestsrc num-buffers=3 ! video/x-raw,format=I420,width=37,height=19 ! ";
  write_file(frames + sink("codec=ffv1 location=" + file));
  write_file(frames + "avenc_ffv1 ! matroskamux ! filesink location=" + reference);
  assert_text(hashes({"-i", file}), hashes({"-i", reference}));
}
GST_END_TEST

GST_START_TEST(encoders_own_format_is_negotiated_where_upstream_is_free) {
  write_file("videotestsrc num-buffers=2 ! " + sink("codec=libx264 location=" + at("out.mp4")));
  assert_text(probe(at("out.mp4"), "pix_fmt"), "yuv420p");
}
GST_END_TEST

GST_START_TEST(pixel_format_is_converted_to_when_asked_for) {
  write_file(source(2) + sink("codec=libx264 pixel-format=yuv444p location=" + at("out.mkv")));
  assert_text(probe(at("out.mkv"), "pix_fmt"), "yuv444p");
}
GST_END_TEST

GST_START_TEST(closest_format_keeps_depth_and_alpha) {
  write_file("videotestsrc num-buffers=1 ! video/x-raw,format=Y444_12LE ! " +
             sink("codec=libx264 location=" + at("deep.mkv")));
  assert_text(probe(at("deep.mkv"), "pix_fmt"), "yuv444p10le");
  write_file("videotestsrc num-buffers=1 ! video/x-raw,format=ARGB ! " +
             sink("location=" + at("alpha.png")));
  assert_text(probe(at("alpha.png"), "pix_fmt"), "rgba");
}
GST_END_TEST

GST_START_TEST(nameless_formats_are_taken) {
  /* rows of 384 bytes either way */
  write_file("videotestsrc num-buffers=1 ! video/x-raw,format=GRAY8,width=384,height=48 ! "
             "capssetter caps=\"video/x-framewise,format=rgb48le,width=64,height=48,"
             "framerate=30/1\" replace=true join=false ! " +
             sink("location=" + at("deep.png")));
  assert_text(probe(at("deep.png"), "width,height,pix_fmt"), "64\n48\nrgb48be");
}
GST_END_TEST

/* ---- Time -------------------------------------------------------------------------------------
 */

static const std::vector<Frame> irregular = {
    {0, 40 * GST_MSECOND},
    {40 * GST_MSECOND, 3 * GST_MSECOND},
    {43 * GST_MSECOND, 1957 * GST_MSECOND},
    {2000 * GST_MSECOND, 17 * GST_MSECOND},
    {2017 * GST_MSECOND, 500 * GST_MSECOND},
};
static const char *irregular_targets[] = {"out.mkv codec=ffv1",    "out.mp4 codec=libx264",
                                          "out.mkv codec=libx264", "out.mp4 codec=mpeg4",
                                          "out.nut codec=ffv1",    "out.webm codec=libvpx"};

GST_START_TEST(variable_timestamps_are_kept) {
  const std::string target = irregular_targets[__i__];
  const std::string file = at(target.substr(0, target.find(' ')));
  Outcome outcome = run_frames(app_source("0/1") + sink("location=" + at(target)), irregular);
  fail_unless(outcome.eos, "%s", outcome.message.c_str());
  auto pts = times(file, "pts_time");
  fail_unless_equals_int(pts.size(), irregular.size());
  for (size_t i = 0; i < pts.size(); i++)
    fail_unless(ABS(pts[i] - double(irregular[i].pts) / GST_SECOND) < 0.0006, "frame %zu at %f", i,
                pts[i]);
  const double duration =
      g_ascii_strtod(output_of({"ffprobe", "-v", "error", "-show_entries", "format=duration", "-of",
                                "default=nw=1:nk=1", file})
                         .c_str(),
                     nullptr);
  const bool stores_end = !g_str_has_suffix(file.c_str(), ".nut");
  if (stores_end)
    fail_unless(ABS(duration - 2.517) < 0.0015, "the file ends at %f", duration);
}
GST_END_TEST

GST_START_TEST(timestamps_off_the_grid_of_the_rate_are_kept) {
  std::vector<Frame> frames;
  for (guint64 i = 0; i < 4; i++)
    frames.push_back({15 * GST_MSECOND + i * 40 * GST_MSECOND, 40 * GST_MSECOND});
  fail_unless(
      run_frames(app_source("25/1") + sink("codec=ffv1 location=" + at("out.mkv")), frames).eos);
  auto pts = times(at("out.mkv"), "pts_time");
  fail_unless_equals_int(pts.size(), 4);
  fail_unless(ABS(pts[0] - 0.015) < 0.0006);
  fail_unless(ABS(pts[3] - 0.135) < 0.0006);
}
GST_END_TEST

GST_START_TEST(frames_at_one_time_are_all_written) {
  const std::vector<Frame> frames = {{0, 40 * GST_MSECOND},
                                     {40 * GST_MSECOND, 40 * GST_MSECOND},
                                     {40 * GST_MSECOND, 40 * GST_MSECOND},
                                     {0, 40 * GST_MSECOND},
                                     {160 * GST_MSECOND, 40 * GST_MSECOND}};
  fail_unless(
      run_frames(app_source("25/1") + sink("codec=libx264 location=" + at("out.mp4")), frames).eos);
  assert_text(frames_of(at("out.mp4")), "5");
  auto pts = times(at("out.mp4"), "pts_time");
  for (size_t i = 1; i < pts.size(); i++)
    fail_unless(pts[i] > pts[i - 1]);
}
GST_END_TEST

GST_START_TEST(missing_timestamps_are_made_from_the_rate) {
  const std::vector<Frame> frames(3, {GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE});
  fail_unless(
      run_frames(app_source("25/1") + sink("codec=ffv1 location=" + at("out.mkv")), frames).eos);
  auto pts = times(at("out.mkv"), "pts_time");
  fail_unless_equals_int(pts.size(), 3);
  fail_unless(ABS(pts[2] - 0.08) < 0.0006);
}
GST_END_TEST

GST_START_TEST(framerate_property_overrides_the_caps) {
  fail_unless(
      run_frames(app_source("0/1") + sink("codec=mpeg4 framerate=50/1 location=" + at("out.avi")),
                 {{0, 20 * GST_MSECOND}, {20 * GST_MSECOND, 20 * GST_MSECOND}})
          .eos);
  assert_text(probe(at("out.avi"), "r_frame_rate"), "50/1");
}
GST_END_TEST

GST_START_TEST(rate_is_demanded_where_codec_or_container_needs_it) {
  static const char *targets[] = {"out.avi codec=mpeg4", "out.ts codec=mpeg2video"};
  assert_error(run_frames(app_source("0/1") + sink("location=" + at(targets[__i__])), irregular),
               GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT, "framerate=");
  fail_unless_equals_int(count_files(), 0);
}
GST_END_TEST

/* ---- What the frames say ----------------------------------------------------------------------
 */

GST_START_TEST(aspect_ratio_and_colour_are_written) {
  write_file("videotestsrc num-buffers=3 ! video/x-raw,format=I420,width=320,height=240,"
             "pixel-aspect-ratio=4/3,colorimetry=bt709,chroma-site=mpeg2 ! " +
             sink("codec=libx264 location=" + at("out.mkv")));
  assert_text(probe(at("out.mkv"), "sample_aspect_ratio"), "4:3");
  assert_text(probe(at("out.mkv"), "color_range,color_space,color_transfer,color_primaries"),
              "tv\nbt709\nbt709\nbt709");
}
GST_END_TEST

GST_START_TEST(full_range_stays_full_range) {
  write_file(
      "videotestsrc num-buffers=3 ! video/x-raw,format=I420,colorimetry=1:4:5:1 ! tee name=t "
      "! queue ! " +
      sink("codec=ffv1 location=" + at("out.mkv")) +
      " t. ! queue ! containersink codec=libx264 location=" + at("out.mp4"));
  assert_text(probe(at("out.mkv"), "color_range"), "pc");
  assert_text(probe(at("out.mp4"), "pix_fmt,color_range"), "yuvj420p\npc");
}
GST_END_TEST

GST_START_TEST(hdr_side_data_is_written) {
  write_file(
      "videotestsrc num-buffers=2 ! capssetter caps=\"video/x-raw,"
      "mastering-display-info=(string)34000:16000:13250:34500:7500:3000:15635:16450:10000000:"
      "1,content-light-level=(string)1000:400\" ! " +
      sink("codec=ffv1 location=" + at("out.mkv")));
  const std::string text = output_of({"ffprobe", "-v", "error", "-show_streams", at("out.mkv")});
  fail_unless(text.find("max_content=1000") != std::string::npos, "%s", text.c_str());
  fail_unless(text.find("Mastering display metadata") != std::string::npos, "%s", text.c_str());
}
GST_END_TEST

GST_START_TEST(field_order_is_written) {
  write_file("videotestsrc num-buffers=3 ! video/x-raw,format=I420,width=320,height=240,"
             "framerate=25/1,interlace-mode=interleaved,field-order=top-field-first ! " +
             sink("codec=libx264 location=" + at("out.mkv")));
  const std::string order = probe(at("out.mkv"), "field_order");
  fail_unless(order == "tt" || order == "tb", "%s", order.c_str());
}
GST_END_TEST

GST_START_TEST(metadata_is_written) {
  GstElement *pipeline = launch(source(2) + sink("location=" + at("out.mkv")));
  GstElement *element = gst_bin_get_by_name(GST_BIN(pipeline), "sink");
  GstStructure *file_tags = gst_structure_new("m", "title", G_TYPE_STRING, "Häfen", nullptr);
  GstStructure *stream_tags = gst_structure_new("m", "language", G_TYPE_STRING, "deu", nullptr);
  g_object_set(element, "container-metadata", file_tags, "stream-metadata", stream_tags, nullptr);
  gst_structure_free(file_tags);
  gst_structure_free(stream_tags);
  gst_object_unref(element);
  fail_unless(run(pipeline).eos);
  assert_text(output_of({"ffprobe", "-v", "error", "-show_entries",
                         "format_tags=title:stream_tags=language", "-of", "default=nw=1:nk=1",
                         at("out.mkv")}),
              "deu\nHäfen");
}
GST_END_TEST

/* ---- Encoder settings -------------------------------------------------------------------------
 */

static std::string picture_types(const std::string &file) {
  std::string text = output_of({"ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries",
                                "frame=pict_type", "-of", "default=nw=1:nk=1", file});
  std::erase(text, '\n');
  return text;
}

GST_START_TEST(keyframe_interval_and_options_reach_the_encoder) {
  write_file(
      source(10) +
      sink("codec=libx264 max-keyframe-interval=5 codec-options=o,bf=0 location=" + at("out.mkv")));
  assert_text(picture_types(at("out.mkv")), "IPPPPIPPPP");
}
GST_END_TEST

GST_START_TEST(key_unit_event_makes_that_frame_a_key_picture) {
  GstElement *pipeline = launch(
      app_source("25/1") + sink("codec=libx264 codec-options=o,bf=0 location=" + at("out.mkv")));
  GstElement *src = gst_bin_get_by_name(GST_BIN(pipeline), "src");
  GstPad *pad = gst_element_get_static_pad(src, "src");
  /* behind frame 2, for running time 160 ms: frame 4 */
  gst_pad_add_probe(
      pad, GST_PAD_PROBE_TYPE_BUFFER,
      [](GstPad *probed, GstPadProbeInfo *info, gpointer) {
        if (GST_BUFFER_PTS(GST_PAD_PROBE_INFO_BUFFER(info)) == 80 * GST_MSECOND)
          gst_pad_push_event(
              probed, gst_video_event_new_downstream_force_key_unit(
                          GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE, 160 * GST_MSECOND, TRUE, 1));
        return GST_PAD_PROBE_OK;
      },
      nullptr, nullptr);
  std::vector<Frame> frames;
  for (guint64 i = 0; i < 7; i++)
    frames.push_back({i * 40 * GST_MSECOND, 40 * GST_MSECOND});
  push_frames(pipeline, frames);
  gst_object_unref(pad);
  gst_object_unref(src);
  fail_unless(run(pipeline).eos);
  assert_text(picture_types(at("out.mkv")), "IPPPIPP");
}
GST_END_TEST

GST_START_TEST(container_options_reach_the_muxer) {
  write_file(source(2) + sink("codec=libx264 container-options=o,movflags=+faststart location=" +
                              at("out.mp4")));
  const std::string data = read_text(at("out.mp4"));
  fail_unless(data.find("moov") < data.find("mdat"));
}
GST_END_TEST

/* ---- Always a good file -----------------------------------------------------------------------
 */

GST_START_TEST(stats_tell_what_was_written) {
  GstElement *pipeline = launch(source(30) + sink("codec=libx264 location=" + at("out.mp4")));
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  fail_unless(await_outcome(pipeline).eos);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  GstElement *element = gst_bin_get_by_name(GST_BIN(pipeline), "sink");
  GstStructure *stats = nullptr;
  g_object_get(element, "stats", &stats, nullptr);
  guint64 frames, bytes, duration, key_frames;
  fail_unless(gst_structure_get(stats, "frames", G_TYPE_UINT64, &frames, "bytes", G_TYPE_UINT64,
                                &bytes, "duration", G_TYPE_UINT64, &duration, "key-frames",
                                G_TYPE_UINT64, &key_frames, nullptr));
  fail_unless_equals_uint64(frames, 30);
  fail_unless_equals_uint64(duration, GST_SECOND);
  fail_unless_equals_uint64(key_frames, 1);
  fail_unless_equals_uint64(bytes, read_text(at("out.mp4")).size());
  gst_structure_free(stats);
  gst_object_unref(element);
  gst_object_unref(pipeline);
}
GST_END_TEST

/* Waits until `n` frames went into the sink's encoder. */
static void await_frames(GstElement *pipeline, int n) {
  struct Counter {
    GMutex lock;
    GCond changed;
    int left;
  } counter = {};
  counter.left = n;
  g_mutex_init(&counter.lock);
  g_cond_init(&counter.changed);
  GstElement *element = gst_bin_get_by_name(GST_BIN(pipeline), "sink");
  GstElement *end = gst_bin_get_by_name(GST_BIN(element), "end");
  GstPad *pad = gst_element_get_static_pad(end, "sink");
  gulong id = gst_pad_add_probe(
      pad, GST_PAD_PROBE_TYPE_BUFFER,
      [](GstPad *, GstPadProbeInfo *, gpointer data) {
        auto *c = static_cast<Counter *>(data);
        g_mutex_lock(&c->lock);
        c->left--;
        g_cond_signal(&c->changed);
        g_mutex_unlock(&c->lock);
        return GST_PAD_PROBE_OK;
      },
      &counter, nullptr);
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  g_mutex_lock(&counter.lock);
  while (counter.left > 0)
    g_cond_wait(&counter.changed, &counter.lock);
  g_mutex_unlock(&counter.lock);
  gst_pad_remove_probe(pad, id);
  gst_object_unref(pad);
  gst_object_unref(end);
  gst_object_unref(element);
}

static const char *interrupted_targets[] = {"out.mp4", "out.mkv", "out.avi"};

GST_START_TEST(stop_without_eos_finishes_the_file) {
  const std::string file = at(interrupted_targets[__i__]);
  GstElement *pipeline = launch("videotestsrc ! video/x-raw,format=I420,framerate=30/1 ! " +
                                sink("codec=mpeg4 location=" + file));
  await_frames(pipeline, 20);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  GstElement *element = gst_bin_get_by_name(GST_BIN(pipeline), "sink");
  GstStructure *stats = nullptr;
  g_object_get(element, "stats", &stats, nullptr);
  guint64 frames = 0;
  gst_structure_get_uint64(stats, "frames", &frames);
  fail_unless(frames >= 20);
  assert_text(frames_of(file), std::to_string(frames));
  gst_structure_free(stats);
  gst_object_unref(element);
  gst_object_unref(pipeline);
}
GST_END_TEST

GST_START_TEST(error_upstream_leaves_a_file_that_plays) {
  GstElement *pipeline =
      launch("videotestsrc num-buffers=30 ! video/x-raw,framerate=30/1 ! identity "
             "error-after=20 ! " +
             sink("codec=libx264 location=" + at("out.mp4")));
  Outcome outcome = run(pipeline);
  fail_if(outcome.eos);
  fail_if(outcome.from_sink);
  fail_unless(g_ascii_strtoll(frames_of(at("out.mp4")).c_str(), nullptr, 10) >= 18);
}
GST_END_TEST

GST_START_TEST(file_at_the_location_is_replaced_when_the_new_one_is_whole) {
  const std::string file = at("out.mp4");
  fail_unless(g_file_set_contents(file.c_str(), "old", -1, nullptr));
  g_chmod(file.c_str(), 0640);
  GstElement *pipeline =
      launch("videotestsrc ! video/x-raw,format=I420 ! " + sink("codec=mpeg4 location=" + file));
  await_frames(pipeline, 5);
  assert_text(read_text(file), "old");
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pipeline);
  fail_unless(g_ascii_strtoll(frames_of(file).c_str(), nullptr, 10) >= 5);
  struct stat st;
  fail_unless(stat(file.c_str(), &st) == 0);
  fail_unless_equals_int(st.st_mode & 0777, 0640);
  fail_unless_equals_int(count_files(), 1);
}
GST_END_TEST

GST_START_TEST(link_at_the_location_stays_a_link) {
  fail_unless(g_file_set_contents(at("real.mkv").c_str(), "old", -1, nullptr));
  fail_unless(symlink("real.mkv", at("link.mkv").c_str()) == 0);
  write_file(source(3) + sink("location=" + at("link.mkv")));
  fail_unless(g_file_test(at("link.mkv").c_str(), G_FILE_TEST_IS_SYMLINK));
  assert_text(frames_of(at("real.mkv")), "3");
}
GST_END_TEST

/* Two sizes, the second after ten frames. */
static std::string changing_source() {
  return "concat name=c ! " + sink("location=" + at("out.mkv")) +
         " videotestsrc num-buffers=10 ! video/x-raw,format=I420,width=320,height=240 ! c. "
         "videotestsrc num-buffers=10 ! video/x-raw,format=I420,width=160,height=120 ! c.";
}

GST_START_TEST(change_of_size_is_refused_with_the_way_out) {
  Outcome outcome = run(changing_source());
  assert_error(outcome, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
               "graphfilter filter-sequence=\"scale=320:240\"");
  /* what came before it is a whole file */
  assert_text(frames_of(at("out.mkv")), "10");
}
GST_END_TEST

GST_START_TEST(file_at_the_location_survives_an_error) {
  fail_unless(g_file_set_contents(at("out.mkv").c_str(), "old", -1, nullptr));
  fail_if(run(changing_source()).eos);
  assert_text(read_text(at("out.mkv")), "old");
  fail_unless_equals_int(count_files(), 1);
}
GST_END_TEST

GST_START_TEST(element_writes_again_after_ready) {
  GstElement *pipeline = launch(source(5) + sink("codec=mpeg4 location=" + at("a.mkv")));
  GstElement *element = gst_bin_get_by_name(GST_BIN(pipeline), "sink");
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  fail_unless(await_outcome(pipeline).eos);
  gst_element_set_state(pipeline, GST_STATE_READY);
  g_object_set(element, "location", at("b.avi").c_str(), nullptr);
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  fail_unless(await_outcome(pipeline).eos);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  assert_text(frames_of(at("a.mkv")), "5");
  assert_text(frames_of(at("b.avi")), "5");
  gst_object_unref(element);
  gst_object_unref(pipeline);
}
GST_END_TEST

GST_START_TEST(states_can_change_at_any_time) {
  GstElement *pipeline = launch("videotestsrc ! video/x-raw,width=64,height=48 ! " +
                                sink("codec=mpeg4 location=" + at("out.mkv")));
  const GstState states[] = {GST_STATE_PLAYING, GST_STATE_PAUSED,  GST_STATE_READY,
                             GST_STATE_PAUSED,  GST_STATE_PLAYING, GST_STATE_NULL};
  for (int i = 0; i < 60; i++)
    fail_if(gst_element_set_state(pipeline, states[i % G_N_ELEMENTS(states)]) ==
            GST_STATE_CHANGE_FAILURE);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pipeline);
  fail_if(exists(at("out.mkv.part")));
}
GST_END_TEST

/* A seek restarts running time; the file goes on where it was. */
GST_START_TEST(seek_goes_on_writing_behind_what_is_there) {
  GstElement *pipeline =
      launch("videotestsrc num-buffers=40 ! video/x-raw,width=64,height=48,framerate=25/1 ! " +
             sink("codec=ffv1 location=" + at("out.mkv")));
  await_frames(pipeline, 5);
  fail_unless(gst_element_seek_simple(pipeline, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, 0));
  fail_unless(await_outcome(pipeline).eos);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pipeline);
  auto pts = times(at("out.mkv"), "pts_time");
  fail_unless(pts.size() >= 5);
  for (size_t i = 1; i < pts.size(); i++)
    fail_unless(ABS(pts[i] - pts[i - 1] - 0.04) < 0.0015, "%f after %f", pts[i], pts[i - 1]);
}
GST_END_TEST

GST_START_TEST(two_pads_make_two_streams) {
  write_file(
      "videotestsrc num-buffers=10 ! video/x-raw,width=64,height=48 ! s.video_1 videotestsrc "
      "num-buffers=5 ! video/x-raw,width=32,height=32 ! s.video_0 containersink name=s "
      "codec=mpeg4 location=" +
      at("out.mkv"));
  assert_text(output_of({"ffprobe", "-v", "error", "-count_frames", "-show_entries",
                         "stream=nb_read_frames", "-of", "default=nw=1:nk=1", at("out.mkv")}),
              "10\n5");
}
GST_END_TEST

/* ---- Errors -----------------------------------------------------------------------------------
 */

struct BadSettings {
  const char *properties; /* @ stands for the test's folder */
  const char *named;
  bool is_resource;
  int code;
};
static const BadSettings bad_settings[] = {
    {"", "location=", true, GST_RESOURCE_ERROR_NOT_FOUND},
    {"location=@/a.mkv codec=nosuch", "`nosuch`", false, GST_LIBRARY_ERROR_SETTINGS},
    {"location=@/a.mkv codec=aac", "`aac`", false, GST_LIBRARY_ERROR_SETTINGS},
    {"location=@/a.mkv container=nosuch", "`nosuch`", false, GST_LIBRARY_ERROR_SETTINGS},
    {"location=@/a.nosuch", "a.nosuch", false, GST_LIBRARY_ERROR_SETTINGS},
    {"location=@/a.mkv pixel-format=nosuch", "`nosuch`", false, GST_LIBRARY_ERROR_SETTINGS},
    {"location=@/a.mkv codec=libx264 pixel-format=rgb24", "`rgb24`", false,
     GST_LIBRARY_ERROR_SETTINGS},
    {"location=@/a.mkv codec=libx264 codec-options=o,presett=fast,crf=20", "`presett`", false,
     GST_LIBRARY_ERROR_SETTINGS},
    {"location=@/a.mkv codec=libx264 codec-options=o,crf=abc", "`crf`", false,
     GST_LIBRARY_ERROR_SETTINGS},
    {"location=@/a.mkv container-options=o,nosuch=1", "`nosuch`", false,
     GST_LIBRARY_ERROR_SETTINGS},
    {"location=@/nosuch/a.mkv", "/nosuch`", true, GST_RESOURCE_ERROR_NOT_FOUND},
    {"location=@ container=matroska", "folder", true, GST_RESOURCE_ERROR_OPEN_WRITE},
    {"location=nosuch://a.mkv", "nosuch://", true, GST_RESOURCE_ERROR_NOT_FOUND},
};

GST_START_TEST(bad_settings_are_refused_before_any_frame) {
  const BadSettings &bad = bad_settings[__i__];
  std::string properties = bad.properties;
  if (auto mark = properties.find('@'); mark != std::string::npos)
    properties.replace(mark, 1, folder);
  GstElement *pipeline = launch(source(3) + sink(properties));
  fail_unless_equals_int(gst_element_set_state(pipeline, GST_STATE_PAUSED),
                         GST_STATE_CHANGE_FAILURE);
  assert_error(await_outcome(pipeline), bad.is_resource ? GST_RESOURCE_ERROR : GST_LIBRARY_ERROR,
               bad.code, bad.named);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pipeline);
  fail_unless_equals_int(count_files(), 0);
}
GST_END_TEST

GST_START_TEST(codec_that_the_container_cannot_hold_is_refused) {
  assert_error(run(source(3) + sink("codec=libx264 location=" + at("a.webm"))), GST_STREAM_ERROR,
               GST_STREAM_ERROR_MUX, "`webm`");
  fail_unless_equals_int(count_files(), 0);
}
GST_END_TEST

GST_START_TEST(size_that_the_encoder_cannot_take_is_refused) {
  assert_error(run("videotestsrc num-buffers=3 ! video/x-raw,format=I420,width=63,height=47 ! " +
                   sink("codec=libx264 location=" + at("a.mkv"))),
               GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT, "crop=62:46");
  fail_unless_equals_int(count_files(), 0);
}
GST_END_TEST

/* Root may write everywhere. */
static bool become_nobody() { return geteuid() != 0 || seteuid(65534) == 0; }

GST_START_TEST(folder_without_permission_is_refused) {
  g_chmod(folder.c_str(), 0555);
  fail_unless(become_nobody());
  Outcome outcome = run(source(3) + sink("location=" + at("a.mkv")));
  fail_unless(getuid() != 0 || seteuid(0) == 0);
  g_chmod(folder.c_str(), 0755);
  assert_error(outcome, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_WRITE, folder.c_str());
}
GST_END_TEST

GST_START_TEST(file_without_permission_is_refused) {
  fail_unless(g_file_set_contents(at("a.mkv").c_str(), "old", -1, nullptr));
  g_chmod(at("a.mkv").c_str(), 0444);
  g_chmod(folder.c_str(), 0777);
  fail_unless(become_nobody());
  Outcome outcome = run(source(3) + sink("location=" + at("a.mkv")));
  fail_unless(getuid() != 0 || seteuid(0) == 0);
  assert_error(outcome, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_WRITE, "a.mkv");
  assert_text(read_text(at("a.mkv")), "old");
}
GST_END_TEST

static const char *full_containers[] = {"matroska", "mp4", "mpegts", "avi"};

GST_START_TEST(full_device_is_one_error) {
  const std::string container = full_containers[__i__];
  GstElement *pipeline =
      launch(source(3) + sink("codec=mpeg4 location=/dev/full container=" + container));
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  GstBus *bus = gst_element_get_bus(pipeline);
  GstMessage *message = gst_bus_timed_pop_filtered(
      bus, 60 * GST_SECOND, GstMessageType(GST_MESSAGE_EOS | GST_MESSAGE_ERROR));
  fail_unless(message && GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR);
  GError *error = nullptr;
  gst_message_parse_error(message, &error, nullptr);
  fail_unless(g_error_matches(error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NO_SPACE_LEFT), "%s",
              error->message);
  g_error_free(error);
  GstObject *culprit = GST_MESSAGE_SRC(message);
  assert_text(GST_OBJECT_NAME(culprit), "sink");
  gst_element_set_state(pipeline, GST_STATE_READY);
  while (GstMessage *next =
             gst_bus_pop_filtered(bus, GstMessageType(GST_MESSAGE_EOS | GST_MESSAGE_ERROR))) {
    fail_if(GST_MESSAGE_SRC(next) == culprit, "a second word from the sink");
    fail_if(GST_MESSAGE_TYPE(next) == GST_MESSAGE_EOS, "EOS after an error");
    gst_message_unref(next);
  }
  gst_message_unref(message);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(bus);
  gst_object_unref(pipeline);
}
GST_END_TEST

GST_START_TEST(end_without_a_frame_is_an_error_and_leaves_no_file) {
  Outcome outcome = run_frames(app_source("25/1") + sink("location=" + at("a.mkv")), {});
  assert_error(outcome, GST_STREAM_ERROR, GST_STREAM_ERROR_MUX, "a.mkv");
  fail_unless_equals_int(count_files(), 0);
}
GST_END_TEST

GST_START_TEST(second_picture_without_a_pattern_is_refused) {
  assert_error(run(source(3) + sink("location=" + at("one.png"))), GST_STREAM_ERROR,
               GST_STREAM_ERROR_MUX, "pattern");
}
GST_END_TEST

/* ---- Manners ----------------------------------------------------------------------------------
 */

GST_START_TEST(properties_come_back_as_set) {
  GstElement *element = gst_element_factory_make("containersink", nullptr);
  gst_object_ref_sink(element);
  gst_util_set_object_arg(G_OBJECT(element), "location", "a.mkv");
  gst_util_set_object_arg(G_OBJECT(element), "framerate", "30000/1001");
  gst_util_set_object_arg(G_OBJECT(element), "closed-gop", "true");
  gst_util_set_object_arg(G_OBJECT(element), "codec-options", "o,crf=20");
  gst_util_set_object_arg(G_OBJECT(element), "max-keyframe-interval", "12");
  gchar *location;
  gint num, den, interval, gop;
  GstStructure *options;
  GValue rate = G_VALUE_INIT;
  g_value_init(&rate, GST_TYPE_FRACTION);
  g_object_get_property(G_OBJECT(element), "framerate", &rate);
  num = gst_value_get_fraction_numerator(&rate);
  den = gst_value_get_fraction_denominator(&rate);
  g_object_get(element, "location", &location, "closed-gop", &gop, "codec-options", &options,
               "max-keyframe-interval", &interval, nullptr);
  assert_text(location, "a.mkv");
  fail_unless(num == 30000 && den == 1001);
  fail_unless_equals_int(gop, 2);
  fail_unless_equals_int(interval, 12);
  fail_unless(gst_structure_has_field(options, "crf"));
  g_free(location);
  gst_structure_free(options);
  gst_object_unref(element);
}
GST_END_TEST

GST_START_TEST(pads_come_and_go) {
  GstElement *element = gst_element_factory_make("containersink", nullptr);
  gst_object_ref_sink(element);
  GstPad *first = gst_element_request_pad_simple(element, "video_%u");
  GstPad *third = gst_element_request_pad_simple(element, "video_3");
  GstPad *next = gst_element_request_pad_simple(element, "video_%u");
  assert_text(GST_PAD_NAME(first), "video_0");
  assert_text(GST_PAD_NAME(third), "video_3");
  assert_text(GST_PAD_NAME(next), "video_4");
  for (GstPad *pad : {first, third, next}) {
    gst_element_release_request_pad(element, pad);
    gst_object_unref(pad);
  }
  fail_unless_equals_int(element->numsinkpads, 0);
  gst_object_unref(element);
}
GST_END_TEST

GST_START_TEST(upstream_is_given_frames_that_need_no_copy) {
  GstElement *pipeline = launch("videotestsrc num-buffers=3 ! video/x-raw,format=I420,width=62,"
                                "height=46 ! identity name=probed ! " +
                                sink("codec=ffv1 location=" + at("a.mkv")));
  GstElement *probed = gst_bin_get_by_name(GST_BIN(pipeline), "probed");
  GstPad *pad = gst_element_get_static_pad(probed, "src");
  static int aligned; /* frames */
  aligned = 0;
  gst_pad_add_probe(
      pad, GST_PAD_PROBE_TYPE_BUFFER,
      [](GstPad *, GstPadProbeInfo *info, gpointer) {
        GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER(info);
        GstVideoMeta *meta = gst_buffer_get_video_meta(buffer);
        GstMapInfo map;
        fail_unless(gst_buffer_map(buffer, &map, GST_MAP_READ));
        if (meta && meta->stride[0] % 32 == 0 && meta->stride[1] % 32 == 0 &&
            GPOINTER_TO_SIZE(map.data) % 32 == 0)
          aligned++;
        gst_buffer_unmap(buffer, &map);
        return GST_PAD_PROBE_OK;
      },
      nullptr, nullptr);
  gst_object_unref(pad);
  gst_object_unref(probed);
  fail_unless(run(pipeline).eos);
  fail_unless_equals_int(aligned, 3);
}
GST_END_TEST

static Suite *containersink_suite() {
  Suite *suite = suite_create("containersink");
  auto add_case = [&](const char *name) {
    TCase *tc = tcase_create(name);
    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, make_folder, remove_folder);
    suite_add_tcase(suite, tc);
    return tc;
  };

  TCase *tc = add_case("encoders and containers");
  tcase_add_loop_test(tc, every_frame_is_in_the_file, 0, G_N_ELEMENTS(combinations));
  tcase_add_test(tc, picture_pattern_makes_a_file_of_each_frame);
  tcase_add_loop_test(tc, lossless_codec_keeps_every_bit, 0, G_N_ELEMENTS(lossless_formats));
  tcase_add_test(tc, odd_sizes_are_written_whole);
  tcase_add_test(tc, encoders_own_format_is_negotiated_where_upstream_is_free);
  tcase_add_test(tc, pixel_format_is_converted_to_when_asked_for);
  tcase_add_test(tc, closest_format_keeps_depth_and_alpha);
  tcase_add_test(tc, nameless_formats_are_taken);

  tc = add_case("time");
  tcase_add_loop_test(tc, variable_timestamps_are_kept, 0, G_N_ELEMENTS(irregular_targets));
  tcase_add_test(tc, timestamps_off_the_grid_of_the_rate_are_kept);
  tcase_add_test(tc, frames_at_one_time_are_all_written);
  tcase_add_test(tc, missing_timestamps_are_made_from_the_rate);
  tcase_add_test(tc, framerate_property_overrides_the_caps);
  tcase_add_loop_test(tc, rate_is_demanded_where_codec_or_container_needs_it, 0, 2);

  tc = add_case("what the frames say");
  tcase_add_test(tc, aspect_ratio_and_colour_are_written);
  tcase_add_test(tc, full_range_stays_full_range);
  tcase_add_test(tc, hdr_side_data_is_written);
  tcase_add_test(tc, field_order_is_written);
  tcase_add_test(tc, metadata_is_written);

  tc = add_case("encoder settings");
  tcase_add_test(tc, keyframe_interval_and_options_reach_the_encoder);
  tcase_add_test(tc, key_unit_event_makes_that_frame_a_key_picture);
  tcase_add_test(tc, container_options_reach_the_muxer);

  tc = add_case("always a good file");
  tcase_add_test(tc, stats_tell_what_was_written);
  tcase_add_loop_test(tc, stop_without_eos_finishes_the_file, 0, G_N_ELEMENTS(interrupted_targets));
  tcase_add_test(tc, error_upstream_leaves_a_file_that_plays);
  tcase_add_test(tc, file_at_the_location_is_replaced_when_the_new_one_is_whole);
  tcase_add_test(tc, link_at_the_location_stays_a_link);
  tcase_add_test(tc, change_of_size_is_refused_with_the_way_out);
  tcase_add_test(tc, file_at_the_location_survives_an_error);
  tcase_add_test(tc, element_writes_again_after_ready);
  tcase_add_test(tc, states_can_change_at_any_time);
  tcase_add_test(tc, seek_goes_on_writing_behind_what_is_there);
  tcase_add_test(tc, two_pads_make_two_streams);

  tc = add_case("errors");
  tcase_add_loop_test(tc, bad_settings_are_refused_before_any_frame, 0, G_N_ELEMENTS(bad_settings));
  tcase_add_test(tc, codec_that_the_container_cannot_hold_is_refused);
  tcase_add_test(tc, size_that_the_encoder_cannot_take_is_refused);
  tcase_add_test(tc, folder_without_permission_is_refused);
  tcase_add_test(tc, file_without_permission_is_refused);
  tcase_add_loop_test(tc, full_device_is_one_error, 0, G_N_ELEMENTS(full_containers));
  tcase_add_test(tc, end_without_a_frame_is_an_error_and_leaves_no_file);
  tcase_add_test(tc, second_picture_without_a_pattern_is_refused);

  tc = add_case("manners");
  tcase_add_test(tc, properties_come_back_as_set);
  tcase_add_test(tc, pads_come_and_go);
  tcase_add_test(tc, upstream_is_given_frames_that_need_no_copy);
  return suite;
}

GST_CHECK_MAIN(containersink);
