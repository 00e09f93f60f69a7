/* gst-framewise: makes a frame index beside whatever else goes on.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "frameindex.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace framewise {

/* Owns a thread that builds the index over a context of its own, so that reading goes on meanwhile.
 * Destroying it breaks that off. All calls are possible from any thread, but for the destructor and
 * rebuild(), which belong to the owner. */
class FRAMEWISE_INTERNAL FrameIndexer {
 public:
  using IndexPtr = std::shared_ptr<const FrameIndex>;
  /* `done` is called from the indexer's thread, when an index is there or could not be made; not
   * when it was broken off. `request.progress` is called from that thread, too. */
  using Done = std::function<void(const Result<IndexPtr> &)>;

  FrameIndexer(FrameIndex::Request request, Done done);
  ~FrameIndexer();
  FrameIndexer(const FrameIndexer &) = delete;
  FrameIndexer &operator=(const FrameIndexer &) = delete;

  /* Null while there is none. */
  IndexPtr current() const;
  /* Blocks until there is an index, or it turns out that there cannot be; broken by `waiter`. */
  Result<IndexPtr> wait(const Interruption &waiter);
  /* The same, but one that is not complete yet is enough where it holds frame `number`, below 0:
   * it is not. */
  Result<IndexPtr> wait_for(int64_t number, const Interruption &waiter);
  /* Blocks until nothing is left to do with it: until it is saved, too. For the owner. */
  void wait_until_saved();
  /* Anew, by decoding: the scan has been disproved. */
  void rebuild();

 private:
  void start();
  void stop();
  void save(const FrameIndex &index) const;

  FrameIndex::Request request_;
  Done done_;
  Interruption interruption_;
  std::atomic<int64_t> wanted_{-1}; /* the last frame that anybody waits for */
  mutable std::mutex lock_;         /* guards the outcome, and what there is before it */
  std::condition_variable ended_;
  std::optional<Result<IndexPtr>> outcome_;
  IndexPtr part_;
  std::thread thread_;
};

} // namespace framewise
