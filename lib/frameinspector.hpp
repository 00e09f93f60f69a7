/* gst-framewise: what the container and decoder tell of any frame, beside whoever plays them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "frameplayer.hpp"

namespace framewise {

/* A reader of its own over input that can be read twice. One thread at a time. */
class FRAMEWISE_INTERNAL FrameInspector {
 public:
  /* `interruption` breaks opening and reading, and must outlive this. */
  static Result<std::unique_ptr<FrameInspector>> open(PlayerSettings settings,
                                                      Interruption &interruption);

  using IndexPtr = std::shared_ptr<const FrameIndex>;
  /* The frame meta that a buffer with frame `number` has; a negative one counts from the end.
   * `index`: where there is one already; else it is made here, which may take long. */
  Result<StructurePtr> frame_metadata(int64_t number, IndexPtr index);

 private:
  FrameInspector(PlayerSettings settings, Interruption &interruption)
      : settings_(std::move(settings)), interruption_(interruption) {}
  Result<void> use(IndexPtr index);
  Result<DecodedFrame> read(int64_t frame);

  PlayerSettings settings_;
  Interruption &interruption_;
  std::unique_ptr<FrameReader> reader_;
  IndexPtr index_;              /* the reader's */
  bool index_replaced_ = false; /* The scan had been wrong: not again. */
};

} // namespace framewise
