/* gst-framewise: audio across the border between libav and GStreamer, without copying.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * All functions may be called from any thread; frames and buffers keep what they need alive.
 */
#pragma once

#include "audioparams.hpp"

namespace framewise {

/* `samples` of `frame` from `first` on, as a buffer in the layout of to_caps(params), `params`
 * being what the frame is: over the frame's own memory, read-only, planar with a GstAudioMeta;
 * copied where the channels have another order in GStreamer and lie between one another, or there
 * are more of them than a buffer has room for. Timestamps and flags are left to the caller. */
FRAMEWISE_INTERNAL Result<BufferPtr> wrap_audio(const AVFrame *frame, const AudioParams &params,
                                                int first, int samples);

/* A frame over the buffer's memory, keeping the buffer mapped until the last reference to the frame
 * is gone. `params` describes the buffer (from its caps). Takes the buffer. Read only. Copies once
 * where wrap_audio() does. A buffer that holds no whole number of samples is an error. Timestamps
 * are not set. */
FRAMEWISE_INTERNAL Result<FramePtr> import_audio(BufferPtr buffer, const AudioParams &params);

} // namespace framewise
