/* gst-framewise: what containersink does with a pad of audio.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "containermux-audio.hpp"

#include "../lib/audiobridge.hpp"

GST_DEBUG_CATEGORY_EXTERN(container_mux_debug);
#define GST_CAT_DEFAULT container_mux_debug

namespace framewise {

Result<void> AudioTrack::take_caps(const GstCaps *caps, FrameWriter &writer, int stream) {
  auto params = audio_from_caps(caps);
  if (!params)
    return Failure(params.error());
  if (stream >= 0 && !(*params == *params_))
    if (auto changed = writer.change_audio_stream(stream, *params); !changed)
      return changed;
  params_ = std::move(*params);
  return {};
}

GstBuffer *AudioTrack::clip(const GstSegment &segment, GstBuffer *buffer) const {
  if (!params_ || segment.format != GST_FORMAT_TIME || segment.rate < 0)
    return buffer;
  GstSegment open_end = segment; /* a filter may well make a stream longer */
  open_end.stop = GST_CLOCK_TIME_NONE;
  const gint bytes = av_get_bytes_per_sample(params_->format) * params_->channels();
  return gst_audio_buffer_clip(buffer, &open_end, params_->sample_rate, bytes);
}

Result<int> AudioTrack::add_stream(FrameWriter &writer, const FrameTime &first,
                                   const StreamOverrides &own) const {
  if (!params_)
    return FRAMEWISE_FAIL_STREAM(FORMAT, "Samples came before any caps.");
  return writer.add_audio_stream(*params_, first.pts == AV_NOPTS_VALUE ? 0 : first.pts, own);
}

Result<void> AudioTrack::write(FrameWriter &writer, int stream, BufferPtr buffer,
                               const FrameTime &time) {
  const bool broken = GST_BUFFER_FLAG_IS_SET(buffer.get(), GST_BUFFER_FLAG_DISCONT) ||
                      std::exchange(after_gap_, false);
  const Continuity continuity = broken ? Continuity::broken : Continuity::assumed;
  if (gst_buffer_get_size(buffer.get()) == 0)
    return {};
  auto frame = import_audio(std::move(buffer), *params_);
  if (!frame)
    return Failure(frame.error());
  const auto place =
      writer.audio_encoder(stream).clock().place(time, (*frame)->nb_samples, continuity);
  if (place.silence > 0)
    gst_debug_log(GST_CAT_DEFAULT, broken ? GST_LEVEL_INFO : GST_LEVEL_WARNING, __FILE__, __func__,
                  __LINE__, nullptr,
                  "stream %d: %" G_GINT64_FORMAT " samples are missing before %.6f s: silence",
                  stream, place.silence, double(time.pts) / GST_SECOND);
  if (place.cut > 0)
    GST_WARNING("stream %d: %d samples at %.6f s are there already: cut off", stream, place.cut,
                double(time.pts) / GST_SECOND);
  return writer.write_samples(stream, std::move(*frame), time, continuity);
}

Result<void> AudioTrack::write_gap(FrameWriter &writer, int stream, const FrameTime &time) {
  after_gap_ = true;
  if (time.pts == AV_NOPTS_VALUE || time.duration <= 0)
    return {};
  return writer.write_silence_until(stream, time.pts + time.duration);
}

/* ---- Caps ----------------------------------------------------------------------------------- */

static void set_rates(GstStructure *structure, const std::vector<int> &rates) {
  if (rates.empty()) {
    gst_structure_set(structure, "rate", GST_TYPE_INT_RANGE, 1, G_MAXINT, nullptr);
    return;
  }
  GValue list = G_VALUE_INIT;
  gst_value_list_init(&list, guint(rates.size()));
  for (int rate : rates) {
    GValue value = G_VALUE_INIT;
    g_value_init(&value, G_TYPE_INT);
    g_value_set_int(&value, rate);
    gst_value_list_append_and_take_value(&list, &value);
  }
  gst_structure_take_value(structure, "rate", &list);
}

/* The same formats as planes where they are packed, and the other way round. */
static std::vector<AVSampleFormat> twins_of(const std::vector<AVSampleFormat> &formats) {
  std::vector<AVSampleFormat> twins;
  for (AVSampleFormat format : formats)
    twins.push_back(av_get_alt_sample_fmt(format, !av_sample_fmt_is_planar(format)));
  return twins;
}

/* One structure for each format and layout: within a list the order is lost to upstream's when the
 * two are intersected. */
static CapsPtr caps_of(const AudioFormats &takes) {
  CapsPtr caps(gst_caps_new_empty());
  std::vector<ChannelLayout> layouts = takes.layouts;
  const bool any_layout = layouts.empty();
  if (any_layout)
    layouts.push_back(ChannelLayout::usual(2));
  for (AVSampleFormat format : takes.formats) {
    if (to_gst_format(format) == GST_AUDIO_FORMAT_UNKNOWN)
      continue;
    for (const ChannelLayout &layout : layouts) {
      CapsPtr one = to_caps({format, 48000, layout});
      GstStructure *structure = gst_caps_get_structure(one.get(), 0);
      set_rates(structure, takes.sample_rates);
      if (any_layout) {
        gst_structure_remove_field(structure, "channel-mask");
        gst_structure_set(structure, "channels", GST_TYPE_INT_RANGE, 1, G_MAXINT, nullptr);
      }
      gst_caps_append(caps.get(), one.release());
    }
  }
  return caps;
}

CapsPtr audio_caps_with_first(const AudioFormats &takes, GstCaps *all) {
  /* Then what only has to be laid out anew. Not merged: that would sort by what is wider. */
  AudioFormats twins = takes;
  twins.formats = twins_of(takes.formats);
  CapsPtr caps = caps_of(takes);
  gst_caps_append(caps.get(), caps_of(twins).release());
  gst_caps_append(caps.get(), gst_caps_ref(all));
  return caps;
}

} // namespace framewise
