/* gst-framewise: the part of containersink that encodes and muxes.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "containersinkpad.hpp"

#include <gst/gst.h>

namespace framewise {

/* A GstAggregator with request pads `video_%u` for raw video and `audio_%u` for raw audio. For each
 * buffer written it pushes an empty one with the same time, and EOS only once the file is complete.
 * Errors go out in the name of its parent. Floating. */
GstElement *new_container_mux();

/* Hands over what the next run writes to; in READY. */
void container_mux_take_writer(GstElement *mux, std::unique_ptr<FrameWriter> writer);
/* How long a pad without data is waited for; see AbsentPads. In READY. */
void container_mux_set_pad_timeout(GstElement *mux, GstClockTime timeout);
/* Where a pad of it finds what its stream has of its own. Before the first frame. */
void container_mux_pad_use(GstPad *pad, std::shared_ptr<StreamSettings> settings);
/* Of this run, or the last one. Any thread. */
FrameWriterStats container_mux_stats(GstElement *mux);
/* The file of this run, or the last one, where it was written to memory and is complete; else NULL.
 * Any thread. */
GBytes *container_mux_bytes(GstElement *mux);
/* See FrameWriter::hurry(). Any thread. */
void container_mux_hurry(GstElement *mux);
/* Whether this run has ended in an error. Any thread. */
bool container_mux_has_failed(GstElement *mux);
/* Whether the container's streams are settled, so that no pad can join. Any thread. */
bool container_mux_has_streams(GstElement *mux);

} // namespace framewise
