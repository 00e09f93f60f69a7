/* gst-framewise: chapters of a container <-> GstToc.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "containerinput.hpp"

#include <vector>

namespace framewise {

struct TocUnref {
  void operator()(GstToc *toc) const { gst_toc_unref(toc); }
};
using TocPtr = std::unique_ptr<GstToc, TocUnref>;

/* Times are nanoseconds; of which clock, each function says. */
struct Chapter {
  int64_t id = 0; /* no other has it */
  int64_t start = 0, end = 0;
  Dictionary metadata;
};

/* The container's chapters in stream time, one entry each, with their ids as uids and their tags.
 * NULL where there are none. */
FRAMEWISE_INTERNAL TocPtr container_toc(const ContainerInput &input);
/* The chapters of `toc`, by their start: the innermost entries, of its first edition where it has
 * several. In the clock of `toc`. */
FRAMEWISE_INTERNAL std::vector<Chapter> chapters_of(const GstToc *toc);
/* From stream time to running time. What `segment` leaves out of a chapter is cut off, and of what
 * is left out whole nothing remains. */
FRAMEWISE_INTERNAL std::vector<Chapter> to_running_time(std::vector<Chapter> chapters,
                                                        const GstSegment &segment);
/* The same cut at `end`. */
FRAMEWISE_INTERNAL std::vector<Chapter> cut_at(std::vector<Chapter> chapters, int64_t end);
/* What the muxer shall write: in the clock of its streams. Replaces what it has; false when out of
 * memory. */
FRAMEWISE_INTERNAL bool set_chapters(AVFormatContext *muxer, const std::vector<Chapter> &chapters);

} // namespace framewise
