/* gst-framewise: a buffer pool whose frames libav can work on as they are.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "videoparams.hpp"

namespace framewise {

/* A GstBufferPool for video/x-raw and video/x-framewise caps. With
 * GST_BUFFER_POOL_OPTION_VIDEO_META in its configuration the buffers have aligned_layout() and a
 * GstVideoMeta, else default_layout() and none; either way frame_padding bytes follow the last
 * plane. Not yet configured. */
FRAMEWISE_INTERNAL GstPtr<GstBufferPool> new_frame_pool();

enum class WithVideoMeta : bool { no, yes };

/* Sets caps, size and limits (`max_buffers` 0: none) in one go; the pool is left inactive. */
FRAMEWISE_INTERNAL Result<void> configure_frame_pool(GstBufferPool *pool, const VideoParams &params,
                                                     WithVideoMeta video_meta, unsigned min_buffers,
                                                     unsigned max_buffers);

/* For a propose_allocation vfunc: offers GstVideoMeta, a pool of ours with aligned frames
 * (`extra_buffers` of which the element itself may hold at any time) and libav's alignment and
 * padding as allocation parameters. */
FRAMEWISE_INTERNAL void propose_frame_allocation(GstQuery *query, unsigned extra_buffers);

} // namespace framewise
