/* gst-framewise: audio into another sample format, rate or set of channels (libswresample).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "audioparams.hpp"

extern "C" {
#include <libswresample/swresample.h>
}

namespace framewise {

/* One thread at a time. Where the rate stays, each frame gives one with as many samples; else it
 * lags by the resampler's filter, of which drain() gives the rest. No samples are lost either way.
 */
class FRAMEWISE_INTERNAL AudioConverter {
 public:
  static Result<AudioConverter> create(const AudioParams &from, const AudioParams &to);

  const AudioParams &output() const { return to_; }
  /* `samples` of `frame` from `first` on. NULL where nothing comes out yet. Without timestamps. */
  Result<FramePtr> convert(const AVFrame *frame, int first, int samples);
  Result<FramePtr> convert(const AVFrame *frame) { return convert(frame, 0, frame->nb_samples); }
  /* What is still inside, after the last frame; NULL where there is nothing. */
  Result<FramePtr> drain();

 private:
  using ContextPtr = std::unique_ptr<SwrContext, ByAddress<swr_free>>;
  AudioConverter(const AudioParams &from, const AudioParams &to) : from_(from), to_(to) {}
  Result<FramePtr> run(const uint8_t **planes, int samples);

  AudioParams from_, to_;
  ContextPtr context_;
};

} // namespace framewise
