/* gst-framewise: the frame index as other languages have it, made of the one that the library has.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "frameindex.h"
#include "frameindex.hpp"

namespace framewise {

/* Transfer full. */
FRAMEWISE_INTERNAL GstFramewiseIndex *to_boxed(std::shared_ptr<const FrameIndex> index);

} // namespace framewise
