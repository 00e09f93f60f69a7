/* gst-framewise: what the headers say of a stream, as a structure.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "containerinput.hpp"

namespace framewise {

/* `video-format`, `codec`, `long-codec`, `profile` (strings), `fps` (fraction), `duration`
 * (#guint64, ns), and the structures `container` and `stream` with the tags of each; what is not
 * known is not there. */
FRAMEWISE_INTERNAL StructurePtr stream_metadata(const ContainerInput &input);

} // namespace framewise
