/* gst-framewise: makes a frame index beside whatever else goes on.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "frameindexer.hpp"
#include "indexcache.hpp"

#include <chrono>

namespace framewise {

FrameIndexer::FrameIndexer(FrameIndex::Request request, Done done)
    : request_(std::move(request)), done_(std::move(done)) {
  request_.wanted = [this] { return wanted_.load(); };
  request_.publish_part = [this](IndexPtr part) {
    {
      std::lock_guard lock(lock_);
      part_ = std::move(part);
    }
    ended_.notify_all();
  };
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
      part_ = nullptr;
    }
    ended_.notify_all();
    done_(built);
    if (built)
      save(**built);
  });
}

/* For the next time, when nobody waits any more. Whoever then wants the thread to end waits for a
 * moment only. */
void FrameIndexer::save(const FrameIndex &index) const {
  using Clock = std::chrono::steady_clock;
  constexpr auto grace = std::chrono::milliseconds(250);
  if (request_.cache_folder.empty() || !index.wants_saving() || !index.origin() ||
      index.means() == FrameIndex::Means::rate)
    return;
  std::optional<Clock::time_point> told;
  const GiveUp give_up = [&] {
    if (interruption_.is_set() && !told)
      told = Clock::now();
    return told && Clock::now() - *told > grace;
  };
  IndexCache(request_.cache_folder).store(index, give_up);
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
  return wait_for(-1, waiter);
}

Result<FrameIndexer::IndexPtr> FrameIndexer::wait_for(int64_t number, const Interruption &waiter) {
  /* An Interruption cannot be waited for: it is looked at now and then. */
  constexpr auto look = std::chrono::milliseconds(5);
  std::unique_lock lock(lock_);
  while (!outcome_) {
    if (number >= 0 && part_ && part_->holds(number))
      return part_;
    if (number > wanted_)
      wanted_ = number;
    if (waiter.is_set())
      return fail_cancelled();
    ended_.wait_for(lock, look);
  }
  return *outcome_;
}

void FrameIndexer::wait_until_saved() {
  if (thread_.joinable())
    thread_.join();
}

void FrameIndexer::rebuild() {
  stop();
  {
    std::lock_guard lock(lock_);
    outcome_.reset();
    part_ = nullptr;
  }
  request_.trust_scan = false;
  start();
}

} // namespace framewise
