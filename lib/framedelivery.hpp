/* gst-framewise: how decoded frames leave as buffers: in which pixel format, and copied or not.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "framebridge.hpp"
#include "frameconverter.hpp"
#include "framepool.hpp"

#include <functional>
#include <optional>
#include <string>

namespace framewise {

/* For frames of one kind to one receiver. One thread at a time. */
class FRAMEWISE_INTERNAL FrameDelivery {
 public:
  /* Whether `pixel_format` is `auto`, `native`, or the name of a format of frames in memory. */
  static Result<void> check(const std::string &pixel_format);

  /* With `auto` the frames' own format if `accepted` admits it, else the closest that it does; with
   * `native` their own; else the named one. What `accepted` (any caps) does not admit is an error.
   * `threads` is for conversion, 0 being one per core. */
  static Result<FrameDelivery> choose(const std::string &pixel_format, const VideoParams &native,
                                      const GstCaps *accepted, int threads);

  /* What frames of such a delivery are like. */
  static Result<VideoParams> output_for(const std::string &pixel_format, const VideoParams &native,
                                        const GstCaps *accepted);

  const VideoParams &native() const { return native_; }
  const VideoParams &output() const { return output_; }
  /* Whether the receiver reads GstVideoMeta; until told, no. */
  void set_receiver(WithVideoMeta takes) { receiver_takes_meta_ = takes; }

  /* The picture as it is where that can be, else converted or copied once, into a buffer that
   * `acquire` gives: writable, and large enough for output(). Timestamps are left to the caller. */
  using Acquire = std::function<Result<BufferPtr>()>;
  Result<BufferPtr> deliver(const AVFrame *picture, const Acquire &acquire);
  /* The picture into planes of one's own, which are as output() says. */
  Result<void> write(const AVFrame *picture, AVFrame *target);

 private:
  FrameDelivery(const VideoParams &native, const VideoParams &output)
      : native_(native), output_(output) {}

  VideoParams native_, output_;
  std::optional<FrameConverter> converter_; /* none: frames leave as they are */
  WithVideoMeta receiver_takes_meta_ = WithVideoMeta::no;
};

} // namespace framewise
