/* gst-framewise: what the headers say of a stream, as a structure.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "audioparams.hpp"
#include "containerinput.hpp"
#include "videoparams.hpp"

namespace framewise {

/* `codec`, `long-codec`, `profile` (strings), `duration` (#guint64, ns), and the structures
 * `container` and `stream` with the tags of each; of video `video-format`, the pixel format of
 * `delivered`, `coded-format`, that of the stream (strings), and `fps` (fraction). What is not
 * known is not there. */
FRAMEWISE_INTERNAL StructurePtr stream_metadata(const ContainerInput &input,
                                                const VideoParams &delivered);
/* Of audio `audio-format`, the sample format of `delivered`, and `coded-format` (strings),
 * `sample-rate`, `channels` (#gint), `channel-layout` (string). */
FRAMEWISE_INTERNAL StructurePtr stream_metadata(const ContainerInput &input,
                                                const AudioParams &delivered);

} // namespace framewise
