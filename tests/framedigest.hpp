/* gst-framewise: what a frame shows, as a number, from the ffmpeg command and from a buffer.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "framebridge.hpp"

extern "C" {
#include <libavutil/imgutils.h>
}

#include <gio/gio.h>
#include <gst/app/gstappsink.h>

#include <cinttypes>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

namespace framewise {

struct FrameDigest {
  size_t size;
  std::string md5;
  int64_t time; /* stream time, ns */
};
using Digests = std::vector<FrameDigest>;

/* A file to decode, and how. */
struct Clip {
  std::string file;
  std::string stream = "V:0";
  std::string pixel_format = "native";
  std::vector<std::string> parts; /* that the file consists of, in turn; none: itself */
  std::map<std::string, std::string> demuxer_options;
  /* Which picture covers up for a damaged one can depend on how many threads the decoder has, and
   * with several also on how they happen to run. */
  bool single_thread = false;
};

template <typename T> struct GFree {
  void operator()(T *p) const { g_object_unref(p); }
};
template <typename T> using GPtr = std::unique_ptr<T, GFree<T>>;

/* ---- The ffmpeg command -------------------------------------------------------------------- */

inline Result<std::string> run(const std::vector<std::string> &command) {
  std::vector<const char *> argv;
  for (const auto &argument : command)
    argv.push_back(argument.c_str());
  argv.push_back(nullptr);
  GError *error = nullptr;
  GPtr<GSubprocess> process(g_subprocess_newv(argv.data(), G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error));
  char *out = nullptr;
  bool done = process &&
              g_subprocess_communicate_utf8(process.get(), nullptr, nullptr, &out, nullptr, &error);
  CString output(out);
  GstPtr<GError> owned_error(error);
  if (!done)
    return FRAMEWISE_FAIL_RESOURCE(FAILED, error->message);
  if (!g_subprocess_get_successful(process.get()))
    return FRAMEWISE_FAIL_RESOURCE(FAILED, command[0] + " failed");
  return std::string(output.get());
}

/* The start time of a container, exactly: AVFormatContext has it in microseconds, and the stream
 * that it comes from in its own ticks. */
struct Start {
  int64_t ticks = 0;
  AVRational time_base = AV_TIME_BASE_Q;
};

inline Result<Start> container_start(const Clip &clip) {
  AVFormatContext *context = nullptr;
  Dictionary options;
  for (const auto &[key, value] : clip.demuxer_options)
    options.set(key, value);
  int ret = avformat_open_input(&context, clip.file.c_str(), nullptr, options.address());
  FormatInputPtr input(context);
  if (ret < 0 || (ret = avformat_find_stream_info(context, nullptr)) < 0)
    return fail_av(ret, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_READ, clip.file);
  Start start;
  if (context->start_time == AV_NOPTS_VALUE)
    return start;
  start.ticks = context->start_time;
  for (unsigned i = 0; i < context->nb_streams; i++) {
    const AVStream *stream = context->streams[i];
    if (stream->start_time != AV_NOPTS_VALUE &&
        std::llabs(av_rescale_q(stream->start_time, stream->time_base, AV_TIME_BASE_Q) -
                   context->start_time) <= 1)
      return Start{stream->start_time, stream->time_base};
  }
  return start;
}

/* What `ffmpeg -f framemd5` printed. */
inline Result<Digests> parse(const std::string &text, const Start &start) {
  Digests digests;
  AVRational time_base{0, 1};
  std::unique_ptr<char *, decltype(&g_strfreev)> lines(g_strsplit(text.c_str(), "\n", -1),
                                                       g_strfreev);
  for (char **line = lines.get(); *line; line++) {
    int64_t pts;
    size_t size;
    char md5[33];
    if (sscanf(*line, "#tb 0: %d/%d", &time_base.num, &time_base.den) == 2 || **line == '#' ||
        !**line)
      continue;
    if (sscanf(*line, "0, %*d, %" SCNd64 ", %*d, %zu, %32s", &pts, &size, md5) != 3)
      return FRAMEWISE_FAIL_STREAM(FORMAT, format("Not framemd5's form: %s", *line));
    long double seconds =
        static_cast<long double>(pts) * time_base.num / time_base.den -
        static_cast<long double>(start.ticks) * start.time_base.num / start.time_base.den;
    digests.push_back({size, md5, llroundl(seconds * 1e9L)});
  }
  return digests;
}

enum class Times { from_container_start, as_stored };

inline Result<Digests> ffmpeg_digests(const Clip &clip, Times times) {
  Start start;
  if (times == Times::from_container_start) {
    auto found = container_start(clip);
    if (!found)
      return Failure(found.error());
    start = *found;
  }
  std::vector<std::string> command{"ffmpeg",      "-nostdin", "-v",     "fatal",
                                   "-autorotate", "0",        "-copyts"};
  for (const auto &[key, value] : clip.demuxer_options)
    command.insert(command.end(), {"-" + key, value});
  if (clip.single_thread)
    command.insert(command.end(), {"-threads", "1"});
  /* -enc_time_base -1: times as the demuxer has them; else they are rounded to the frame rate. */
  command.insert(command.end(), {"-i", clip.file, "-map", "0:" + clip.stream, "-fps_mode",
                                 "passthrough", "-autoscale", "0", "-enc_time_base", "-1"});
  if (clip.pixel_format != "native")
    command.insert(command.end(), {"-pix_fmt", clip.pixel_format});
  command.insert(command.end(), {"-f", "framemd5", "-"});
  auto text = run(command);
  return text ? parse(*text, start) : Result<Digests>(Failure(text.error()));
}

