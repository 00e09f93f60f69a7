/* gst-framewise: how decoded audio leaves as buffers: in which sample format, and copied or not.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "audioconverter.hpp"
#include "framereader.hpp"

#include <optional>

namespace framewise {

/* For audio of one kind to one receiver. One thread at a time. */
class FRAMEWISE_INTERNAL AudioDelivery {
 public:
  /* The decoder's own sample format where `accepted` (any caps) admits it; else the same laid out
   * the other way; else the closest that it admits, those first that lose nothing. Rate and
   * channels stay. */
  static Result<AudioDelivery> choose(const AudioParams &native, const GstCaps *accepted);

  const AudioParams &native() const { return native_; }
  const AudioParams &output() const { return output_; }

  /* Those samples of the frame that are meant, in its own memory where that can be, else converted
   * once. With times, numbers and flags. */
  Result<BufferPtr> deliver(const DecodedFrame &frame);

 private:
  AudioDelivery(const AudioParams &native, const AudioParams &output)
      : native_(native), output_(output) {}

  AudioParams native_, output_;
  std::optional<AudioConverter> converter_; /* none: it leaves as it is */
};

} // namespace framewise
