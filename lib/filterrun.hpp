/* gst-framewise: the frames of a source through filters, in a run.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "filtergraph.hpp"
#include "framereader.hpp"

#include <deque>
#include <memory>

namespace framewise {

/* Frames before filtering, by number. */
class FrameSource {
 public:
  virtual ~FrameSource() = default;
  virtual Result<bool> holds(int64_t number) = 0;        /* may wait for an index */
  virtual Result<DecodedFrame> read(int64_t number) = 0; /* one it holds */
  virtual Result<int64_t> n_frames() = 0;                /* may wait for the whole index */
  virtual AVRational time_base() const = 0;              /* of the stream */
};

} // namespace framewise
