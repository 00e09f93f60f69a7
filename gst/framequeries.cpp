/* gst-framewise: queries about a stream of frames, in time and in frames, or samples of audio.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "framequeries.hpp"

#include <algorithm>

namespace framewise {

static gint64 length_in(GstFormat format, const StreamFacts &facts) {
  if (format == GST_FORMAT_TIME)
    return facts.index ? std::max<gint64>(facts.index->end_time(), 0) : facts.duration;
  return facts.index ? facts.index->n_units() : -1;
}

static bool is_time_or_frames(GstFormat format) {
  return format == GST_FORMAT_TIME || format == GST_FORMAT_DEFAULT;
}

/* A frame's time is when it begins; the frame at a time is the one that is shown then. The end of
 * the stream is one past the last frame. */
static std::optional<gint64> convert(gint64 value, GstFormat from, GstFormat to,
                                     const FrameIndex *index) {
  if (from == to)
    return value;
  if (!index || !is_time_or_frames(from) || !is_time_or_frames(to) || value < 0)
    return std::nullopt;
  if (from == GST_FORMAT_TIME)
    return value >= index->end_time() ? index->n_units() : index->unit_at(value);
  if (value > index->n_units())
    return std::nullopt;
  return std::max<gint64>(index->holds_unit(value) ? index->unit_time(value) : index->end_time(),
                          0);
}

static gboolean answer_convert(GstQuery *query, const StreamFacts &facts) {
  GstFormat from, to;
  gint64 value;
  gst_query_parse_convert(query, &from, &value, &to, nullptr);
  auto converted = convert(value, from, to, facts.index.get());
  if (!converted)
    return FALSE;
  gst_query_set_convert(query, from, value, to, *converted);
  return TRUE;
}

std::optional<gboolean> answer_query(GstQuery *query, const StreamFacts &facts) {
  GstFormat format;
  switch (GST_QUERY_TYPE(query)) {
  case GST_QUERY_SEEKING:
    gst_query_parse_seeking(query, &format, nullptr, nullptr, nullptr);
    if (!is_time_or_frames(format))
      return FALSE;
    gst_query_set_seeking(query, format, facts.seekable, 0, length_in(format, facts));
    return TRUE;
  case GST_QUERY_DURATION: {
    gst_query_parse_duration(query, &format, nullptr);
    if (!is_time_or_frames(format) || length_in(format, facts) < 0)
      return FALSE;
    gst_query_set_duration(query, format, length_in(format, facts));
    return TRUE;
  }
  case GST_QUERY_POSITION:
    gst_query_parse_position(query, &format, nullptr);
    if (format != GST_FORMAT_DEFAULT)
      return std::nullopt;
    if (facts.last_frame < 0)
      return FALSE;
    gst_query_set_position(query, format, facts.last_frame);
    return TRUE;
  case GST_QUERY_CONVERT:
    return answer_convert(query, facts);
  case GST_QUERY_FORMATS:
    gst_query_set_formats(query, 2, GST_FORMAT_TIME, GST_FORMAT_DEFAULT);
    return TRUE;
  default:
    return std::nullopt;
  }
}

} // namespace framewise
