/* gst-framewise: frames out of the elements against frames out of the ffmpeg command.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   framemd5 FILE                      containersrc in the decoder's own format
 *   framemd5 --pixel-format rgb24 FILE converted
 *   framemd5 --filter hflip FILE       containersrc ! graphfilter ! containersink into FFV1
 *   framemd5 --refused FILE            containersrc gives no frame and one error that names the
 * file framemd5 --check-comparison FILE   that a difference of each kind is found
 *
 * Compared are the number of frames, the size and MD5 of each picture, packed as libav's rawvideo
 * packs it, and with --timed each frame's time to the nanosecond.
 */
#include "framebridge.hpp"

extern "C" {
#include <libavutil/imgutils.h>
}

#include <gio/gio.h>
#include <gst/app/gstappsink.h>

#include <cinttypes>
#include <cstdio>
#include <functional>
#include <map>
#include <vector>

using namespace framewise;

namespace {

struct FrameDigest {
  size_t size;
  std::string md5;
  int64_t time; /* stream time, ns */
};
using Digests = std::vector<FrameDigest>;

struct Task {
  std::string file;
  std::string stream = "V:0";
  std::string pixel_format = "native";
  std::string filter;
  std::string reference_filter;   /* what the ffmpeg command gets instead; empty: the same */
  std::vector<std::string> parts; /* that the file consists of, in turn; none: itself */
  std::map<std::string, std::string> demuxer_options;
  bool timed = false;
  bool refused = false;
  bool check_comparison = false;
};

template <typename T> struct GFree {
  void operator()(T *p) const { g_object_unref(p); }
};
template <typename T> using GPtr = std::unique_ptr<T, GFree<T>>;

/* ---- The ffmpeg command -------------------------------------------------------------------- */

Result<std::string> run(const std::vector<std::string> &command) {
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

Result<Start> container_start(const Task &task) {
  AVFormatContext *context = nullptr;
  Dictionary options;
  for (const auto &[key, value] : task.demuxer_options)
    options.set(key, value);
  int ret = avformat_open_input(&context, task.file.c_str(), nullptr, options.address());
  FormatInputPtr input(context);
  if (ret < 0 || (ret = avformat_find_stream_info(context, nullptr)) < 0)
    return fail_av(ret, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_READ, task.file);
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
Result<Digests> parse(const std::string &text, const Start &start) {
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

Result<Digests> ffmpeg_digests(const Task &task, Times times) {
  Start start;
  if (times == Times::from_container_start) {
    auto found = container_start(task);
    if (!found)
      return Failure(found.error());
    start = *found;
  }
  std::vector<std::string> command{"ffmpeg",      "-nostdin", "-v",     "fatal",
                                   "-autorotate", "0",        "-copyts"};
  for (const auto &[key, value] : task.demuxer_options)
    command.insert(command.end(), {"-" + key, value});
  /* -enc_time_base -1: times as the demuxer has them; else they are rounded to the frame rate. */
  command.insert(command.end(), {"-i", task.file, "-map", "0:" + task.stream, "-fps_mode",
                                 "passthrough", "-autoscale", "0", "-enc_time_base", "-1"});
  if (task.pixel_format != "native")
    command.insert(command.end(), {"-pix_fmt", task.pixel_format});
  command.insert(command.end(), {"-f", "framemd5", "-"});
  auto text = run(command);
  return text ? parse(*text, start) : Result<Digests>(Failure(text.error()));
}

/* ---- The elements ---------------------------------------------------------------------------- */

Result<FrameDigest> digest(GstSample *sample, FrameImporter &importer) {
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

void set_demuxer_options(GstElement *source, const Task &task) {
  if (task.demuxer_options.empty())
    return;
  StructurePtr options(gst_structure_new_empty("options"));
  for (const auto &[key, value] : task.demuxer_options)
    gst_structure_set(options.get(), key.c_str(), G_TYPE_STRING, value.c_str(), nullptr);
  g_object_set(source, "container-options", options.get(), nullptr);
}

Result<void> await_end(GstElement *pipeline) {
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

Result<Digests> containersrc_digests(const Task &task) {
  auto pipeline = Pipeline::launch("containersrc name=source ! "
                                   "appsink name=sink sync=false max-buffers=4");
  if (!pipeline)
    return Failure(pipeline.error());
  auto source = (*pipeline)->child("source");
  auto sink = (*pipeline)->child("sink");
  g_object_set(source.get(), "location", task.file.c_str(), "stream", task.stream.c_str(),
               "pixel-format", task.pixel_format.c_str(), nullptr);
  set_demuxer_options(source.get(), task);

  gst_element_set_state((*pipeline)->get(), GST_STATE_PLAYING);
  Digests digests;
  FrameImporter importer;
  while (GstSample *pulled = gst_app_sink_pull_sample(GST_APP_SINK(sink.get()))) {
    GstPtr<GstSample> sample(pulled);
    auto one = digest(sample.get(), importer);
    if (!one)
      return Failure(one.error());
    digests.push_back(*one);
  }
  if (auto ended = await_end((*pipeline)->get()); !ended)
    return Failure(ended.error());
  return digests;
}

/* ---- The comparison ----------------------------------------------------------------------------
 */

std::string describe(const FrameDigest &frame) {
  return format("%zu bytes, md5 %s, at %" PRId64 " ns", frame.size, frame.md5.c_str(), frame.time);
}

std::vector<std::string> differences(const Digests &expected, const Digests &actual, bool timed) {
  std::vector<std::string> found;
  if (expected.size() != actual.size())
    found.push_back(format("%zu frames, not %zu", actual.size(), expected.size()));
  for (size_t i = 0; i < std::min(expected.size(), actual.size()); i++) {
    const FrameDigest &e = expected[i], &a = actual[i];
    bool same_time = !timed || std::llabs(e.time - a.time) <= 1;
    if (e.size != a.size || e.md5 != a.md5 || !same_time)
      found.push_back(
          format("frame %zu is not %s\n  but %s", i, describe(e).c_str(), describe(a).c_str()));
  }
  return found;
}

bool report(const std::string &what, const std::vector<std::string> &found) {
  constexpr size_t enough = 6;
  for (size_t i = 0; i < std::min(found.size(), enough); i++)
    fprintf(stderr, "%s: %s\n", what.c_str(), found[i].c_str());
  if (found.size() > enough)
    fprintf(stderr, "... and %zu more\n", found.size() - enough);
  return found.empty();
}

bool report(const std::string &what, const Error &error) {
  fprintf(stderr, "%s: %s\n%s\n", what.c_str(), error.message.c_str(), error.debug.c_str());
  return false;
}

/* Where the pixel format changes on the way the ffmpeg command converts to the first one, so that
 * only the parts show what the decoder gives. */
Result<Digests> expected_digests(const Task &task) {
  if (task.parts.empty())
    return ffmpeg_digests(task, Times::from_container_start);
  Digests all;
  for (const auto &file : task.parts) {
    Task part = task;
    part.file = file;
    auto digests = ffmpeg_digests(part, Times::from_container_start);
    if (!digests)
      return digests;
    all.insert(all.end(), digests->begin(), digests->end());
  }
  return all;
}

bool compare_source(const Task &task) {
  auto expected = expected_digests(task);
  if (!expected)
    return report("ffmpeg", expected.error());
  if (expected->empty()) {
    fprintf(stderr, "ffmpeg decodes no frame of %s\n", task.file.c_str());
    return false;
  }
  auto actual = containersrc_digests(task);
  if (!actual)
    return report("containersrc", actual.error());
  printf("%s: %zu frames\n", task.file.c_str(), actual->size());
  return report(task.file, differences(*expected, *actual, task.timed));
}

/* ---- Bad input
 * -----------------------------------------------------------------------------------
 */

bool check_refusal(const Task &task) {
  auto pipeline = Pipeline::launch("containersrc name=source ! fakesink name=sink");
  if (!pipeline)
    return report("containersrc", pipeline.error());
  g_object_set((*pipeline)->child("source").get(), "location", task.file.c_str(), nullptr);
  int frames = 0;
  GstPtr<GstPad> entry(gst_element_get_static_pad((*pipeline)->child("sink").get(), "sink"));
  gst_pad_add_probe(
      entry.get(), GST_PAD_PROBE_TYPE_BUFFER,
      [](GstPad *, GstPadProbeInfo *, gpointer count) {
        ++*static_cast<int *>(count);
        return GST_PAD_PROBE_OK;
      },
      &frames, nullptr);
  gst_element_set_state((*pipeline)->get(), GST_STATE_PLAYING);
  auto ended = await_end((*pipeline)->get());
  gst_element_get_state((*pipeline)->get(), nullptr, nullptr, GST_CLOCK_TIME_NONE);
  GstBus *bus = gst_element_get_bus((*pipeline)->get());
  GstMessage *second = gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR);
  gst_object_unref(bus);
  bool one_error = !ended && !second;
  gst_clear_message(&second);
  if (!one_error || frames) {
    fprintf(stderr, "%s: %d frames, %s\n", task.file.c_str(), frames,
            ended ? "and no error" : "and a second error");
    return false;
  }
  const Error &error = ended.error();
  bool right_domain = error.domain == GST_RESOURCE_ERROR || error.domain == GST_STREAM_ERROR;
  return (right_domain && error.message.find(task.file) != std::string::npos) ||
         report("an error that does not name the file", error);
}

/* ---- The three elements into a file
 * -------------------------------------------------------------- */

class TemporaryFolder {
 public:
  TemporaryFolder() : path_(g_dir_make_tmp("framemd5-XXXXXX", nullptr)) {}
  ~TemporaryFolder() {
    for (const auto &file : files_)
      remove(file.c_str());
    remove(path_.get());
  }
  std::string file(const char *name) {
    files_.push_back(std::string(path_.get()) + "/" + name);
    return files_.back();
  }

 private:
  CString path_;
  std::vector<std::string> files_;
};

Result<void> write_with_elements(const Task &task, const std::string &target) {
  auto pipeline = Pipeline::launch("containersrc name=source ! graphfilter name=filter ! "
                                   "containersink name=sink codec=ffv1");
  if (!pipeline)
    return Failure(pipeline.error());
  auto source = (*pipeline)->child("source");
  g_object_set(source.get(), "location", task.file.c_str(), "stream", task.stream.c_str(), nullptr);
  set_demuxer_options(source.get(), task);
  g_object_set((*pipeline)->child("filter").get(), "filter-sequence", task.filter.c_str(), nullptr);
  g_object_set((*pipeline)->child("sink").get(), "location", target.c_str(), nullptr);
  gst_element_set_state((*pipeline)->get(), GST_STATE_PLAYING);
  return await_end((*pipeline)->get());
}

Result<std::string> write_with_ffmpeg(const Task &task, const std::string &target) {
  return run({"ffmpeg", "-nostdin", "-v", "error", "-autorotate", "0", "-i", task.file, "-map",
              "0:" + task.stream, "-vf",
              task.reference_filter.empty() ? task.filter : task.reference_filter, "-fps_mode",
              "passthrough", "-autoscale", "0", "-c:v", "ffv1", target});
}

bool compare_pipeline(const Task &task) {
  TemporaryFolder folder;
  std::string reference = folder.file("ffmpeg.mkv"), ours = folder.file("elements.mkv");
  if (auto written = write_with_ffmpeg(task, reference); !written)
    return report("ffmpeg", written.error());
  if (auto written = write_with_elements(task, ours); !written)
    return report("the elements", written.error());
  auto digests_of = [](const std::string &file) {
    Task reading;
    reading.file = file;
    return ffmpeg_digests(reading, Times::as_stored);
  };
  auto expected = digests_of(reference), actual = digests_of(ours);
  if (!expected)
    return report("the file of ffmpeg", expected.error());
  if (!actual)
    return report("the file of the elements", actual.error());
  printf("%s: %zu frames\n", task.file.c_str(), actual->size());
  return !expected->empty() && report(task.file, differences(*expected, *actual, true));
}

/* ---- That the comparison can fail
 * ---------------------------------------------------------------- */

bool check_comparison(const Task &task) {
  auto frames = ffmpeg_digests(task, Times::from_container_start);
  if (!frames)
    return report("ffmpeg", frames.error());
  if (frames->size() < 3 || !differences(*frames, *frames, true).empty()) {
    fprintf(stderr, "%zu frames, which should equal themselves\n", frames->size());
    return false;
  }
  struct Fault {
    const char *name;
    std::function<void(Digests &)> inflict;
  };
  const Fault faults[] = {
      {"a lost frame", [](Digests &d) { d.erase(d.begin() + 1); }},
      {"a lost last frame", [](Digests &d) { d.pop_back(); }},
      {"a frame too many", [](Digests &d) { d.push_back(d.back()); }},
      {"frames out of order", [](Digests &d) { std::swap(d[0].md5, d[1].md5); }},
      {"a changed picture", [](Digests &d) { d[2].md5[0] ^= 1; }},
      {"a changed size", [](Digests &d) { d[2].size++; }},
      {"a time off by 2 ns", [](Digests &d) { d[2].time += 2; }},
  };
  bool all_found = true;
  for (const auto &fault : faults) {
    Digests changed = *frames;
    fault.inflict(changed);
    if (differences(*frames, changed, true).empty()) {
      fprintf(stderr, "not noticed: %s\n", fault.name);
      all_found = false;
    }
  }
  return all_found;
}

} // namespace

int main(int argc, char **argv) {
  gst_init(&argc, &argv);
  av_log_set_level(AV_LOG_FATAL);
  Task task;
  std::string folder;
  for (int i = 1; i < argc; i++) {
    std::string argument = argv[i];
    auto value = [&] { return ++i < argc ? argv[i] : ""; };
    if (argument == "--folder") {
      folder = std::string(value()) + "/";
    } else if (argument == "--stream") {
      task.stream = value();
    } else if (argument == "--pixel-format") {
      task.pixel_format = value();
    } else if (argument == "--filter") {
      task.filter = value();
    } else if (argument == "--reference-filter") {
      task.reference_filter = value();
    } else if (argument == "--option") {
      std::string option = value();
      size_t equals = option.find('=');
      task.demuxer_options[option.substr(0, equals)] = option.substr(equals + 1);
    } else if (argument == "--part") {
      task.parts.push_back(folder + value());
    } else if (argument == "--timed") {
      task.timed = true;
    } else if (argument == "--refused") {
      task.refused = true;
    } else if (argument == "--check-comparison") {
      task.check_comparison = true;
    } else {
      task.file = folder + argument;
    }
  }
  if (task.file.empty()) {
    fprintf(stderr, "no file given\n");
    return 2;
  }
  bool same = task.refused            ? check_refusal(task)
              : task.check_comparison ? check_comparison(task)
              : task.filter.empty()   ? compare_source(task)
                                      : compare_pipeline(task);
  return same ? 0 : 1;
}
