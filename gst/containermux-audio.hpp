/* gst-framewise: what containersink does with a pad of audio.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "../lib/framewriter.hpp"

namespace framewise {

/* Belongs to the thread that aggregates. */
class AudioTrack {
 public:
  bool has_caps() const { return params_.has_value(); }
  /* What buffers hold from now on; `writer` has `stream` for them, or -1 as yet. */
  Result<void> take_caps(const GstCaps *caps, FrameWriter &writer, int stream);
  /* Samples from before the segment are cut off. Takes the buffer; NULL where nothing is left. */
  GstBuffer *clip(const GstSegment &segment, GstBuffer *buffer) const;
  Result<int> add_stream(FrameWriter &writer, const FrameTime &first,
                         const StreamOverrides &own) const;
  Result<void> write(FrameWriter &writer, int stream, BufferPtr buffer, const FrameTime &time);
  /* Upstream has no samples for that time. */
  Result<void> write_gap(FrameWriter &writer, int stream, const FrameTime &time);

 private:
  std::optional<AudioParams> params_;
  bool after_gap_ = false;
};

/* What `takes` says first, then `all`. */
CapsPtr audio_caps_with_first(const AudioFormats &takes, GstCaps *all);

} // namespace framewise
