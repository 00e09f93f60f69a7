/* gst-framewise: what a stream's headers promise of its frames, before any is decoded.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "audioparams.hpp"
#include "containerinput.hpp"
#include "videoparams.hpp"

namespace framewise {

/* `format` is AV_PIX_FMT_NONE, and the size 0x0, where the headers leave that open. */
FRAMEWISE_INTERNAL VideoParams promised_video(const ContainerInput &input);
/* `decoder` is open, and may know better than the headers. What nobody knows is left empty. */
FRAMEWISE_INTERNAL AudioParams promised_audio(const ContainerInput &input,
                                              const AVCodecContext *decoder);

} // namespace framewise
