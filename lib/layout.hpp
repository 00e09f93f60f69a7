/* gst-framewise: what is behind GstFramewiseLayout.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "layout.h"
#include "stridedlayout.hpp"

#include "videoparams.hpp"

namespace framewise {

/* Where `buffer` has the planes of a frame: default_layout(), GstVideoMeta, GstVideoCropMeta. Metas
 * may say anything: what points out of the buffer, or out of the picture in it, is refused. */
struct BufferPlanes {
  PlaneLayout planes;
  Corner corner;
};
FRAMEWISE_INTERNAL Result<BufferPlanes> planes_of(GstBuffer *buffer, const StridedLayout &frame,
                                                  const PlaneLayout &defaults);

/* A layout of frames as default_layout() has them. */
FRAMEWISE_INTERNAL Result<GstFramewiseLayout> layout_of(const VideoParams &params);

} // namespace framewise

/* No pointers: copied by assignment. */
struct _GstFramewiseLayout {
  static constexpr int whole = -1;

  framewise::StridedLayout frame;
  framewise::PlaneLayout defaults; /* of buffers without GstVideoMeta */
  int plane = whole;
  gsize buffer_size = 0;

  const framewise::StridedArray &array() const {
    return plane == whole ? frame.whole() : frame.planes()[plane];
  }
  /* Shape and strides mean something. */
  bool is_array() const { return plane != whole || frame.has_whole(); }
  bool is_strided() const { return plane != whole || frame.is_strided(); }
};
