/* gst-framewise: the timecodes of MPEG-1 and MPEG-2, each on the picture that it is of.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "goptimecode.hpp"

#include <array>
#include <cstring>
#include <iterator>
#include <optional>

namespace framewise {

namespace {

bool has_groups(const AVCodecContext *codec) {
  return codec->codec_id == AV_CODEC_ID_MPEG1VIDEO || codec->codec_id == AV_CODEC_ID_MPEG2VIDEO;
}

/* As ISO/IEC 13818-2 has it in 25 bits, from the highest: drop frame flag, hours (5), minutes (6),
 * marker, seconds (6), pictures (6). */
int64_t counted_on(uint32_t code, unsigned pictures, unsigned nominal) {
  if (pictures == 0 || nominal == 0)
    return code;
  const bool drops = code >> 24 & 1;
  unsigned hours = code >> 19 & 31, minutes = code >> 13 & 63, seconds = code >> 6 & 63,
           frames = (code & 63) + pictures;
  while (frames >= nominal) {
    frames -= nominal;
    if (++seconds < 60)
      continue;
    seconds = 0;
    minutes++;
    if (drops && minutes % 10 != 0) /* numbers 0 and 1 of such a minute are left out */
      frames += 2;
    if (minutes == 60) {
      minutes = 0;
      hours = (hours + 1) % 24;
    }
  }
  return int64_t(uint32_t(drops) << 24 | hours << 19 | minutes << 13 | 1u << 12 | seconds << 6 |
                 frames);
}

constexpr uint8_t picture_start = 0x00, first_slice = 0x01, last_slice = 0xaf,
                  sequence_start = 0xb3, group_start = 0xb8;

/* Pictures a second that codes are counted by, from the eighth byte of a sequence header: the frame
 * rates of ISO/IEC 13818-2, table 6-4, as whole numbers; 0: none of them. The rate that a container
 * says, or that times show, may be another. */
unsigned pictures_per_second(uint8_t byte) {
  static constexpr std::array<uint8_t, 16> rates{0, 24, 24, 25, 30, 30, 50, 60, 60};
  return rates[byte & 15];
}

/* Of the first picture in the packet, where a group's header is before it. `rate` is that of the
 * last sequence header seen. */
std::optional<int64_t> timecode_of(const AVPacket *packet, unsigned &rate) {
  const uint8_t *at = packet->data, *end = packet->data + packet->size;
  std::optional<uint32_t> group;
  for (; end - at >= 8; at++) {
    if (at[0] != 0 || at[1] != 0 || at[2] != 1)
      continue;
    const uint32_t payload = uint32_t(at[4]) << 24 | at[5] << 16 | at[6] << 8 | at[7];
    if (at[3] == sequence_start)
      rate = pictures_per_second(at[7]);
    else if (at[3] == group_start)
      group = payload >> 7;
    else if (at[3] == picture_start && group)
      return counted_on(*group, payload >> 22, rate);
    else if (at[3] == picture_start || (at[3] >= first_slice && at[3] <= last_slice))
      return std::nullopt;
  }
  return std::nullopt;
}

/* As the headers of the stream have it, before any packet says so. */
unsigned rate_in(const AVCodecContext *codec) {
  const uint8_t *data = codec->extradata;
  for (int i = 0; data && i + 8 <= codec->extradata_size; i++)
    if (data[i] == 0 && data[i + 1] == 0 && data[i + 2] == 1 && data[i + 3] == sequence_start)
      return pictures_per_second(data[i + 7]);
  return 0;
}

} // namespace

void GopTimecodes::note(const AVCodecContext *codec, const AVPacket *packet, int64_t tag) {
  if (!has_groups(codec))
    return;
  if (rate_ == 0)
    rate_ = rate_in(codec);
  if (auto code = timecode_of(packet, rate_))
    noted_[tag] = *code;
}

void GopTimecodes::settle(const AVCodecContext *codec, AVFrame *picture) {
  if (!has_groups(codec))
    return;
  av_frame_remove_side_data(picture, AV_FRAME_DATA_GOP_TIMECODE);
  const auto found = noted_.find(compat::tag_of(picture));
  if (found == noted_.end())
    return;
  if (AVFrameSideData *item =
          av_frame_new_side_data(picture, AV_FRAME_DATA_GOP_TIMECODE, sizeof found->second))
    std::memcpy(item->data, &found->second, sizeof found->second);
  noted_.erase(noted_.begin(), std::next(found));
}

} // namespace framewise
