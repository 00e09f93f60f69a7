/* gst-framewise: the timecodes of MPEG-1 and MPEG-2, each on the picture that it is of.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "av.hpp"

#include <map>

namespace framewise {

/* The header of a group of pictures has the timecode of the first one that is shown. libavcodec
 * puts it on whichever picture comes out next, one too early where pictures are reordered, and on
 * another one after a seek. Here it is counted on to the picture that follows the header, the I
 * picture, and put there. One thread at a time. */
class FRAMEWISE_INTERNAL GopTimecodes {
 public:
  /* Looks into a packet that is about to be decoded. */
  void note(const AVCodecContext *codec, const AVPacket *packet, int64_t tag);
  /* Its AV_FRAME_DATA_GOP_TIMECODE becomes what the picture's packet had, if any. */
  void settle(const AVCodecContext *codec, AVFrame *picture);

 private:
  std::map<int64_t, int64_t> noted_; /* by the packet's tag */
  unsigned rate_ = 0;                /* pictures a second that they are counted by; 0: not known */
};

} // namespace framewise
