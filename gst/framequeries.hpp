/* gst-framewise: queries about a stream of frames, in time and in frames.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "frameindex.hpp"

#include <gst/gst.h>

#include <optional>

namespace framewise {

struct StreamFacts {
  bool seekable = false;
  gint64 duration = -1;                    /* ns; -1: not known */
  std::shared_ptr<const FrameIndex> index; /* null: not known */
  gint64 last_frame = -1;                  /* number of the one last handed out; -1: none */
};

/* What it answered: TRUE or FALSE; nothing for queries that are no matter of frames. */
std::optional<gboolean> answer_query(GstQuery *query, const StreamFacts &facts);

} // namespace framewise
