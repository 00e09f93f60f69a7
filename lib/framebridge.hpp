/* gst-framewise: frames across the border between libav and GStreamer, without copying.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * All functions may be called from any thread; frames and buffers keep what they need alive.
 */
#pragma once

#include "videoparams.hpp"

#include <gst/video/video.h>

namespace framewise {

/* ---- libav -> GStreamer -----------------------------------------------------------------------
 */

/* Who may write into the memory of a wrapped frame. */
enum class Sharing {
  read_only,   /* a decoder may still refer to it: GST_MEMORY_FLAG_READONLY always */
  as_refcount, /* writable where the AVFrame is the only owner */
};

/* A buffer over the frame's own memory: one GstMemory for each AVBuffer that holds planes, and a
 * GstVideoMeta with the true offsets and strides (of GST_VIDEO_FORMAT_ENCODED where GStreamer has
 * no name for the format). NULL where that cannot be said in a GstVideoMeta: negative or zero
 * strides, memory without AVBufferRef. Timestamps and flags are left to the caller. */
FRAMEWISE_INTERNAL BufferPtr wrap_frame(const AVFrame *frame, Sharing sharing);

/* Whether the frame's planes lie in one AVBuffer just as default_layout() has them under caps with
 * this interlace mode, so that a wrapped frame is right even for those who do not look at the
 * GstVideoMeta. */
FRAMEWISE_INTERNAL bool
has_default_layout(const AVFrame *frame,
                   GstVideoInterlaceMode interlace_mode = GST_VIDEO_INTERLACE_MODE_PROGRESSIVE);

/* Copies the picture into `buffer`, which must be writable and large enough; its GstVideoMeta says
 * where the planes go, or default_layout() with this interlace mode does. */
FRAMEWISE_INTERNAL Result<void>
copy_frame(const AVFrame *frame, GstBuffer *buffer,
           GstVideoInterlaceMode interlace_mode = GST_VIDEO_INTERLACE_MODE_PROGRESSIVE);

/* ---- GStreamer -> libav -----------------------------------------------------------------------
 */

enum class Access {
  read,           /* the frame is read only (AV_BUFFER_FLAG_READONLY) */
  write_if_owned, /* writable where buffer and memory are, which takes the only reference */
};

/* Makes frames over the memory of buffers. One thread at a time; the frames may go anywhere. */
class FRAMEWISE_INTERNAL FrameImporter {
 public:
  /* A frame over the buffer's memory, keeping the buffer mapped until the last reference to the
   * frame is gone. `params` describes the buffer (from its caps). Takes the buffer: with a second
   * reference elsewhere the frame is read only. Format, size, colour and interlacing are set;
   * timestamps are not.
   *
   * Where strides, addresses or the tail of the memory are not what libav's SIMD code expects
   * (frame_alignment(), frame_padding) the picture is copied once instead. A buffer that is too
   * small for its caps is an error. `blank`: an AVFrame to use, without contents. */
  Result<FramePtr> import(BufferPtr buffer, const VideoParams &params, Access access,
                          FramePtr blank = new_frame());

 private:
  Result<FramePtr> copy(const AVFrame *frame, const VideoParams &params);

  struct Geometry {
    AVPixelFormat format = AV_PIX_FMT_NONE;
    int width = 0, height = 0;
    GstVideoInterlaceMode interlace_mode = GST_VIDEO_INTERLACE_MODE_PROGRESSIVE;
    bool operator==(const Geometry &) const = default;
  };
  Geometry geometry_;          /* of the buffer imported last */
  PlaneLayout default_layout_; /* for that */

  BufferPoolPtr pool_; /* for copies, so that they land in warm memory */
  size_t pool_size_ = 0;
};

/* An AVFrame view of a writable buffer, to be written by libav (a converter's target): no copy, no
 * demands on alignment. The view must be dropped before the buffer is passed on. */
FRAMEWISE_INTERNAL Result<FramePtr> writable_view(GstBuffer *buffer, const VideoParams &params);

/* GST_VIDEO_BUFFER_FLAG_* of an AVFrame's interlacing, and back. */
FRAMEWISE_INTERNAL void set_interlace_flags(GstBuffer *buffer, const AVFrame *frame,
                                            const VideoParams &params);

/* ---- Time -------------------------------------------------------------------------------------
 */

constexpr AVRational gst_time_base{1, 1000000000};

/* `ticks` x `time_base` in nanoseconds, to the nearest; the other way round as well. */
inline int64_t ticks_to_ns(int64_t ticks, AVRational time_base) {
  return av_rescale_q_rnd(ticks, time_base, gst_time_base, AV_ROUND_NEAR_INF);
}
inline int64_t ns_to_ticks(int64_t ns, AVRational time_base) {
  return av_rescale_q_rnd(ns, gst_time_base, time_base, AV_ROUND_NEAR_INF);
}

} // namespace framewise
