/* gst-framewise: what encoders of every kind have in common: how they are named, and their options.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "av.hpp"

#include <string_view>

namespace framewise {

/* The encoder of that name or (as for the ffmpeg command) of a codec of that name. */
FRAMEWISE_INTERNAL Result<const AVCodec *> find_encoder(const std::string &name, AVMediaType type);

/* Before it is opened. An option that it has not, or a value that it does not take, is an error
 * that names it. `but` names one that is none of the encoder's and is passed over. */
FRAMEWISE_INTERNAL Result<void> apply_encoder_options(AVCodecContext *context,
                                                      const Dictionary &options,
                                                      std::string_view but = {});

} // namespace framewise
