/* gst-framewise: libavfilter's filters, made and linked as a description has them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "filterspec.hpp"

#include <string>
#include <vector>

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

/* A filter of the graph and the node that it was made of. */
struct BuiltNode {
  AVFilterContext *filter; /* the graph's */
  NodePlace place;
};

struct BuiltFilters {
  FilterPassage passage;
  std::vector<BuiltNode> nodes; /* every one of the description, in its order */
};

/* An empty graph with the options set, and the defaults of the ffmpeg command for the scalers that
 * libavfilter puts in by itself. */
FRAMEWISE_INTERNAL Result<FilterGraphPtr> new_filter_graph(const FilterDescription &description,
                                                           const FilterGraphOptions &options);
/* Makes every filter of the description in `graph` and links them with each other, the sequence's
 * output with the graph's input; the description is not empty. First all options of all filters are
 * set, and only when libavfilter takes every value are the filters initialised, which may open
 * files. All errors but out of memory are LIBRARY/SETTINGS: also anything but video, ends that are
 * linked to nothing, and filters from which no way leads to the output. */
FRAMEWISE_INTERNAL Result<BuiltFilters> build_filters(AVFilterGraph *graph,
                                                      const FilterDescription &description);

} // namespace framewise
