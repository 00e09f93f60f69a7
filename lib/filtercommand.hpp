/* gst-framewise: which filters a command is for.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Pure: a description and libavfilter's tables of options.
 */
#pragma once

#include "filterspec.hpp"

#include <string>
#include <vector>

namespace framewise {

/* As FFmpeg's `sendcmd` filter and avfilter_graph_send_command() have it. */
struct FilterCommand {
  std::string target;   /* see find_targets() */
  std::string name;     /* mostly that of an option */
  std::string argument; /* its new value */
};

/* The filters that `target` names: `all`, the name of a filter, its id, `name@id`, or the name that
 * libavfilter gives to one without an id, `Parsed_NAME_NUMBER`. An error that lists the filters
 * where there is none. */
Result<std::vector<NodePlace>> find_targets(FilterDescription &description,
                                            const std::string &target);

/* Whether a filter made with this option set would start out as the command leaves a running one.
 */
bool is_option(const FilterNode &node, const std::string &name);
/* Whether the command may change the size of what the filter puts out. Filters behind it do not
 * expect that of a running graph, and may read past their input. */
bool changes_size(const FilterNode &node, const std::string &name);

} // namespace framewise
