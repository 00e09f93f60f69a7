/* gst-framewise: the frame index, for C and for other languages.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "frameindex.h"
#include "frameindex.hpp"

GType gst_framewise_index_mode_get_type(void) {
  static const GEnumValue values[] = {
      {GST_FRAMEWISE_INDEX_MODE_AUTO, "GST_FRAMEWISE_INDEX_MODE_AUTO", "auto"},
      {GST_FRAMEWISE_INDEX_MODE_CONSTANT_FRAMERATE, "GST_FRAMEWISE_INDEX_MODE_CONSTANT_FRAMERATE",
       "constant-framerate"},
      {GST_FRAMEWISE_INDEX_MODE_VERIFIED, "GST_FRAMEWISE_INDEX_MODE_VERIFIED", "verified"},
      {0, nullptr, nullptr},
  };
  static const GType type = g_enum_register_static("GstFramewiseIndexMode", values);
  return type;
}
