/* gst-framewise: libavfilter's filters, made and linked as a description has them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "filterspec.hpp"

#include <string>

namespace framewise {

/* Whether libavfilter puts conversions between filters that take different formats. */
enum class AutoConvert : bool { no, yes };

struct FilterGraphOptions {
  int threads = 0; /* 0: one per core */
  AutoConvert auto_convert = AutoConvert::yes;
};

/* An input or output of a filter that is linked to nothing yet. */
struct FilterEnd {
  AVFilterContext *filter; /* the graph's */
  unsigned pad;
  std::string label; /* empty where there is none */
};

/* The way through the filters of a description. */
struct FilterPassage {
  FilterEnd input, output;
};

/* The labels of a graph's ways in and out. */
constexpr const char *input_label = "video_in";
constexpr const char *output_label = "video_out";

/* An empty graph with the options set, and the defaults of the ffmpeg command for the scalers that
 * libavfilter puts in by itself. */
Result<FilterGraphPtr> new_filter_graph(const FilterDescription &description,
                                        const FilterGraphOptions &options);
/* Makes every filter of the description in `graph` and links them with each other, the sequence's
 * output with the graph's input; the description is not empty. Filters may open files. All errors
 * but out of memory are LIBRARY/SETTINGS. */
Result<FilterPassage> build_filters(AVFilterGraph *graph, const FilterDescription &description);

} // namespace framewise
