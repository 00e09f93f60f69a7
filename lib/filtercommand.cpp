/* gst-framewise: which filters a command is for.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "filtercommand.hpp"

extern "C" {
#include <libavutil/opt.h>
}

#include <algorithm>
#include <cstring>

namespace framewise {

Result<std::vector<NodePlace>> find_targets(FilterDescription &description,
                                            const std::string &target) {
  std::vector<NodePlace> found;
  std::string known;
  int number = 0;
  for (bool in_sequence : {true, false}) {
    const auto &spec = in_sequence ? description.sequence : description.graph;
    if (!spec)
      continue;
    for (size_t chain = 0; chain < spec->chains.size(); chain++)
      for (size_t i = 0; i < spec->chains[chain].size(); i++, number++) {
        const FilterNode &node = spec->chains[chain][i];
        known += (known.empty() ? "`" : ", `") + node.name() + "`";
        if (target == "all" || target == node.filter->name || target == node.name() ||
            (!node.id.empty() && target == node.id) ||
            (node.id.empty() && target == format("Parsed_%s_%d", node.filter->name, number)))
          found.push_back({in_sequence, chain, i});
      }
  }
  if (found.empty())
    return FRAMEWISE_FAIL_LIBRARY(
        SETTINGS, known.empty()
                      ? format("There is no filter `%s`, as there are none.", target.c_str())
                      : format("There is no filter `%s`. The filters are %s.", target.c_str(),
                               known.c_str()));
  return found;
}

bool is_option(const FilterNode &node, const std::string &name) {
  if (name == "enable")
    return true;
  const AVClass *own = node.filter->priv_class;
  return own && av_opt_find(&own, name.c_str(), nullptr, 0, AV_OPT_SEARCH_FAKE_OBJ);
}

bool changes_size(const FilterNode &node, const std::string &name) {
  /* Others have options of these names too, for boxes that they draw. */
  static const char *const resizers[] = {"crop", "libplacebo", "scale", "scale2ref", "zscale"};
  if (!g_str_has_prefix(node.filter->name, "scale_") &&
      std::none_of(std::begin(resizers), std::end(resizers),
                   [&](const char *resizer) { return !strcmp(node.filter->name, resizer); }))
    return false;
  static const char *const sizes[] = {"w", "width", "out_w", "h", "height", "out_h", "s", "size"};
  return is_option(node, name) && std::any_of(std::begin(sizes), std::end(sizes),
                                              [&](const char *size) { return name == size; });
}

} // namespace framewise
