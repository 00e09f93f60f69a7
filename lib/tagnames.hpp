/* gst-framewise: GStreamer's tags and the names that libavformat has for them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "av.hpp"

namespace framewise {

/* Any thread. */

/* Adds to `tags` what `metadata` holds, each entry under its GST_TAG_* name, else as
 * GST_TAG_EXTENDED_COMMENT `key=value`. What is not UTF-8 is left out, since a file may hold
 * anything. */
FRAMEWISE_INTERNAL void metadata_to_tags(const AVDictionary *metadata, GstTagList *tags);

/* Adds to `metadata` the tags that libavformat has a name for; GST_TAG_EXTENDED_COMMENT `key=value`
 * becomes an entry `key`. Several values of a tag are joined as GStreamer joins them. What a muxer
 * knows by itself (codec, container, bit rate, orientation) is left out. */
FRAMEWISE_INTERNAL void tags_to_metadata(const GstTagList *tags, Dictionary &metadata);

/* Takes out of `tags`, which were read with a file, what is said of that file or of how its frames
 * were coded, and would not hold of another: encoder, statistics, brands. */
FRAMEWISE_INTERNAL void remove_tags_of_the_file(GstTagList *tags);

} // namespace framewise
