/* gst-framewise: decoded pictures kept for reading backwards and for scrubbing.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "framecache.hpp"

#include <cstdlib>

namespace framewise {

uint64_t FrameCache::bytes_of(const AVFrame *picture) {
  uint64_t bytes = 0;
  for (const AVBufferRef *buffer : picture->buf)
    bytes += buffer ? buffer->size : 0;
  return bytes;
}

FrameCache::Pictures::iterator FrameCache::drop(Pictures::iterator entry) {
  size_ -= bytes_of(entry->second.get());
  return pictures_.erase(entry);
}

void FrameCache::put(int64_t number, const AVFrame *picture, int64_t wanted) {
  const uint64_t bytes = bytes_of(picture);
  if (bytes > capacity_ || pictures_.count(number))
    return;
  while (size_ + bytes > capacity_) {
    const auto lowest = pictures_.begin(), highest = std::prev(pictures_.end());
    const bool low_goes = std::llabs(wanted - lowest->first) >= std::llabs(highest->first - wanted);
    const auto farthest = low_goes ? lowest : highest;
    if (std::llabs(farthest->first - wanted) < std::llabs(number - wanted))
      return;
    drop(farthest);
  }
  FramePtr reference = clone_frame(picture);
  if (!reference)
    return;
  pictures_.emplace(number, std::move(reference));
  size_ += bytes;
}

FramePtr FrameCache::get(int64_t number) const {
  auto entry = pictures_.find(number);
  return entry == pictures_.end() ? FramePtr() : clone_frame(entry->second.get());
}

void FrameCache::clear() {
  pictures_.clear();
  size_ = 0;
}

void FrameCache::drop_before(int64_t number) {
  for (auto entry = pictures_.begin(); entry != pictures_.end() && entry->first < number;)
    entry = drop(entry);
}

void FrameCache::drop_after(int64_t number) {
  for (auto entry = pictures_.upper_bound(number); entry != pictures_.end();)
    entry = drop(entry);
}

} // namespace framewise
