/* gst-framewise: what a frame carries beside its picture: libav's side data <-> buffer metas.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Every item is in the `side-data` of the frame meta, as bytes. Captions, regions of interest, AFD
 * and timecodes are in GStreamer's own metas as well, and on the way back those are what counts:
 * who takes such a meta off a buffer takes the item off the frame. What caps tell (HDR's static
 * metadata, stereo video) comes back from the caps only.
 */
#pragma once

#include "av.hpp"

namespace framewise {

/* Each item by its name (see framemeta.h), a GBytes over the frame's own memory. NULL: none. */
FRAMEWISE_INTERNAL StructurePtr side_data_bytes(const AVFrame *frame);

/* Adds a meta of GStreamer's for each item that has one. `framerate`: of the stream, which
 * timecodes need; 0/1: not known. `stream_timecode`: what the container's counting gives the frame,
 * empty where it does not count; it comes after timecodes of single pictures (SMPTE ST 12-1) and
 * before those of groups of them, which only one in many has. */
FRAMEWISE_INTERNAL void add_side_data_metas(GstBuffer *buffer, const AVFrame *frame,
                                            AVRational framerate, const char *stream_timecode = "");

/* Puts on `frame` what the buffer's metas say. */
FRAMEWISE_INTERNAL void restore_side_data(AVFrame *frame, GstBuffer *buffer);

/* ---- Through filters ------------------------------------------------------------------------ */

/* An AVFrame with nothing but references to the side data of `frame`; NULL where that has none. */
FRAMEWISE_INTERNAL FramePtr side_data_of(const AVFrame *frame);

/* Whether pass_on_side_data() is what takes it from one buffer to the other. */
FRAMEWISE_INTERNAL bool is_side_data_meta(const GstMeta *meta);

/* Where what was in the picture is after filtering. */
enum class Placement {
  same,
  scaled, /* as before, in a picture of another size */
  moved,  /* elsewhere, or nobody knows */
};

struct FilteredSideData {
  GstBuffer *metas;        /* of the buffer that went in; NULL: none */
  const AVFrame *went_in;  /* its side_data_of(), with what restore_side_data() made of `metas` */
  const AVFrame *came_out; /* the frame with its side data */
  Placement placement;
  int width_in, height_in, width_out, height_out;
  AVRational framerate_out;
  bool has_other_colors; /* than what went in */
};

/* Gives `buffer`, which has its frame meta already, what is left of the side data after filtering:
 * metas as they went in, ids and all, where the filters have left the item alone; made anew where
 * they have changed it; none where they have removed it. Regions of interest are scaled with the
 * picture, and what else is told in pixels goes where the size changes; all that is about places in
 * the picture goes where it is `moved`. */
FRAMEWISE_INTERNAL void pass_on_side_data(GstBuffer *buffer, const FilteredSideData &filtered);

} // namespace framewise
