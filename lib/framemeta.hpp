/* gst-framewise: where in its container a frame comes from, as a buffer meta.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "av.hpp"

#include <optional>

namespace framewise {

struct FrameOrigin {
  const AVFrame *frame;
  int64_t number; /* -1: not known */
  int64_t pts;    /* as stored; AV_NOPTS_VALUE where the container has none */
  AVRational time_base;
};

/* Adds the meta described in framemeta.h to a writable buffer. */
FRAMEWISE_INTERNAL void add_frame_meta(GstBuffer *buffer, const FrameOrigin &origin);
/* The time base that the buffer's frame meta gives, if it has one. */
FRAMEWISE_INTERNAL std::optional<AVRational> frame_meta_time_base(GstBuffer *buffer);

/* Sets the picture type and whether it is a key frame, as the buffer's frame meta has them. Raw
 * video without one is nothing but intra-coded key frames, to libav. */
FRAMEWISE_INTERNAL void set_picture_type(AVFrame *frame, GstBuffer *buffer);

} // namespace framewise
