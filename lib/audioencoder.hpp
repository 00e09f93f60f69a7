/* gst-framewise: one encoder of audio, with the conversion before it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "audioclock.hpp"
#include "audioconverter.hpp"
#include "videoencoder.hpp"

extern "C" {
#include <libavutil/audio_fifo.h>
}

namespace framewise {

/* What the user asks of an encoder. */
struct AudioEncoderSettings {
  Dictionary options;   /* for libavcodec */
  int thread_count = 0; /* 0: as many as the encoder sees fit */
};

/* What an encoder takes as it is, best first; a list is empty where it takes anything. */
struct AudioFormats {
  std::vector<AVSampleFormat> formats;
  std::vector<int> sample_rates;
  std::vector<ChannelLayout> layouts;
};

/* Takes samples as they come, converts them where the encoder needs it, cuts them into frames as it
 * wants them, gives packets. One thread at a time. */
class FRAMEWISE_INTERNAL AudioEncoder {
 public:
  /* As VideoEncoder::find(). */
  static Result<const AVCodec *> find(const std::string &name);
  static Result<void> check(const AVCodec *codec, const AudioEncoderSettings &settings);
  static AudioFormats formats(const AVCodec *codec);
  /* What it would be given in place of `input`. Of sample formats the same, packed or planar, else
   * the smallest that loses nothing, else the largest; of rates the same, else the next higher one,
   * else the highest; of layouts the same, else one of as many channels, else of more, else of
   * fewer. */
  static AudioParams closest(const AVCodec *codec, const AudioParams &input);

  /* `start`: time of the first sample, in nanoseconds. */
  static Result<AudioEncoder> open(const AVCodec *codec, const AudioEncoderSettings &settings,
                                   const AudioParams &input, int64_t start,
                                   const ContainerTraits &container);

  const AVCodecContext *context() const { return context_.get(); }
  const AudioParams &input() const { return input_; }
  /* What is encoded, as converted. */
  const AudioParams &encoded() const { return encoded_; }
  const AudioClock &clock() const { return clock_; }
  /* Whether any samples came. */
  bool has_begun() const { return has_begun_; }
  /* In the time base of context(): of the first sample, and of the one after the last that came
   * out of the conversion. */
  int64_t start() const { return start_; }
  int64_t end() const { return start_ + converted_; }

  /* What comes from now on is as `params`; what is encoded stays. */
  Result<void> change_input(const AudioParams &params);
  /* The samples of `frame` from `first` on, which follow those before without a gap. */
  Result<void> send(const AVFrame *frame, int first = 0);
  Result<void> send_silence(int samples);
  /* Whether send_end() was called. */
  bool is_ending() const { return ending_; }
  /* No more samples will come; what is inside can be received. */
  Result<void> send_end();
  /* The next packet, with its duration, in the time base of context(); NULL where more samples are
   * wanted first, or after the end nothing is left. */
  Result<PacketPtr> receive();

 private:
  using FifoPtr = std::unique_ptr<AVAudioFifo, ByValue<av_audio_fifo_free>>;

  AudioEncoder(const AVCodec *codec, const AudioParams &input, int64_t start)
      : codec_(codec), input_(input), encoded_(input), clock_(input.sample_rate, start) {}
  Result<void> open_context(const AudioEncoderSettings &settings, const ContainerTraits &container);
  Result<void> connect();
  Result<void> queue(const FramePtr &frame);
  int frame_size() const;
  Result<FramePtr> next_frame();
  Result<void> encode(const AVFrame *frame);

  const AVCodec *codec_;
  CodecContextPtr context_;
  AudioParams input_;
  AudioParams encoded_;
  AudioClock clock_; /* of the input */
  std::optional<AudioConverter> converter_;
  FifoPtr fifo_; /* of what is converted */
  int64_t start_ = 0;
  int64_t converted_ = 0; /* samples */
  int64_t encoded_samples_ = 0;
  bool has_begun_ = false;
  bool ending_ = false;
  bool flushed_ = false;
};

} // namespace framewise