/* ---- The elements ---------------------------------------------------------------------------- */

inline Result<FrameDigest> digest(GstSample *sample, FrameImporter &importer) {
  auto params = from_caps(gst_sample_get_caps(sample));
  if (!params)
    return Failure(params.error());
  GstBuffer *buffer = gst_sample_get_buffer(sample);
  auto frame = importer.import(BufferPtr(gst_buffer_ref(buffer)), *params, Access::read);
  if (!frame)
    return Failure(frame.error());

  int size = av_image_get_buffer_size(params->format, params->width, params->height, 1);
  std::vector<uint8_t> packed(size);
  av_image_copy_to_buffer(packed.data(), size, (*frame)->data, (*frame)->linesize, params->format,
                          params->width, params->height, 1);
  CString md5(g_compute_checksum_for_data(G_CHECKSUM_MD5, packed.data(), packed.size()));
  const GstSegment *segment = gst_sample_get_segment(sample);
  guint64 position = 0;
  int sign =
      gst_segment_to_stream_time_full(segment, GST_FORMAT_TIME, GST_BUFFER_PTS(buffer), &position);
  return FrameDigest{packed.size(), md5.get(), sign * int64_t(position)};
}

inline void set_container_options(GstElement *source,
                                  const std::map<std::string, std::string> &entries) {
  if (entries.empty())
    return;
  StructurePtr options(gst_structure_new_empty("options"));
  for (const auto &[key, value] : entries)
    gst_structure_set(options.get(), key.c_str(), G_TYPE_STRING, value.c_str(), nullptr);
  g_object_set(source, "container-options", options.get(), nullptr);
}

inline Result<void> await_end(GstElement *pipeline) {
  GstBus *bus = gst_element_get_bus(pipeline);
  GstMessage *message = gst_bus_timed_pop_filtered(
      bus, GST_CLOCK_TIME_NONE, GstMessageType(GST_MESSAGE_EOS | GST_MESSAGE_ERROR));
  gst_object_unref(bus);
  Result<void> result;
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
    GError *error;
    char *debug;
    gst_message_parse_error(message, &error, &debug);
    result = fail(error->domain, error->code, error->message, debug ? debug : "");
    g_error_free(error);
    g_free(debug);
  }
  gst_message_unref(message);
  return result;
}

/* A pipeline that is brought down when it goes. */
class Pipeline {
 public:
  static Result<std::unique_ptr<Pipeline>> launch(const char *description) {
    GError *error = nullptr;
    GstElement *element = gst_parse_launch(description, &error);
    GstPtr<GError> owned_error(error);
    if (error) {
      gst_clear_object(&element);
      return FRAMEWISE_FAIL_LIBRARY(FAILED, error->message);
    }
    return std::unique_ptr<Pipeline>(new Pipeline(GST_ELEMENT(gst_object_ref_sink(element))));
  }
  ~Pipeline() { gst_element_set_state(pipeline_.get(), GST_STATE_NULL); }

  GstElement *get() const { return pipeline_.get(); }
  GstPtr<GstElement> child(const char *name) const {
    return GstPtr<GstElement>(gst_bin_get_by_name(GST_BIN(pipeline_.get()), name));
  }

 private:
  explicit Pipeline(GstElement *pipeline) : pipeline_(pipeline) {}
  GstPtr<GstElement> pipeline_;
};

/* ---- Saying so ------------------------------------------------------------------------------- */

inline bool report(const std::string &what, const std::vector<std::string> &found) {
  constexpr size_t enough = 6;
  for (size_t i = 0; i < std::min(found.size(), enough); i++)
    fprintf(stderr, "%s: %s\n", what.c_str(), found[i].c_str());
  if (found.size() > enough)
    fprintf(stderr, "... and %zu more\n", found.size() - enough);
  return found.empty();
}

inline bool report(const std::string &what, const Error &error) {
  fprintf(stderr, "%s: %s\n%s\n", what.c_str(), error.message.c_str(), error.debug.c_str());
  return false;
}

/* Where the pixel format changes on the way the ffmpeg command converts to the first one, so that
 * only the parts show what the decoder gives. */
inline Result<Digests> expected_digests(const Clip &clip) {
  if (clip.parts.empty())
    return ffmpeg_digests(clip, Times::from_container_start);
  Digests all;
  for (const auto &file : clip.parts) {
    Clip part = clip;
    part.file = file;
    auto digests = ffmpeg_digests(part, Times::from_container_start);
    if (!digests)
      return digests;
    all.insert(all.end(), digests->begin(), digests->end());
  }
  return all;
}

} // namespace framewise
