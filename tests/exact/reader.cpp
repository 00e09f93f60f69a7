/* gst-framewise: any frame that a GstFramewiseReader gives is the one that a linear decode gives.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   reader [--stream SPECIFIER] [--option KEY=VALUE] [--half] [--corrupt] [--folder FOLDER] FILE
 *
 * The public API, in the decoder's own format: forwards, backwards and at random, single frames and
 * batches with repeats; without a saved index, saving one, and with it. A run from the start
 * without an index gives the truth.
 */
#include "framebridge.hpp"
#include "framereader.hpp"

#include <gst/framewise/framewise.h>

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <filesystem>
#include <numeric>
#include <random>

using namespace framewise;

namespace {

struct Shown {
  uint64_t hash;
  int64_t time;
};

int failures = 0;

void complain(const char *what, const std::string &why) {
  if (++failures <= 12)
    fprintf(stderr, "%s: %s\n", what, why.c_str());
}

/* The decoder may call full range by another name of the format. */
uint64_t plain_hash_of(AVFrame *picture) {
  const VideoParams params = from_frame(picture);
  picture->format = params.format;
  return FrameIndex::hash_of(picture);
}

std::vector<Shown> read_linearly(const ReaderSettings &settings) {
  std::vector<Shown> truth;
  Interruption interruption;
  auto reader = FrameReader::open(settings, interruption);
  if (!reader) {
    complain("open", reader.error().message);
    return truth;
  }
  for (;;) {
    auto frame = (*reader)->next();
    if (!frame)
      complain("linear", frame.error().message);
    if (!frame || !*frame)
      return truth;
    truth.push_back({plain_hash_of((*frame)->picture.get()), (*frame)->time});
  }
}

/* Of what the sample shows. */
uint64_t hash_of(GstSample *sample) {
  auto params = from_caps(gst_sample_get_caps(sample));
  FrameImporter importer;
  BufferPtr buffer(gst_buffer_ref(gst_sample_get_buffer(sample)));
  auto frame = importer.import(std::move(buffer), *params, Access::read);
  return plain_hash_of(frame->get());
}

void compare(const char *name, GstSample *sample, int64_t number, const std::vector<Shown> &truth,
             bool exact) {
  GstBuffer *buffer = gst_sample_get_buffer(sample);
  if (int64_t(GST_BUFFER_OFFSET(buffer)) != number)
    complain(name, format("frame %" PRId64 " has offset %" PRId64, number,
                          int64_t(GST_BUFFER_OFFSET(buffer))));
  if (!exact)
    return;
  if (int64_t(GST_BUFFER_PTS(buffer)) != std::max<int64_t>(truth[number].time, 0))
    complain(name, format("frame %" PRId64 " has pts %" PRId64 ", it is at %" PRId64, number,
                          int64_t(GST_BUFFER_PTS(buffer)), truth[number].time));
  if (hash_of(sample) != truth[number].hash)
    complain(name, format("frame %" PRId64 " is wrong", number));
}

void read_singly(const char *name, GstFramewiseReader *reader, const std::vector<int64_t> &numbers,
                 const std::vector<Shown> &truth, bool exact) {
  const auto n = int64_t(truth.size());
  for (size_t i = 0; i < numbers.size(); i++) {
    GError *error = nullptr;
    const int64_t asked = i % 3 == 2 ? numbers[i] - n : numbers[i];
    GstPtr<GstSample> sample(gst_framewise_reader_read(reader, asked, nullptr, nullptr, &error));
    if (!sample) {
      complain(name, error->message);
      g_clear_error(&error);
      continue;
    }
    compare(name, sample.get(), numbers[i], truth, exact);
  }
}

void read_batches(GstFramewiseReader *reader, std::vector<int64_t> numbers,
                  const std::vector<Shown> &truth, bool exact) {
  const size_t half = numbers.size() / 2;
  for (size_t i = 0; i < half; i += 3)
    numbers.push_back(numbers[i]);
  for (size_t begin = 0; begin < numbers.size(); begin += std::max<size_t>(half, 1)) {
    const size_t n = std::min(std::max<size_t>(half, 1), numbers.size() - begin);
    GError *error = nullptr;
    GPtrArray *batch = gst_framewise_reader_read_batch(reader, numbers.data() + begin, n, nullptr,
                                                       nullptr, &error);
    if (!batch) {
      complain("batch", error->message);
      g_clear_error(&error);
      return;
    }
    if (batch->len != n)
      complain("batch", "not as many frames as asked for");
    for (size_t i = 0; i < batch->len; i++)
      compare("batch", static_cast<GstSample *>(g_ptr_array_index(batch, i)), numbers[begin + i],
              truth, exact);
    g_ptr_array_unref(batch);
  }
}

/* All there is to read, by an index that is saved in `cache`, or found there. */
void read_all(const ReaderSettings &settings, GstStructure *options, const std::string &cache,
              bool damaged, std::vector<Shown> truth) {
  GError *error = nullptr;
  GObjectPtr<GstFramewiseReader> reader(GST_FRAMEWISE_READER(
      g_initable_new(GST_TYPE_FRAMEWISE_READER, nullptr, &error, "location",
                     settings.input.location.c_str(), "stream", settings.input.stream.c_str(),
                     "container-options", options, "index-cache", cache.c_str(), nullptr)));
  if (!reader) {
    complain("open", error->message);
    return;
  }
  /* Before anything is counted, and again when it is known whether the stream is whole. */
  GstPtr<GstSample> early(gst_framewise_reader_read(reader.get(), 1, nullptr, nullptr, &error));
  g_clear_error(&error);
  GstFramewiseIndex *index = gst_framewise_reader_get_index(reader.get(), nullptr, &error);
  if (!index) {
    complain("index", error->message);
    return;
  }
  const bool exact = gst_framewise_index_is_exact(index);
  gst_framewise_index_unref(index);
  if (!exact && !damaged)
    complain("index", "claims not to be exact");
  const int64_t n = gst_framewise_reader_get_n_frames(reader.get(), nullptr, &error);
  if (!exact) { /* of what damage makes of pictures there is no truth */
    truth.resize(size_t(n));
  } else if (n != int64_t(truth.size())) {
    complain("n-frames", format("%" PRId64 ", there are %zu", n, truth.size()));
    return;
  }
  if (early)
    compare("early", early.get(), 1, truth, exact);

  std::vector<int64_t> forwards(truth.size());
  std::iota(forwards.begin(), forwards.end(), 0);
  std::vector<int64_t> backwards(forwards.rbegin(), forwards.rend());
  std::vector<int64_t> mixed = forwards;
  std::shuffle(mixed.begin(), mixed.end(), std::mt19937(2));
  read_singly("at random", reader.get(), mixed, truth, exact);
  read_singly("backwards", reader.get(), backwards, truth, exact);
  read_singly("forwards", reader.get(), forwards, truth, exact);
  std::shuffle(mixed.begin(), mixed.end(), std::mt19937(3));
  read_batches(reader.get(), mixed, truth, exact);
  for (int64_t outside : {n, -n - 1}) {
    GstPtr<GstSample> none(
        gst_framewise_reader_read(reader.get(), outside, nullptr, nullptr, &error));
    if (none || !g_error_matches(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT))
      complain("outside", format("frame %" PRId64 " is no error of its own", outside));
    g_clear_error(&error);
  }
}

/* Whose change no look at the file alone would show. */
bool is_many_files(const std::string &location) {
  return location.find('%') != std::string::npos || location.ends_with(".m3u8") ||
         location.ends_with(".mpd") || location.ends_with(".ffconcat");
}

/* How many indexes are saved there. */
size_t n_saved(const std::string &cache) {
  size_t n = 0;
  for (const auto &entry : std::filesystem::directory_iterator(cache))
    n += entry.is_regular_file();
  return n;
}

} // namespace

