/* gst-framewise: what the container does not tell of a packet.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "packetinspector.hpp"

namespace framewise {

PacketInspector::PacketInspector(const ContainerInput &input)
    : stream_(input.stream()), demuxer_reads_ahead_(input.context()->flags & AVFMT_FLAG_GENPTS),
      codec_id_(stream_->codecpar->codec_id), codec_(new_codec_context(nullptr)),
      parser_(stream_->codecpar->codec_type == AVMEDIA_TYPE_VIDEO ? av_parser_init(codec_id_)
                                                                  : nullptr) {
  avcodec_parameters_to_context(codec_.get(), stream_->codecpar);
  if (parser_)
    parser_->flags |= PARSER_FLAG_COMPLETE_FRAMES;
  if (const AVCodecParserContext *theirs = av_stream_get_parser(stream_))
    demuxer_parsed_ = theirs->cur_offset;
}

/* libavformat parses packets as it reads them, but those that it read in order to find out about
 * the streams it hands out later, and with `fflags=genpts` it is always some ahead. Nothing where
 * this packet is not the last that it parsed. */
const AVCodecParserContext *PacketInspector::demuxers_view(const AVPacket *packet) {
  const AVCodecParserContext *theirs = av_stream_get_parser(stream_);
  if (!theirs || demuxer_reads_ahead_)
    return nullptr;
  const int64_t parsed = theirs->cur_offset - std::exchange(demuxer_parsed_, theirs->cur_offset);
  const int how = theirs->flags & (PARSER_FLAG_COMPLETE_FRAMES | PARSER_FLAG_ONCE);
  return how == PARSER_FLAG_COMPLETE_FRAMES && packet->size > 0 && parsed == packet->size ? theirs
                                                                                          : nullptr;
}

const AVCodecParserContext *PacketInspector::own_view(const AVPacket *packet) {
  uint8_t *data = nullptr;
  int size = 0;
  av_parser_parse2(parser_.get(), codec_.get(), &data, &size, packet->data, packet->size,
                   packet->pts, packet->dts, packet->pos);
  return parser_.get();
}

void PacketInspector::inspect(const AVPacket *packet) {
  shown_ = !(packet->flags & AV_PKT_FLAG_DISCARD) && !is_invisible(packet);
  type_ = '?';
  interlaced_ = false;
  if (!parser_)
    return;
  const AVCodecParserContext *seen = demuxers_view(packet);
  if (!seen)
    seen = own_view(packet);
  type_ = av_get_picture_type_char(AVPictureType(seen->pict_type));
  interlaced_ = seen->field_order != AV_FIELD_PROGRESSIVE && seen->field_order != AV_FIELD_UNKNOWN;
  if (is_second_field(seen))
    shown_ = false;
}

/* Pictures that are only referred to. (VP8: RFC 6386, 9.1; VP9: bitstream specification, 6.1 and
 * annex B.) */
bool PacketInspector::is_invisible(const AVPacket *packet) const {
  if (packet->size < 1)
    return false;
  if (codec_id_ == AV_CODEC_ID_VP8)
    return !(packet->data[0] & 0x10);
  if (codec_id_ == AV_CODEC_ID_VP9) {
    const bool is_superframe = (packet->data[packet->size - 1] & 0xe0) == 0xc0;
    const bool profile_3 = (packet->data[0] & 0x30) == 0x30;
    const int header = profile_3 ? packet->data[0] << 1 : packet->data[0];
    const bool shows_existing = header & 0x08, shows = header & 0x02;
    return !is_superframe && !shows_existing && !shows;
  }
  return false;
}

/* Two fields of opposite parity in a row are one frame; not of HEVC, whose fields come out one by
 * one. */
bool PacketInspector::is_second_field(const AVCodecParserContext *seen) {
  if (codec_id_ != AV_CODEC_ID_H264)
    return false;
  const AVPictureStructure now = seen->picture_structure;
  const bool pair =
      (now == AV_PICTURE_STRUCTURE_TOP_FIELD &&
       first_field_ == AV_PICTURE_STRUCTURE_BOTTOM_FIELD) ||
      (now == AV_PICTURE_STRUCTURE_BOTTOM_FIELD && first_field_ == AV_PICTURE_STRUCTURE_TOP_FIELD);
  first_field_ = pair ? AV_PICTURE_STRUCTURE_UNKNOWN : now;
  return pair;
}

} // namespace framewise
