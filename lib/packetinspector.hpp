/* gst-framewise: what the codec's own parser tells of packets, and the container does not.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "av.hpp"

namespace framewise {

using ParserPtr = std::unique_ptr<AVCodecParserContext, ByValue<av_parser_close>>;

/* Sees each packet of a stream, in order. One thread at a time. */
class PacketInspector {
 public:
  explicit PacketInspector(const AVStream *stream)
      : codec_id_(stream->codecpar->codec_id), codec_(new_codec_context(nullptr)),
        parser_(av_parser_init(codec_id_)) {
    avcodec_parameters_to_context(codec_.get(), stream->codecpar);
    if (parser_)
      parser_->flags |= PARSER_FLAG_COMPLETE_FRAMES;
  }

  void inspect(const AVPacket *packet) {
    shown_ = !(packet->flags & AV_PKT_FLAG_DISCARD) && !is_invisible(packet);
    type_ = '?';
    interlaced_ = false;
    if (!parser_)
      return;
    uint8_t *data = nullptr;
    int size = 0;
    av_parser_parse2(parser_.get(), codec_.get(), &data, &size, packet->data, packet->size,
                     packet->pts, packet->dts, packet->pos);
    type_ = av_get_picture_type_char(AVPictureType(parser_->pict_type));
    interlaced_ =
        parser_->field_order != AV_FIELD_PROGRESSIVE && parser_->field_order != AV_FIELD_UNKNOWN;
    if (is_second_field())
      shown_ = false;
  }
  bool shown() const { return shown_; }
  char picture_type() const { return type_; }
  bool interlaced() const { return interlaced_; }

 private:
  /* Pictures that are only referred to. (VP8: RFC 6386, 9.1; VP9: bitstream specification, 6.1 and
   * annex B.) */
  bool is_invisible(const AVPacket *packet) const {
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
  bool is_second_field() {
    if (codec_id_ != AV_CODEC_ID_H264)
      return false;
    const AVPictureStructure now = parser_->picture_structure;
    const bool pair = (now == AV_PICTURE_STRUCTURE_TOP_FIELD &&
                       first_field_ == AV_PICTURE_STRUCTURE_BOTTOM_FIELD) ||
                      (now == AV_PICTURE_STRUCTURE_BOTTOM_FIELD &&
                       first_field_ == AV_PICTURE_STRUCTURE_TOP_FIELD);
    first_field_ = pair ? AV_PICTURE_STRUCTURE_UNKNOWN : now;
    return pair;
  }

  AVCodecID codec_id_;
  CodecContextPtr codec_;
  ParserPtr parser_;
  AVPictureStructure first_field_ = AV_PICTURE_STRUCTURE_UNKNOWN;
  bool shown_ = true;
  char type_ = '?';
  bool interlaced_ = false;
};

} // namespace framewise
