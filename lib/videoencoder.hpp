/* gst-framewise: one encoder of video, with the conversion before it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "frameclock.hpp"
#include "frameconverter.hpp"

namespace framewise {

enum class ClosedGop { automatic, off, on };

/* What the user asks of an encoder. */
struct VideoEncoderSettings {
  std::string pixel_format;       /* empty: the encoder's format closest to the input */
  AVRational framerate{0, 1};     /* 0/1: the input's */
  int max_keyframe_interval = -1; /* frames; -1: the encoder's default */
  ClosedGop closed_gop = ClosedGop::automatic;
  Dictionary options;   /* for libavcodec; they overrule the fields above */
  int thread_count = 0; /* 0: as many as the encoder sees fit */
};

/* What the container asks of an encoder. */
struct ContainerTraits {
  bool global_header = false;
  AVRational tick{0, 1};   /* see ClockLimits */
  bool fixed_rate = false; /* it counts frames: there is no other time in it */
};

/* Takes frames as they come, converts them where the encoder needs it, gives packets. One thread at
 * a time. */
class FRAMEWISE_INTERNAL VideoEncoder {
 public:
  /* The encoder of that name (or, as for the ffmpeg CLI, of a codec of that name). */
  static Result<const AVCodec *> find(const std::string &name);
  /* Whether `codec` takes these settings, as far as can be told before there is a frame. */
  static Result<void> check(const AVCodec *codec, const VideoEncoderSettings &settings);

  /* The formats that it takes as they are, the one it is made for first; empty where it takes any.
   * Full-range names are given as their plain twins. */
  static std::vector<AVPixelFormat> formats(const AVCodec *codec,
                                            const VideoEncoderSettings &settings);

  static Result<VideoEncoder> open(const AVCodec *codec, const VideoEncoderSettings &settings,
                                   const VideoParams &input, const StreamTiming &timing,
                                   const ContainerTraits &container);

  const AVCodecContext *context() const { return context_.get(); }
  const VideoParams &input() const { return input_; }
  const FrameClock &clock() const { return clock_; }
  /* What is encoded: format and colour as converted. 0/1 as framerate where it varies. */
  const VideoParams &encoded() const { return encoded_; }

  /* Takes the frame, which must be as input() says; its pict_type may ask for a key picture. */
  Result<void> send(FramePtr frame, const FrameTime &time);
  /* As if `clock` had placed the frames so far. */
  void go_on_with(const FrameClock &clock) { clock_ = clock; }
  /* Whether send_end() was called. */
  bool is_ending() const { return ending_; }
  /* No more frames will come; what the encoder holds back can be received. */
  Result<void> send_end();
  /* The next packet, with its duration, in the time base of context(); NULL where the encoder wants
   * another frame first, or after the end has nothing left. */
  Result<PacketPtr> receive();

 private:
  VideoEncoder(const AVCodec *codec, const FrameClock &clock) : codec_(codec), clock_(clock) {}
  Result<FramePtr> convert(const AVFrame *frame);
  Failure open_failure(int averror, const VideoEncoderSettings &settings) const;

  const AVCodec *codec_;
  CodecContextPtr context_;
  VideoParams input_;
  VideoParams encoded_;
  FrameClock clock_;
  bool ending_ = false;
  std::optional<FrameConverter> converter_;
  BufferPoolPtr pool_; /* of converted frames, so that they land in warm memory */
  PlaneLayout pool_layout_;
};

} // namespace framewise
