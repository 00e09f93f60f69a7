/* gst-framewise: libav's metadata as GStreamer tags.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "containerinput.hpp"

namespace framewise {

/* What container and stream say of themselves: formats, bit rate, language, orientation, and the
 * entries of both dictionaries (a stream's wins), under GST_TAG_* names where there is one, else as
 * GST_TAG_EXTENDED_COMMENT `key=value`. */
FRAMEWISE_INTERNAL GstPtr<GstTagList> stream_tags(const ContainerInput &input,
                                                  const AVCodecContext *codec);

} // namespace framewise
