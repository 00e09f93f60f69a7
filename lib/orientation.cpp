/* gst-framewise: how a picture is to be turned: GStreamer's word and libav's matrix.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "orientation.hpp"

extern "C" {
#include <libavutil/display.h>
}

#include <cmath>
#include <string_view>

namespace framewise {

/* By how many quarters clockwise the picture stands upright again; a flip is left to right, after
 * that. */
static constexpr const char *turned[2][4] = {
    {"rotate-0", "rotate-90", "rotate-180", "rotate-270"},
    {"flip-rotate-0", "flip-rotate-90", "flip-rotate-180", "flip-rotate-270"}};

const char *orientation_of(DisplayMatrix matrix) {
  const double determinant = double(matrix[0]) * matrix[4] - double(matrix[1]) * matrix[3];
  const bool flipped = determinant < 0;
  if (flipped)
    av_display_matrix_flip(matrix.data(), 1, 0);
  const double counterclockwise = av_display_rotation_get(matrix.data()); /* -180 to 180 */
  if (std::isnan(counterclockwise))
    return nullptr;
  const int quarters = (int(std::lround(-counterclockwise / 90)) % 4 + 4) % 4;
  return turned[flipped][quarters];
}

std::optional<DisplayMatrix> matrix_of(const char *orientation) {
  for (int flipped = 0; flipped < 2; flipped++)
    for (int quarters = 0; quarters < 4; quarters++)
      if (std::string_view(orientation) == turned[flipped][quarters]) {
        DisplayMatrix matrix{};
        av_display_rotation_set(matrix.data(), quarters * 90);
        if (flipped)
          av_display_matrix_flip(matrix.data(), 1, 0);
        return matrix;
      }
  return std::nullopt;
}

} // namespace framewise
