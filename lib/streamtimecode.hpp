/* gst-framewise: the timecode that a container has for a whole stream (a track `tmcd` of MP4, a
 * timecode component of MXF, the tag `timecode` elsewhere).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "av.hpp"

extern "C" {
#include <libavutil/timecode.h>
}

#include <optional>
#include <string>

namespace framewise {

/* The timecode of a stream's first frame, from which those of the others are counted. */
class FRAMEWISE_INTERNAL StreamTimecode {
 public:
  /* Nothing where neither the stream nor the file says one, or it is none at `rate`, or there is no
   * constant rate to count by (0/1). */
  static std::optional<StreamTimecode> of(const AVFormatContext *container, const AVStream *stream,
                                          AVRational rate);

  /* `hh:mm:ss:ff`, with `;` before the frames where numbers are dropped; empty before the first
   * frame. `time` is counted from the first frame on, in nanoseconds. */
  std::string at(int64_t time) const;

 private:
  AVTimecode first_;
};

/* Of the first GstVideoTimeCodeMeta of the buffer, in the same form; empty where there is none that
 * counts by `rate`. */
FRAMEWISE_INTERNAL std::string timecode_of(GstBuffer *buffer, AVRational rate);

/* Whether a container can take `text` as timecode of a stream of `rate`. */
FRAMEWISE_INTERNAL bool is_timecode(const char *text, AVRational rate);

} // namespace framewise
