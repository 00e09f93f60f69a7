/* gst-framewise: a lock that is had in turn.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace framewise {

/* For std::lock_guard. Whoever comes first has it first: a thread that takes it again at once,
 * frame after frame, keeps nobody out who waits, as it might with a std::mutex. Not recursive. */
class Turnstile {
 public:
  void lock() {
    std::unique_lock guard(mutex_);
    const uint64_t mine = next_++;
    turn_.wait(guard, [&] { return serving_ == mine; });
  }
  void unlock() {
    bool others;
    {
      std::lock_guard guard(mutex_);
      others = ++serving_ != next_;
    }
    if (others)
      turn_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable turn_;
  uint64_t next_ = 0, serving_ = 0;
};

} // namespace framewise
