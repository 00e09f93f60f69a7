/* gst-framewise: what tests of a writer need: pipelines, ffprobe, folders.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/app/gstappsrc.h>
#include <gst/check/gstcheck.h>
#include <gst/video/video.h>

#include <glib/gstdio.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

/* ---- Tools ---------------------------------------------------------------------------------- */

inline std::string folder; /* of the running test; each runs in its own process */

inline void make_folder() {
  char *path = g_dir_make_tmp("containersink-XXXXXX", nullptr);
  fail_unless(path != nullptr);
  folder = path;
  g_free(path);
}

inline void remove_folder() {
  GDir *dir = g_dir_open(folder.c_str(), 0, nullptr);
  while (const char *name = dir ? g_dir_read_name(dir) : nullptr)
    g_unlink((folder + "/" + name).c_str());
  if (dir)
    g_dir_close(dir);
  g_rmdir(folder.c_str());
}

inline std::string at(const std::string &name) { return folder + "/" + name; }

inline std::string read_text(const std::string &path) {
  gchar *data = nullptr;
  gsize size = 0;
  if (!g_file_get_contents(path.c_str(), &data, &size, nullptr))
    return {};
  std::string text(data, size);
  g_free(data);
  return text;
}

inline bool exists(const std::string &path) { return access(path.c_str(), F_OK) == 0; }

inline int count_files() {
  int n = 0;
  GDir *dir = g_dir_open(folder.c_str(), 0, nullptr);
  while (g_dir_read_name(dir))
    n++;
  g_dir_close(dir);
  return n;
}

/* Standard output of a command. */
inline std::string output_of(const std::vector<std::string> &command) {
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
inline std::string probe(const std::string &file, const std::string &fields,
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

inline std::string frames_of(const std::string &file) { return probe(file, "nb_read_frames"); }

/* A field of each frame, in seconds, in order of presentation. */
inline std::vector<double> times(const std::string &file, const std::string &field) {
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
inline std::string hashes(const std::vector<std::string> &input) {
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

inline void assert_text(const std::string &actual, const std::string &expected) {
  fail_unless(actual == expected, "`%s` is not `%s`", actual.c_str(), expected.c_str());
}

inline GstElement *launch(const std::string &description) {
  GError *error = nullptr;
  GstElement *pipeline = gst_parse_launch(description.c_str(), &error);
  fail_unless(pipeline && !error, "%s: %s", description.c_str(), error ? error->message : "");
  return pipeline;
}

/* The texts of all INFO messages of a pipeline from now on. */
inline std::string infos;

inline void collect_infos(GstElement *pipeline) {
  infos.clear();
  GstBus *bus = gst_element_get_bus(pipeline);
  gst_bus_set_sync_handler(
      bus,
      [](GstBus *, GstMessage *message, gpointer) {
        if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_INFO) {
          GError *error;
          gst_message_parse_info(message, &error, nullptr);
          infos += error->message;
          g_error_free(error);
        }
        return GST_BUS_PASS;
      },
      nullptr, nullptr);
  gst_object_unref(bus);
}

struct Outcome {
  bool eos = false;
  bool from_sink = false;
  GQuark domain = 0;
  int code = 0;
  std::string message;
};

/* The first EOS or error. */
inline Outcome await_outcome(GstElement *pipeline) {
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

inline Outcome run(GstElement *pipeline) {
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  Outcome outcome = await_outcome(pipeline);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pipeline);
  return outcome;
}

inline Outcome run(const std::string &description) { return run(launch(description)); }

inline void write_file(const std::string &description) {
  Outcome outcome = run(description);
  fail_unless(outcome.eos, "%s: %s", description.c_str(), outcome.message.c_str());
}

/* `n` frames of 320x240 I420 at 30 Hz, into containersink with `properties`. */
inline std::string source(int n) {
  return "videotestsrc num-buffers=" + std::to_string(n) +
         " ! video/x-raw,format=I420,width=320,height=240,framerate=30/1 ! ";
}
inline std::string sink(const std::string &properties) {
  return "containersink name=sink " + properties;
}

inline void assert_error(const Outcome &outcome, GQuark domain, int code, const char *named) {
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
inline void push_frames(GstElement *pipeline, const std::vector<Frame> &frames) {
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

inline std::string app_source(const std::string &framerate) {
  return "appsrc name=src format=time "
         "caps=video/x-raw,format=GRAY8,width=64,height=48,framerate=" +
         framerate + " ! ";
}

inline Outcome run_frames(const std::string &description, const std::vector<Frame> &frames) {
  GstElement *pipeline = launch(description);
  push_frames(pipeline, frames);
  return run(pipeline);
}

/* A test case whose tests have a folder of their own. */
inline TCase *add_case(Suite *suite, const char *name) {
  TCase *tc = tcase_create(name);
  tcase_set_timeout(tc, 120);
  tcase_add_checked_fixture(tc, make_folder, remove_folder);
  suite_add_tcase(suite, tc);
  return tc;
}
