/* gst-framewise: JSON as a description of filters.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What Python's json.dumps() makes of lists and tuples. A sequence is a list of filters
 * `["name", args]`, a graph `[nodes, edges]`: an object of filters by their keys, and a list of
 * edges `["from", "to", output, input]`, in which `video_in` and `video_out` are the ways in and
 * out. `args` is the text that libavfilter itself would take, an object of options with raw values,
 * or null. Pure, as filterspec is.
 */
#pragma once

#include "filterspec.hpp"

namespace framewise {

/* Whether `text` begins as JSON does: with `{`, or with `[` before `[`, `{`, `"` or `]`. */
FRAMEWISE_INTERNAL bool is_filter_json(const std::string &text);

/* All errors are LIBRARY/SETTINGS and quote the part they are about, or give the line and column
 * where the text is no JSON. Each node of a graph becomes a chain of one filter, whose id is the
 * node's key unless the filter has an `@id` of its own. */
FRAMEWISE_INTERNAL Result<FilterSpec> parse_sequence_json(const std::string &text);
FRAMEWISE_INTERNAL Result<FilterSpec> parse_graph_json(const std::string &text);

} // namespace framewise
