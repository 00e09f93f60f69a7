/* gst-framewise: decoded pictures kept for reading backwards and for scrubbing.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "av.hpp"

#include <map>

namespace framewise {

/* Under a cap in bytes, those farthest from the frame last wanted go first: read backwards, a group
 * of pictures is so decoded once where it fits, and as far as it fits where it does not. */
class FRAMEWISE_INTERNAL FrameCache {
 public:
  void set_capacity(uint64_t bytes) { capacity_ = bytes; }
  /* Keeps a reference where there is room; `wanted` is the frame that is being looked for. */
  void put(int64_t number, const AVFrame *picture, int64_t wanted);
  /* A reference of one's own; NULL where it is not kept. */
  FramePtr get(int64_t number) const;
  void clear();
  /* Drops all before `number`. */
  void drop_before(int64_t number);
  /* And all after it. */
  void drop_after(int64_t number);
  uint64_t size() const { return size_; }

 private:
  static uint64_t bytes_of(const AVFrame *picture);
  using Pictures = std::map<int64_t, FramePtr>;
  Pictures::iterator drop(Pictures::iterator entry);

  Pictures pictures_;
  uint64_t size_ = 0;
  uint64_t capacity_ = 0;
};

} // namespace framewise
