/* gst-framewise: a configured filter graph as a picture.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "av.hpp"

#include <string>

namespace framewise {

/* The graph in Graphviz's language: a box for each filter with its name and the options that are
 * not at their default, an arrow for each link with format, size, sample aspect ratio, frame rate
 * and time base. What libavfilter put in by itself is dashed. */
std::string graph_to_dot(const AVFilterGraph *graph);

} // namespace framewise
