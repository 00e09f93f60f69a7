/* gst-framewise: frames out of the elements against frames out of the ffmpeg command.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   framemd5 FILE                      containersrc in the decoder's own format
 *   framemd5 --pixel-format rgb24 FILE converted
 *   framemd5 --filter hflip FILE       containersrc ! graphfilter ! containersink into FFV1
 *   framemd5 --refused FILE            containersrc gives no frame and one error that names it
 *   framemd5 --check-comparison FILE   that a difference of each kind is found
 *
 * Compared are the number of frames, the size and MD5 of each picture, packed as libav's rawvideo
 * packs it, and with --timed each frame's time to the nanosecond.
 */
#include "../framedigest.hpp"

#include <functional>

using namespace framewise;

namespace {

struct Task : Clip {
  std::string filter;
  std::string reference_filter; /* what the ffmpeg command gets instead; empty: the same */
  bool timed = false;
  bool refused = false;
  bool check_comparison = false;
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
  set_container_options(source.get(), task.demuxer_options);

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
  set_container_options(source.get(), task.demuxer_options);
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
    Clip reading;
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
