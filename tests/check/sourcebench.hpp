/* gst-framewise: what tests of containersrc need: clips, pipelines, frames.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reads the clips that tests/media makes, from the folder in FRAMEWISE_TEST_MEDIA.
 */
#pragma once

/* Before gstcheck.h, which makes a macro of the word `fail`. */
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <gst/app/gstappsink.h>
#include <gst/check/gstcheck.h>
#include <gst/video/video.h>

#include <sys/stat.h>
#include <unistd.h>

inline std::string media(const char *name) {
  const char *folder = g_getenv("FRAMEWISE_TEST_MEDIA");
  fail_unless(folder != nullptr, "FRAMEWISE_TEST_MEDIA is not set");
  std::string path = std::string(folder) + "/" + name;
  return path;
}

struct Frame {
  GstClockTime pts, duration;
  guint64 offset;
  std::string md5;
};

inline std::string md5_of(GstBuffer *buffer) {
  GstMapInfo map;
  fail_unless(gst_buffer_map(buffer, &map, GST_MAP_READ));
  gchar *sum = g_compute_checksum_for_data(G_CHECKSUM_MD5, map.data, map.size);
  gst_buffer_unmap(buffer, &map);
  std::string result = sum;
  g_free(sum);
  return result;
}

/* containersrc with `properties` into an appsink, with `between` in the middle. */
class Pipeline {
 public:
  explicit Pipeline(const std::string &location, const std::string &properties = "",
                    const std::string &between = "") {
    std::string line = "containersrc name=src location=\"" + location + "\" " + properties + " ! " +
                       between + (between.empty() ? "" : " ! ") +
                       "appsink name=sink sync=false max-buffers=2";
    GError *error = nullptr;
    pipeline_ = gst_parse_launch(line.c_str(), &error);
    fail_unless(error == nullptr, "%s: %s", line.c_str(), error ? error->message : "");
    src_ = gst_bin_get_by_name(GST_BIN(pipeline_), "src");
    sink_ = gst_bin_get_by_name(GST_BIN(pipeline_), "sink");
    bus_ = gst_element_get_bus(pipeline_);
  }
  ~Pipeline() {
    gst_element_set_state(pipeline_, GST_STATE_NULL);
    gst_object_unref(src_);
    gst_object_unref(sink_);
    gst_object_unref(bus_);
    gst_object_unref(pipeline_);
  }

  GstElement *src() { return src_; }
  GstElement *element() { return pipeline_; }
  GstBus *bus() { return bus_; }

  void set_state(GstState state) { gst_element_set_state(pipeline_, state); }
  bool preroll() {
    set_state(GST_STATE_PAUSED);
    return gst_element_get_state(pipeline_, nullptr, nullptr, GST_CLOCK_TIME_NONE) ==
           GST_STATE_CHANGE_SUCCESS;
  }
  GstSample *pull() { return gst_app_sink_pull_sample(GST_APP_SINK(sink_)); }
  GstSample *try_pull(GstClockTime patience) {
    return gst_app_sink_try_pull_sample(GST_APP_SINK(sink_), patience);
  }
  GstSample *pull_preroll() { return gst_app_sink_pull_preroll(GST_APP_SINK(sink_)); }

  std::vector<Frame> play() {
    set_state(GST_STATE_PLAYING);
    std::vector<Frame> frames;
    while (GstSample *sample = pull()) {
      frames.push_back(frame_of(sample));
      caps_ = gst_sample_get_caps(sample) ? caps_string(sample) : "";
      gst_sample_unref(sample);
    }
    return frames;
  }
  /* Of the last frame that play() saw. */
  const std::string &caps() const { return caps_; }

  static Frame frame_of(GstSample *sample) {
    GstBuffer *buffer = gst_sample_get_buffer(sample);
    return {GST_BUFFER_PTS(buffer), GST_BUFFER_DURATION(buffer), GST_BUFFER_OFFSET(buffer),
            md5_of(buffer)};
  }
  static std::string caps_string(GstSample *sample) {
    gchar *text = gst_caps_to_string(gst_sample_get_caps(sample));
    std::string result = text;
    g_free(text);
    return result;
  }

  /* The frame that a flushing seek to `time` brings. */
  Frame seek(GstClockTime time) {
    fail_unless(gst_element_seek_simple(pipeline_, GST_FORMAT_TIME,
                                        GstSeekFlags(GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE),
                                        gint64(time)));
    GstSample *sample = pull_preroll();
    fail_unless(sample != nullptr, "no frame at %" GST_TIME_FORMAT, GST_TIME_ARGS(time));
    Frame frame = frame_of(sample);
    gst_sample_unref(sample);
    return frame;
  }

  /* Runs until the first error and returns it; the message is all that is left on the bus. */
  GstMessage *run_to_error() {
    set_state(GST_STATE_PLAYING);
    GstMessage *message = gst_bus_timed_pop_filtered(
        bus_, GST_CLOCK_TIME_NONE, GstMessageType(GST_MESSAGE_ERROR | GST_MESSAGE_EOS));
    fail_unless(GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR, "EOS instead of an error");
    return message;
  }

 private:
  GstElement *pipeline_, *src_, *sink_;
  GstBus *bus_;
  std::string caps_;
};

inline void expect_error(Pipeline &pipeline, GQuark domain, int code, const char *part) {
  GstMessage *message = pipeline.run_to_error();
  GError *error;
  gchar *debug;
  gst_message_parse_error(message, &error, &debug);
  fail_unless(GST_MESSAGE_SRC(message) == GST_OBJECT(pipeline.src()), "the error is of %s",
              GST_MESSAGE_SRC_NAME(message));
  fail_unless(error->domain == domain && error->code == code, "%s %d: %s (%s)",
              g_quark_to_string(error->domain), error->code, error->message, debug);
  fail_unless(strstr(error->message, part) != nullptr, "`%s` does not name `%s`", error->message,
              part);
  g_error_free(error);
  g_free(debug);
  gst_message_unref(message);
}

inline std::string temp_folder() {
  gchar *folder = g_dir_make_tmp("framewise-XXXXXX", nullptr);
  std::string result = folder;
  g_free(folder);
  return result;
}

inline bool contains(const std::string &text, const char *part) {
  return text.find(part) != std::string::npos;
}
