/* gst-framewise: the frames that the ffmpeg command makes of a clip, and those of buffers, in a
 * form that can be compared.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "filterbench.hpp"

#include <string>
#include <vector>

namespace filterbench {

struct ShownFrame {
  gint64 pts; /* ns */
  std::string md5;
};

/* By one thread each: some filters' output depends on how many there are, and some go on writing
 * into frames that an encoder with threads still has to read. */
inline std::vector<ShownFrame> frames_of_ffmpeg(const Clip &clip, const std::string &filters) {
  const std::string size = framewise::format("%dx%d", clip.width, clip.height);
  const std::string rate = framewise::format("%d/%d", clip.rate, clip.rate_den);
  /* With the encoder's own time base, 1/rate, times between two frames would be rounded. */
  const std::string out = run_ffmpeg({"-filter_threads",
                                      "1",
                                      "-f",
                                      "rawvideo",
                                      "-pix_fmt",
                                      clip.format,
                                      "-s",
                                      size,
                                      "-framerate",
                                      rate,
                                      "-i",
                                      raw_file(clip),
                                      "-vf",
                                      filters,
                                      "-autoscale",
                                      "0",
                                      "-fps_mode",
                                      "passthrough",
                                      "-enc_time_base",
                                      "1:1000000000",
                                      "-threads",
                                      "1",
                                      "-c:v",
                                      "rawvideo",
                                      "-f",
                                      "framemd5",
                                      "-"});
  std::vector<ShownFrame> frames;
  char **lines = g_strsplit(out.c_str(), "\n", -1);
  for (int i = 0; lines[i]; i++) {
    if (lines[i][0] == '#') {
      int num, den;
      if (sscanf(lines[i], "#tb 0: %d/%d", &num, &den) == 2)
        fail_unless(num == 1 && den == 1000000000, "times are in %d/%d s", num, den);
      continue;
    }
    if (!*lines[i])
      continue;
    char **fields = g_strsplit(lines[i], ",", -1);
    frames.push_back({g_ascii_strtoll(fields[2], nullptr, 10), g_strstrip(fields[5])});
    g_strfreev(fields);
  }
  g_strfreev(lines);
  return frames;
}

} // namespace filterbench
