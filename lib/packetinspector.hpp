/* gst-framewise: what the container does not tell of a packet.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "av.hpp"

namespace framewise {

/* A stream of packets as the codec's own parser sees it. One thread at a time. */
class FRAMEWISE_INTERNAL PacketInspector {
 public:
  explicit PacketInspector(const AVStream *stream);

  /* The next packet of the stream; what follows is then about that one. */
  void inspect(const AVPacket *packet);
  /* False where it gives no frame of its own: discarded, invisible, or the second field of one. */
  bool shown() const { return shown_; }
  char picture_type() const { return type_; } /* as av_get_picture_type_char() has it */
  bool interlaced() const { return interlaced_; }

 private:
  bool is_invisible(const AVPacket *packet) const;
  bool is_second_field();

  AVCodecID codec_id_;
  CodecContextPtr codec_;
  std::unique_ptr<AVCodecParserContext, ByValue<av_parser_close>> parser_;
  AVPictureStructure first_field_ = AV_PICTURE_STRUCTURE_UNKNOWN;
  bool shown_ = true;
  char type_ = '?';
  bool interlaced_ = false;
};

} // namespace framewise
