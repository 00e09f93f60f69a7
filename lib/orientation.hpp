/* gst-framewise: how a picture is to be turned: GStreamer's word and libav's matrix.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "av.hpp"

#include <array>
#include <optional>

namespace framewise {

/* 3x3, as libav's display matrices: 16.16 and in the last column 2.30. */
using DisplayMatrix = std::array<int32_t, 9>;

/* The value of GST_TAG_IMAGE_ORIENTATION nearest to the matrix, which turns by any angle; NULL
 * where it makes a picture of nothing. */
FRAMEWISE_INTERNAL const char *orientation_of(DisplayMatrix matrix);
/* Nothing for what is no value of GST_TAG_IMAGE_ORIENTATION. */
FRAMEWISE_INTERNAL std::optional<DisplayMatrix> matrix_of(const char *orientation);

} // namespace framewise
