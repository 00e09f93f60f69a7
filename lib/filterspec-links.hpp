/* gst-framewise: which output of a filter goes into which input.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Pure, as filterspec is.
 */
#pragma once

#include "filterspec.hpp"

namespace framewise {

/* More inputs or outputs than this no filter is asked to have. */
constexpr unsigned most_pads = 1024;

enum class PadSide : bool { input, output };

struct PadCounts {
  /* Nothing where only the filter itself could tell, once it is initialised. */
  std::optional<unsigned> inputs, outputs;
};

/* What libavfilter's tables and the node's options say. An error where that is more than
 * `most_pads`. */
FRAMEWISE_INTERNAL Result<PadCounts> pad_counts(const FilterNode &node);

/* "Filter `hflip@x` has 1 output; there is no output 3." `what_for` may say who asks for it. */
std::string no_such_pad(const FilterNode &node, PadSide side, unsigned count, unsigned pad,
                        const std::string &what_for = {});

/* An input or an output of the filter that stands in `chain` at `node`. */
struct FilterPad {
  size_t chain, node;
  unsigned pad;
  std::string label; /* empty where there is none */
};

/* "input 1 of filter `overlay` (`[y]`)" */
std::string describe(const FilterSpec &spec, const FilterPad &pad, PadSide side);

struct FilterLink {
  FilterPad from, to;
};

/* How the filters of one FilterSpec hang together, in the order of the description. */
struct FilterLinks {
  std::vector<FilterLink> links;
  std::vector<FilterPad> open_inputs, open_outputs;
};

struct KnownPadCounts {
  unsigned inputs, outputs;
};
/* By chain and node. */
using PadCountTable = std::vector<std::vector<KnownPadCounts>>;

/* Links as libavfilter does: a label with the first open end of that label on the other side, what
 * has no label along the chain. */
FRAMEWISE_INTERNAL Result<FilterLinks> resolve_links(const FilterSpec &spec,
                                                     const PadCountTable &counts);

/* The counts of all filters, as far as the tree tells them: where a filter's own are not known,
 * those that are linked. */
FRAMEWISE_INTERNAL Result<PadCountTable> count_pads(const FilterSpec &spec);

/* Whether the ways in and out of a FilterSpec may have any label. */
enum class EndLabels : bool { reserved, any };

struct FilterEnds {
  FilterPad input, output;
};
/* The one open input and the one open output; an error where there are fewer or more. */
FRAMEWISE_INTERNAL Result<FilterEnds> find_ends(const FilterSpec &spec, const FilterLinks &links,
                                                EndLabels labels);

} // namespace framewise
