/* gst-framewise: how far filters look round a frame, as their description tells.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Pure: no filter is made.
 */
#pragma once

#include "filterspec.hpp"

namespace framewise {

/* What of the input one frame that comes out depends on. */
struct FilterReach {
  enum class Kind {
    own_frame, /* the one frame that it is made of, its time included */
    window,    /* `back` frames before that and `forward` after it */
    unknown,   /* on everything up to there, for all that is known */
  };
  Kind kind = Kind::unknown;
  int back = 0;
  int forward = 0;
  int per_input = 1; /* frames that come out for each that goes in; not with `unknown` */
};

FRAMEWISE_INTERNAL FilterReach reach_of(const FilterDescription &description);
/* Conversion into it spreads its errors from one frame to the next. */
FRAMEWISE_INTERNAL bool is_dithered(AVPixelFormat format);

/* The names that reach_of() knows more of than `unknown`. */
FRAMEWISE_INTERNAL std::vector<std::string> filters_of_own_frame();
FRAMEWISE_INTERNAL std::vector<std::string> filters_of_window();

/* Filters that go on for ever by themselves: sources, `loop=-1`, `tpad=stop=-1`. */
FRAMEWISE_INTERNAL bool may_never_end(const FilterDescription &description);
/* For certain: not by a source, which others may cut off, and nothing is there that cuts. */
FRAMEWISE_INTERNAL bool never_ends(const FilterDescription &description);
/* Filters that take time 0 for the beginning: sources, and `tpad` with frames before the first. */
FRAMEWISE_INTERNAL bool begins_at_zero(const FilterDescription &description);
/* Filters that go on writing into frames that they have given away. */
FRAMEWISE_INTERNAL bool writes_into_its_output(const FilterDescription &description);
/* Filters that put what is in the picture elsewhere in it, other than by making it larger or
 * smaller: `hflip`, `crop`, `tile`; or whose picture is another one (`waveform`). */
FRAMEWISE_INTERNAL bool moves_pictures(const FilterDescription &description);
/* Pictures may come of filters that have no input. */
FRAMEWISE_INTERNAL bool has_sources(const FilterDescription &description);
/* The description, and whatever filters would draw by lot as new each time (`seed=-1`) is settled.
 */
FRAMEWISE_INTERNAL FilterDescription with_settled_seeds(FilterDescription description);

} // namespace framewise
