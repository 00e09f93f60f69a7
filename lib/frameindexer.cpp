/* gst-framewise: makes a frame index beside whatever else goes on.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "frameindexer.hpp"

#include <chrono>

namespace framewise {

FrameIndexer::FrameIndexer(FrameIndex::Request request, Done done)
    : request_(std::move(request)), done_(std::move(done)) {
  start();
}

FrameIndexer::~FrameIndexer() { stop(); }

void FrameIndexer::start() {
  thread_ = std::thread([this] {
    auto built = FrameIndex::build(request_, interruption_);
    if (!built && built.error().is_cancelled())
      return;
    {
      std::lock_guard lock(lock_);
      outcome_ = built;
    }
    ended_.notify_all();
    done_(built);
  });
}

void FrameIndexer::stop() {
  interruption_.set(Interruption::closing);
  if (thread_.joinable())
    thread_.join();
  interruption_.clear(Interruption::closing);
}

FrameIndexer::IndexPtr FrameIndexer::current() const {
  std::lock_guard lock(lock_);
  return outcome_ && *outcome_ ? **outcome_ : nullptr;
}

Result<FrameIndexer::IndexPtr> FrameIndexer::wait(const Interruption &waiter) {
  /* An Interruption cannot be waited for: it is looked at now and then. */
  constexpr auto look = std::chrono::milliseconds(5);
  std::unique_lock lock(lock_);
  while (!outcome_) {
    if (waiter.is_set())
      return fail_cancelled();
    ended_.wait_for(lock, look);
  }
  return *outcome_;
}

void FrameIndexer::rebuild() {
  stop();
  {
    std::lock_guard lock(lock_);
    outcome_.reset();
  }
  request_.trust_scan = false;
  start();
}

} // namespace framewise
