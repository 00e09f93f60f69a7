/* gst-framewise: what caps and libav each say of an audio stream, in one struct.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "audioparams.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace framewise {

/* ---- Sample formats --------------------------------------------------------------------------
 */

namespace {

struct FormatTwin {
  AVSampleFormat packed;
  GstAudioFormat gst;
};
constexpr std::array format_twins{
    FormatTwin{AV_SAMPLE_FMT_U8, GST_AUDIO_FORMAT_U8},
    FormatTwin{AV_SAMPLE_FMT_S16, GST_AUDIO_FORMAT_S16},
    FormatTwin{AV_SAMPLE_FMT_S32, GST_AUDIO_FORMAT_S32},
    FormatTwin{AV_SAMPLE_FMT_FLT, GST_AUDIO_FORMAT_F32},
    FormatTwin{AV_SAMPLE_FMT_DBL, GST_AUDIO_FORMAT_F64},
};

struct ChannelTwin {
  AVChannel av;
  GstAudioChannelPosition gst;
};
constexpr std::array channel_twins{
    ChannelTwin{AV_CHAN_FRONT_LEFT, GST_AUDIO_CHANNEL_POSITION_FRONT_LEFT},
    ChannelTwin{AV_CHAN_FRONT_RIGHT, GST_AUDIO_CHANNEL_POSITION_FRONT_RIGHT},
    ChannelTwin{AV_CHAN_FRONT_CENTER, GST_AUDIO_CHANNEL_POSITION_FRONT_CENTER},
    ChannelTwin{AV_CHAN_LOW_FREQUENCY, GST_AUDIO_CHANNEL_POSITION_LFE1},
    ChannelTwin{AV_CHAN_BACK_LEFT, GST_AUDIO_CHANNEL_POSITION_REAR_LEFT},
    ChannelTwin{AV_CHAN_BACK_RIGHT, GST_AUDIO_CHANNEL_POSITION_REAR_RIGHT},
    ChannelTwin{AV_CHAN_FRONT_LEFT_OF_CENTER, GST_AUDIO_CHANNEL_POSITION_FRONT_LEFT_OF_CENTER},
    ChannelTwin{AV_CHAN_FRONT_RIGHT_OF_CENTER, GST_AUDIO_CHANNEL_POSITION_FRONT_RIGHT_OF_CENTER},
    ChannelTwin{AV_CHAN_BACK_CENTER, GST_AUDIO_CHANNEL_POSITION_REAR_CENTER},
    ChannelTwin{AV_CHAN_LOW_FREQUENCY_2, GST_AUDIO_CHANNEL_POSITION_LFE2},
    ChannelTwin{AV_CHAN_SIDE_LEFT, GST_AUDIO_CHANNEL_POSITION_SIDE_LEFT},
    ChannelTwin{AV_CHAN_SIDE_RIGHT, GST_AUDIO_CHANNEL_POSITION_SIDE_RIGHT},
    ChannelTwin{AV_CHAN_TOP_FRONT_LEFT, GST_AUDIO_CHANNEL_POSITION_TOP_FRONT_LEFT},
    ChannelTwin{AV_CHAN_TOP_FRONT_RIGHT, GST_AUDIO_CHANNEL_POSITION_TOP_FRONT_RIGHT},
    ChannelTwin{AV_CHAN_TOP_FRONT_CENTER, GST_AUDIO_CHANNEL_POSITION_TOP_FRONT_CENTER},
    ChannelTwin{AV_CHAN_TOP_CENTER, GST_AUDIO_CHANNEL_POSITION_TOP_CENTER},
    ChannelTwin{AV_CHAN_TOP_BACK_LEFT, GST_AUDIO_CHANNEL_POSITION_TOP_REAR_LEFT},
    ChannelTwin{AV_CHAN_TOP_BACK_RIGHT, GST_AUDIO_CHANNEL_POSITION_TOP_REAR_RIGHT},
    ChannelTwin{AV_CHAN_TOP_SIDE_LEFT, GST_AUDIO_CHANNEL_POSITION_TOP_SIDE_LEFT},
    ChannelTwin{AV_CHAN_TOP_SIDE_RIGHT, GST_AUDIO_CHANNEL_POSITION_TOP_SIDE_RIGHT},
    ChannelTwin{AV_CHAN_TOP_BACK_CENTER, GST_AUDIO_CHANNEL_POSITION_TOP_REAR_CENTER},
    ChannelTwin{AV_CHAN_BOTTOM_FRONT_CENTER, GST_AUDIO_CHANNEL_POSITION_BOTTOM_FRONT_CENTER},
    ChannelTwin{AV_CHAN_BOTTOM_FRONT_LEFT, GST_AUDIO_CHANNEL_POSITION_BOTTOM_FRONT_LEFT},
    ChannelTwin{AV_CHAN_BOTTOM_FRONT_RIGHT, GST_AUDIO_CHANNEL_POSITION_BOTTOM_FRONT_RIGHT},
    ChannelTwin{AV_CHAN_WIDE_LEFT, GST_AUDIO_CHANNEL_POSITION_WIDE_LEFT},
    ChannelTwin{AV_CHAN_WIDE_RIGHT, GST_AUDIO_CHANNEL_POSITION_WIDE_RIGHT},
    ChannelTwin{AV_CHAN_SURROUND_DIRECT_LEFT, GST_AUDIO_CHANNEL_POSITION_SURROUND_LEFT},
    ChannelTwin{AV_CHAN_SURROUND_DIRECT_RIGHT, GST_AUDIO_CHANNEL_POSITION_SURROUND_RIGHT},
};

using Positions = std::vector<GstAudioChannelPosition>;

/* For each channel in libav's order; nothing where one has no place that GStreamer knows, or two
 * have the same. */
std::optional<Positions> positions_of(const ChannelLayout &layout) {
  if (layout.channels() == 1)
    return Positions{GST_AUDIO_CHANNEL_POSITION_MONO};
  if (layout.channels() > 64)
    return std::nullopt;
  Positions positions;
  for (int i = 0; i < layout.channels(); i++) {
    const AVChannel channel = av_channel_layout_channel_from_index(layout.get(), unsigned(i));
    const auto twin = std::find_if(channel_twins.begin(), channel_twins.end(),
                                   [&](const ChannelTwin &t) { return t.av == channel; });
    if (twin == channel_twins.end() ||
        std::find(positions.begin(), positions.end(), twin->gst) != positions.end())
      return std::nullopt;
    positions.push_back(twin->gst);
  }
  return positions;
}

} // namespace

