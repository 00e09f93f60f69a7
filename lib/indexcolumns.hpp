/* gst-framewise: the columns of an index that follow from others.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "indextable.hpp"

namespace framewise {

/* From what is known of packets and frames: all that readers look up. `precision`: by how many ns
 * the times of an even frame rate may be off. */
FRAMEWISE_INTERNAL void derive_columns(IndexArrays &table, IndexFacts &facts, int64_t precision);

} // namespace framewise
