/* gst-framewise: the columns of an index that follow from others.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "indextable.hpp"

namespace framewise {

/* How much must be decoded before a packet of audio for that to come out right. */
struct Preroll {
  int packets = 0; /* at least */
  int bytes = 0;   /* and so many bytes of what is in them, less `overhead` each */
  int overhead = 0;
};
/* As the codecs' specifications have it: what overlaps with what, and how far back a packet refers.
 * What else a decoder remembers, only decoding shows. */
FRAMEWISE_INTERNAL Preroll preroll_of(AVCodecID codec);

/* From what is known of packets and frames: all that readers look up. `precision`: by how many ns
 * the times of an even frame rate may be off. */
FRAMEWISE_INTERNAL void derive_columns(IndexArrays &table, IndexFacts &facts, int64_t precision,
                                       const Preroll &preroll = {});

} // namespace framewise
