/* gst-framewise: what caps and libav each say of an audio stream, in one struct.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "av.hpp"

extern "C" {
#include <libavutil/channel_layout.h>
}

#include <gst/audio/audio.h>

#include <string>
#include <vector>

namespace framewise {

/* An AVChannelLayout that owns itself. */
class FRAMEWISE_INTERNAL ChannelLayout {
 public:
  ChannelLayout() = default;
  explicit ChannelLayout(const AVChannelLayout &layout) {
    av_channel_layout_copy(&layout_, &layout);
  }
  ChannelLayout(const ChannelLayout &other) : ChannelLayout(other.layout_) {}
  ChannelLayout(ChannelLayout &&other) noexcept { std::swap(layout_, other.layout_); }
  ChannelLayout &operator=(ChannelLayout other) noexcept {
    std::swap(layout_, other.layout_);
    return *this;
  }
  ~ChannelLayout() { av_channel_layout_uninit(&layout_); }
  /* The usual one of so many channels; without places where there is none. */
  static ChannelLayout usual(int channels);
  /* Of channels whose places are not known. */
  static ChannelLayout unplaced(int channels);

  const AVChannelLayout *get() const { return &layout_; }
  int channels() const { return layout_.nb_channels; }
  bool operator==(const ChannelLayout &other) const {
    return av_channel_layout_compare(&layout_, &other.layout_) == 0;
  }
  std::string describe() const; /* "5.1(side)" */

 private:
  AVChannelLayout layout_{};
};

struct FRAMEWISE_INTERNAL AudioParams {
  AVSampleFormat format = AV_SAMPLE_FMT_NONE;
  int sample_rate = 0; /* Hz */
  ChannelLayout layout;

  bool operator==(const AudioParams &) const = default;
  int channels() const { return layout.channels(); }
  bool is_planar() const { return av_sample_fmt_is_planar(format); }
  /* Bytes from one sample to the next in a plane. */
  int stride() const {
    return av_get_bytes_per_sample(format) * (is_planar() ? 1 : layout.channels());
  }
  int planes() const { return is_planar() ? layout.channels() : 1; }
  std::string describe() const; /* "fltp 48000 Hz stereo", for messages */
};

/* The twin that GStreamer has of a sample format, planar or not; GST_AUDIO_FORMAT_UNKNOWN where it
 * has none (64 bit integers). */
FRAMEWISE_INTERNAL GstAudioFormat to_gst_format(AVSampleFormat format);
/* The other way round; AV_SAMPLE_FMT_NONE where libav has none, as in a foreign byte order. */
FRAMEWISE_INTERNAL AVSampleFormat to_sample_format(GstAudioFormat format, GstAudioLayout layout);

/* What is lost by converting samples, then what is gained for nothing: the lower, the closer. 0 for
 * the same format, and the next for the same laid out the other way. */
FRAMEWISE_INTERNAL int conversion_cost(AVSampleFormat from, AVSampleFormat to);
/* All sample formats with a twin, the closest first. */
FRAMEWISE_INTERNAL std::vector<AVSampleFormat> formats_by_closeness(AVSampleFormat from);

/* Fixed caps of audio/x-raw; the format must have a twin. Planar formats are non-interleaved. */
FRAMEWISE_INTERNAL CapsPtr to_caps(const AudioParams &params);
/* `caps` must be fixed. Stereo and mono need no channel-mask there. */
FRAMEWISE_INTERNAL Result<AudioParams> audio_from_caps(const GstCaps *caps);
/* What `frame` says of itself. Channels without places are taken for the usual ones where there are
 * one or two of them, as the ffmpeg command does. */
FRAMEWISE_INTERNAL AudioParams audio_from_frame(const AVFrame *frame);

/* audio/x-raw in each format with a twin, both ways to lay it out. */
FRAMEWISE_INTERNAL CapsPtr audio_template_caps();

/* GStreamer's order of a layout's channels differs from libav's in some: entry i is the number that
 * GStreamer's channel i has in libav. Empty where both agree. */
FRAMEWISE_INTERNAL std::vector<int> channel_order(const ChannelLayout &layout);

} // namespace framewise
