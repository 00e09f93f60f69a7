/* gst-framewise: libav's metadata as GStreamer tags.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "containerinput.hpp"

namespace framewise {

/* What the container says of itself, of global scope: its format and its dictionary's entries, as
 * metadata_to_tags() names them. */
FRAMEWISE_INTERNAL GstPtr<GstTagList> container_tags(const ContainerInput &input);
/* What the stream says of itself, of stream scope: formats, bit rate, language, orientation, and
 * its dictionary's entries. */
FRAMEWISE_INTERNAL GstPtr<GstTagList> stream_tags(const ContainerInput &input,
                                                  const AVCodecContext *codec);

} // namespace framewise