GstAudioFormat to_gst_format(AVSampleFormat format) {
  const AVSampleFormat packed = av_get_packed_sample_fmt(format);
  for (const FormatTwin &twin : format_twins)
    if (twin.packed == packed)
      return twin.gst;
  return GST_AUDIO_FORMAT_UNKNOWN;
}

AVSampleFormat to_sample_format(GstAudioFormat format, GstAudioLayout layout) {
  for (const FormatTwin &twin : format_twins)
    if (twin.gst == format)
      return layout == GST_AUDIO_LAYOUT_NON_INTERLEAVED ? av_get_planar_sample_fmt(twin.packed)
                                                        : twin.packed;
  return AV_SAMPLE_FMT_NONE;
}

/* Bits that hold a value without loss. Whether integers fit into floats depends on that alone;
 * floats go beyond the range of any integer. */
static int precision(AVSampleFormat format) {
  switch (av_get_packed_sample_fmt(format)) {
  case AV_SAMPLE_FMT_U8:
    return 8;
  case AV_SAMPLE_FMT_S16:
    return 16;
  case AV_SAMPLE_FMT_FLT:
    return 24;
  case AV_SAMPLE_FMT_S32:
    return 32;
  case AV_SAMPLE_FMT_DBL:
    return 53;
  default:
    return 64;
  }
}

static bool is_float(AVSampleFormat format) {
  const AVSampleFormat packed = av_get_packed_sample_fmt(format);
  return packed == AV_SAMPLE_FMT_FLT || packed == AV_SAMPLE_FMT_DBL;
}

int conversion_cost(AVSampleFormat from, AVSampleFormat to) {
  if (from == to)
    return 0;
  if (av_get_packed_sample_fmt(from) == av_get_packed_sample_fmt(to))
    return 1;
  const int lacking = precision(from) - precision(to);
  const bool loses = lacking > 0;
  const bool clips = is_float(from) && !is_float(to);
  const bool other_layout = av_sample_fmt_is_planar(from) != av_sample_fmt_is_planar(to);
  return (loses ? 10000 + lacking * 10 : 10 - lacking * 10) + (clips ? 2000 : 0) + other_layout;
}

std::vector<AVSampleFormat> formats_by_closeness(AVSampleFormat from) {
  std::vector<AVSampleFormat> formats;
  for (const FormatTwin &twin : format_twins) {
    formats.push_back(twin.packed);
    formats.push_back(av_get_planar_sample_fmt(twin.packed));
  }
  std::stable_sort(formats.begin(), formats.end(), [from](AVSampleFormat a, AVSampleFormat b) {
    return conversion_cost(from, a) < conversion_cost(from, b);
  });
  return formats;
}

/* ---- Channels ---------------------------------------------------------------------------------
 */

ChannelLayout ChannelLayout::usual(int channels) {
  ChannelLayout layout;
  av_channel_layout_default(&layout.layout_, channels);
  return layout;
}

ChannelLayout ChannelLayout::unplaced(int channels) {
  ChannelLayout layout;
  layout.layout_.order = AV_CHANNEL_ORDER_UNSPEC;
  layout.layout_.nb_channels = channels;
  return layout;
}

std::string ChannelLayout::describe() const {
  char text[128];
  return av_channel_layout_describe(&layout_, text, sizeof text) >= 0 ? text : "no channels";
}

