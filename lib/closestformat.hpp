/* gst-framewise: which pixel format keeps most of another.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "pixelformat.hpp"

#include <vector>

namespace framewise {

/* Of `candidates`, all of them of frames in memory, the one that keeps most of what frames in
 * `source` hold: colour before alpha before depth before chroma, and YUV stays YUV, RGB stays RGB.
 * Where several keep as much, the one with the least data, then the first. AV_PIX_FMT_NONE if there
 * are none. */
FRAMEWISE_INTERNAL AVPixelFormat closest_format(const std::vector<AVPixelFormat> &candidates,
                                                AVPixelFormat source);

} // namespace framewise
