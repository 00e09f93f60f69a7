/* gst-framewise: what the container does not tell of a packet.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "containerinput.hpp"

namespace framewise {

/* A stream of packets as the codec's own parser sees it: the demuxer's, where that one has just
 * seen the packet, and else one of its own. Lives no longer than what is read. One thread at a
 * time. */
class FRAMEWISE_INTERNAL PacketInspector {
 public:
  explicit PacketInspector(const ContainerInput &input);

  /* The packet of the stream that has just been read; what follows is then about that one. */
  void inspect(const AVPacket *packet);
  /* False where it gives no frame of its own: discarded, invisible, or the second field of one. */
  bool shown() const { return shown_; }
  char picture_type() const { return type_; } /* as av_get_picture_type_char() has it */
  bool interlaced() const { return interlaced_; }

 private:
  bool is_invisible(const AVPacket *packet) const;
  bool is_second_field(const AVCodecParserContext *seen);
  const AVCodecParserContext *demuxers_view(const AVPacket *packet);
  const AVCodecParserContext *own_view(const AVPacket *packet);

  const AVStream *stream_;
  bool demuxer_reads_ahead_;
  AVCodecID codec_id_;
  CodecContextPtr codec_;
  std::unique_ptr<AVCodecParserContext, ByValue<av_parser_close>> parser_;
  int64_t demuxer_parsed_ = 0; /* bytes, before this packet */
  AVPictureStructure first_field_ = AV_PICTURE_STRUCTURE_UNKNOWN;
  bool shown_ = true;
  char type_ = '?';
  bool interlaced_ = false;
};

} // namespace framewise