int main(int argc, char **argv) {
  gst_init(nullptr, nullptr);
  ReaderSettings settings;
  StructurePtr options(gst_structure_new_empty("options"));
  std::string folder;
  bool damaged = false;
  int at = 1;
  for (; at + 1 < argc; at++) {
    const std::string option = argv[at];
    if (option == "--stream")
      settings.input.stream = argv[++at];
    else if (option == "--folder")
      folder = std::string(argv[++at]) + "/";
    else if (option == "--corrupt" || option == "--half")
      damaged = true;
    else if (option == "--part")
      at++; /* of no matter here */
    else if (option == "--option") {
      const std::string pair = argv[++at];
      const size_t equals = pair.find('=');
      const std::string key = pair.substr(0, equals), value = pair.substr(equals + 1);
      settings.input.options.set(key, value);
      gst_structure_set(options.get(), key.c_str(), G_TYPE_STRING, value.c_str(), nullptr);
    } else if (option.rfind("--", 0) != 0)
      break;
  }
  if (at >= argc) {
    fprintf(stderr, "usage: reader [--stream SPECIFIER] [--option KEY=VALUE] FILE\n");
    return 2;
  }
  settings.input.location = argv[at][0] == '/' ? argv[at] : folder + argv[at];
  av_log_set_level(AV_LOG_QUIET);

  std::vector<Shown> truth = read_linearly(settings);
  read_all(settings, options.get(), "", damaged, truth);
  /* With the index that one reader leaves, another reads. */
  const CString cache(g_dir_make_tmp("framewise-reader-XXXXXX", nullptr));
  read_all(settings, options.get(), cache.get(), damaged, truth);
  const size_t saved = n_saved(cache.get());
  if (saved != (is_many_files(settings.input.location) ? 0 : 1))
    complain("saved", format("%zu indexes", saved));
  if (saved)
    read_all(settings, options.get(), cache.get(), damaged, truth);
  std::filesystem::remove_all(cache.get());
  if (failures > 0)
    fprintf(stderr, "%d failures\n", failures);
  return failures > 0;
}