std::vector<int> channel_order(const ChannelLayout &layout) {
  auto positions = positions_of(layout);
  if (!positions)
    return {};
  Positions theirs = *positions;
  if (!gst_audio_channel_positions_to_valid_order(theirs.data(), int(theirs.size())) ||
      theirs == *positions)
    return {};
  std::vector<int> order;
  for (GstAudioChannelPosition position : theirs)
    order.push_back(
        int(std::find(positions->begin(), positions->end(), position) - positions->begin()));
  return order;
}

static ChannelLayout layout_from_positions(const GstAudioInfo &info) {
  const int channels = GST_AUDIO_INFO_CHANNELS(&info);
  if (GST_AUDIO_INFO_IS_UNPOSITIONED(&info))
    return ChannelLayout::unplaced(channels);
  if (channels == 1)
    return ChannelLayout::usual(1);
  uint64_t mask = 0;
  for (int i = 0; i < channels; i++) {
    const auto twin = std::find_if(channel_twins.begin(), channel_twins.end(),
                                   [&](const ChannelTwin &t) { return t.gst == info.position[i]; });
    if (twin == channel_twins.end())
      return ChannelLayout::unplaced(channels);
    mask |= uint64_t(1) << twin->av;
  }
  AVChannelLayout layout{};
  if (av_channel_layout_from_mask(&layout, mask) < 0 || layout.nb_channels != channels)
    return ChannelLayout::unplaced(channels);
  return ChannelLayout(layout);
}

/* ---- Streams ----------------------------------------------------------------------------------
 */

std::string AudioParams::describe() const {
  const char *name = av_get_sample_fmt_name(format);
  return framewise::format("%s %d Hz %s", name ? name : "no format", sample_rate,
                           layout.describe().c_str());
}

CapsPtr to_caps(const AudioParams &params) {
  GstAudioInfo info;
  const int channels = params.channels();
  auto positions = positions_of(params.layout);
  if (positions && channels > 1)
    gst_audio_channel_positions_to_valid_order(positions->data(), channels);
  if (positions || channels > 64) {
    gst_audio_info_set_format(&info, to_gst_format(params.format), params.sample_rate, channels,
                              positions ? positions->data() : nullptr);
  } else {
    const Positions none(size_t(channels), GST_AUDIO_CHANNEL_POSITION_NONE);
    gst_audio_info_set_format(&info, to_gst_format(params.format), params.sample_rate, channels,
                              none.data());
  }
  info.layout =
      params.is_planar() ? GST_AUDIO_LAYOUT_NON_INTERLEAVED : GST_AUDIO_LAYOUT_INTERLEAVED;
  return CapsPtr(gst_audio_info_to_caps(&info));
}

Result<AudioParams> audio_from_caps(const GstCaps *caps) {
  GstAudioInfo info;
  AudioParams params;
  if (gst_audio_info_from_caps(&info, caps)) {
    params.format = to_sample_format(GST_AUDIO_INFO_FORMAT(&info), GST_AUDIO_INFO_LAYOUT(&info));
    params.sample_rate = GST_AUDIO_INFO_RATE(&info);
    params.layout = layout_from_positions(info);
  }
  if (params.format == AV_SAMPLE_FMT_NONE) {
    CString text(gst_caps_to_string(caps));
    return FRAMEWISE_FAIL_STREAM(FORMAT, "The caps are no raw audio that libav has a format for.",
                                 text.get());
  }
  return params;
}

AudioParams audio_from_frame(const AVFrame *frame) {
  AudioParams params;
  params.format = AVSampleFormat(frame->format);
  params.sample_rate = frame->sample_rate;
  const int channels = frame->ch_layout.nb_channels;
  const bool guessed = frame->ch_layout.order == AV_CHANNEL_ORDER_UNSPEC && channels <= 2;
  params.layout = guessed ? ChannelLayout::usual(channels) : ChannelLayout(frame->ch_layout);
  return params;
}

static void append_text(GValue *list, const char *text) {
  GValue value = G_VALUE_INIT;
  g_value_init(&value, G_TYPE_STRING);
  g_value_set_static_string(&value, text);
  gst_value_list_append_and_take_value(list, &value);
}

/* One structure, so that whoever intersects it with a list of preferences does not mix their order
 * up. */
CapsPtr audio_template_caps() {
  GstStructure *structure =
      gst_structure_new("audio/x-raw", "rate", GST_TYPE_INT_RANGE, 1, G_MAXINT, "channels",
                        GST_TYPE_INT_RANGE, 1, G_MAXINT, nullptr);
  GValue formats = G_VALUE_INIT, layouts = G_VALUE_INIT;
  gst_value_list_init(&formats, guint(format_twins.size()));
  for (const FormatTwin &twin : format_twins)
    append_text(&formats, gst_audio_format_to_string(twin.gst));
  gst_structure_take_value(structure, "format", &formats);
  gst_value_list_init(&layouts, 2);
  append_text(&layouts, "interleaved");
  append_text(&layouts, "non-interleaved");
  gst_structure_take_value(structure, "layout", &layouts);
  return CapsPtr(gst_caps_new_full(structure, nullptr));
}

} // namespace framewise
