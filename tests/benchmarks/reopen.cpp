/* gst-framewise: how long opening a file takes whose index is saved, beside libavformat's opening.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * usage: reopen open|streams|reader FILE CACHE
 *
 * `open` is avformat_open_input() alone; `streams` with avformat_find_stream_info(), without which
 * nothing can be decoded; `reader` a GstFramewiseReader up to the number of frames, from the index
 * saved in the folder CACHE. Closing is not timed.
 */
#include "stopwatch.hpp"

#include <av.hpp>
#include <gst/framewise/framewise.h>

#include <cstdlib>
#include <string>

using namespace framewise;

[[noreturn]] static void fail(const std::string &why) {
  std::fprintf(stderr, "reopen: %s\n", why.c_str());
  std::exit(1);
}

static void open_with_libavformat(const char *file, bool find_streams) {
  Stopwatch stopwatch;
  AVFormatContext *context = nullptr;
  if (avformat_open_input(&context, file, nullptr, nullptr) < 0 ||
      (find_streams && avformat_find_stream_info(context, nullptr) < 0))
    fail("cannot open");
  stopwatch.print(0);
  avformat_close_input(&context);
}

static void open_reader(const char *file, const char *cache, bool timed) {
  Stopwatch stopwatch;
  GError *error = nullptr;
  GObjectPtr<GstFramewiseReader> reader(
      GST_FRAMEWISE_READER(g_initable_new(GST_TYPE_FRAMEWISE_READER, nullptr, &error, "location",
                                          file, "index-cache", cache, nullptr)));
  const gint64 frames =
      reader ? gst_framewise_reader_get_n_frames(reader.get(), nullptr, &error) : -1;
  if (frames < 0)
    fail(error->message);
  if (timed)
    stopwatch.print(frames);
}

int main(int argc, char **argv) {
  gst_init(nullptr, nullptr);
  av_log_set_level(AV_LOG_QUIET);
  const std::string what = argc == 4 ? argv[1] : "";
  if (what == "open" || what == "streams")
    open_with_libavformat(argv[2], what == "streams");
  else if (what == "reader") {
    open_reader(argv[2], argv[3], false); /* makes the index, and warms caches */
    open_reader(argv[2], argv[3], true);
  } else {
    std::fprintf(stderr, "usage: reopen open|streams|reader FILE CACHE\n");
    return 2;
  }
  return 0;
}
