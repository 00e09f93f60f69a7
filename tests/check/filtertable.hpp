/* gst-framewise: filter graphs of every kind, as data.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Every filter of FFmpeg 5.1's libavfilter (8) with one video input and one video output is in
 * here, in a graph or with the reason why not. No GStreamer, no libav.
 */
#pragma once

#include <span>

namespace filtertable {

struct Rate {
  int num, den;
};

enum class Fields { progressive, top_first, bottom_first };

/* Raw frames to filter: what they show is up to who makes them. */
struct FilterClip {
  const char *format; /* FFmpeg's name */
  int width, height, frames;
  Rate rate = {25, 1};
  Fields fields = Fields::progressive;
};

struct FilterRow {
  FilterClip clip;
  const char *filters; /* as `ffmpeg -vf` takes them */
  const char *graph;   /* the same for filter-graph; NULL: `filters` is a filter-sequence */
  int threads = 0;     /* 1: what comes out depends on how many there are; 0: does not */
};

std::span<const FilterRow> filter_table();

/* Why a filter with one video input and one video output is in no row. */
enum class LeftOut {
  needs_file,    /* a font, a model, a picture, a plugin, the result of another pass */
  needs_device,  /* GPUs and the like */
  needs_network, /* waits for others */
  exception,
};

struct LeftOutFilter {
  const char *name; /* or `*_suffix` */
  LeftOut why;
  const char *reason;
};

std::span<const LeftOutFilter> left_out_filters();

} // namespace filtertable
