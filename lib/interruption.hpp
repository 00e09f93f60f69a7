/* gst-framewise: breaking off what another thread waits for.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "av.hpp"

#include <gio/gio.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <vector>

namespace framewise {

/* Lets other threads break a blocked read. The owner shares it with whoever works on its behalf;
 * while any reason stands, I/O and decoding stop with a cancelled Error. */
class FRAMEWISE_INTERNAL Interruption {
 public:
  enum Reason : unsigned { flushing = 1, closing = 2 };

  void set(Reason reason) {
    reasons_ |= reason;
    std::lock_guard lock(lock_);
    for (GCancellable *cancellable : watching_)
      g_cancellable_cancel(cancellable);
  }
  void clear(Reason reason) { reasons_ &= ~unsigned(reason); }
  bool is_set() const { return reasons_ != 0; }
  /* For libav; valid as long as this object is. */
  AVIOInterruptCB callback() { return {&Interruption::poll, this}; }

 private:
  static int poll(void *self) { return static_cast<Interruption *>(self)->is_set(); }
  friend class InterruptionWatch;
  std::atomic<unsigned> reasons_{0};
  std::mutex lock_; /* guards what follows */
  std::vector<GCancellable *> watching_;
};

/* While it lives, an Interruption cancels what GIO waits for. */
class InterruptionWatch {
 public:
  /* Both must outlive this. */
  InterruptionWatch(Interruption &interruption, GCancellable *cancellable)
      : interruption_(interruption), cancellable_(cancellable) {
    std::lock_guard lock(interruption.lock_);
    interruption.watching_.push_back(cancellable);
    if (interruption.is_set())
      g_cancellable_cancel(cancellable);
  }
  ~InterruptionWatch() {
    std::lock_guard lock(interruption_.lock_);
    std::erase(interruption_.watching_, cancellable_);
  }
  InterruptionWatch(const InterruptionWatch &) = delete;
  InterruptionWatch &operator=(const InterruptionWatch &) = delete;

 private:
  Interruption &interruption_;
  GCancellable *cancellable_;
};

/* The other way round: while it lives, cancelling a GCancellable (NULL: none) sets `reason`. The
 * reason is taken back in the end. */
class Cancellation {
 public:
  Cancellation(GCancellable *cancellable, Interruption &interruption, Interruption::Reason reason)
      : interruption_(interruption), reason_(reason), cancellable_(cancellable),
        id_(cancellable ? g_cancellable_connect(cancellable, G_CALLBACK(cancel), this, nullptr)
                        : 0) {}
  ~Cancellation() {
    if (!cancellable_)
      return;
    g_cancellable_disconnect(cancellable_, id_);
    interruption_.clear(reason_);
  }
  Cancellation(const Cancellation &) = delete;
  Cancellation &operator=(const Cancellation &) = delete;

 private:
  static void cancel(GCancellable *, Cancellation *self) { self->interruption_.set(self->reason_); }
  Interruption &interruption_;
  Interruption::Reason reason_;
  GCancellable *cancellable_;
  gulong id_;
};

} // namespace framewise
