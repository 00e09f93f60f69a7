/* gst-framewise: the timecode that a container has for a whole stream.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "streamtimecode.hpp"

#include <gst/video/video.h>

#include <cstring>

namespace framewise {

static std::optional<AVTimecode> parse(const char *text, AVRational rate) {
  AVTimecode timecode;
  const bool drops = std::strpbrk(text, ";.") != nullptr;
  const bool may_drop = rate.den == 1001 && rate.num % 30000 == 0;
  if (rate.num <= 0 || (drops && !may_drop) ||
      av_timecode_init_from_string(&timecode, rate, text, nullptr) < 0)
    return std::nullopt;
  timecode.flags |= AV_TIMECODE_FLAG_24HOURSMAX;
  return timecode;
}

std::optional<StreamTimecode> StreamTimecode::of(const AVFormatContext *container,
                                                 const AVStream *stream, AVRational rate) {
  for (const AVDictionary *tags : {stream->metadata, container->metadata})
    if (const AVDictionaryEntry *entry = av_dict_get(tags, "timecode", nullptr, 0)) {
      auto first = parse(entry->value, rate);
      if (!first)
        return std::nullopt;
      StreamTimecode result;
      result.first_ = *first;
      return result;
    }
  return std::nullopt;
}

std::string StreamTimecode::at(int64_t time) const {
  constexpr int64_t ns_per_second = 1000000000;
  const int64_t frame = av_rescale(time, first_.rate.num, first_.rate.den * ns_per_second);
  if (frame < 0 || frame > INT_MAX)
    return {};
  char text[AV_TIMECODE_STR_SIZE];
  return av_timecode_make_string(&first_, text, int(frame));
}

std::string timecode_of(GstBuffer *buffer, AVRational rate) {
  const GstVideoTimeCodeMeta *meta = gst_buffer_get_video_time_code_meta(buffer);
  if (!meta)
    return {};
  const GstVideoTimeCode &code = meta->tc;
  const AVRational counted{int(code.config.fps_n), int(code.config.fps_d)};
  if (counted.num <= 0 || counted.den <= 0 || av_cmp_q(counted, rate) != 0)
    return {};
  const bool drops = code.config.flags & GST_VIDEO_TIME_CODE_FLAGS_DROP_FRAME;
  const std::string text = format("%02u:%02u:%02u%c%02u", code.hours, code.minutes, code.seconds,
                                  drops ? ';' : ':', code.frames);
  return is_timecode(text.c_str(), rate) ? text : std::string();
}

bool is_timecode(const char *text, AVRational rate) { return parse(text, rate).has_value(); }

} // namespace framewise
