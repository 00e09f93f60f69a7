/* gst-framewise: breaking off what another thread waits for.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "av.hpp"

#include <atomic>

namespace framewise {

/* Lets other threads break a blocked read. The owner shares it with whoever works on its behalf;
 * while any reason stands, I/O and decoding stop with a cancelled Error. */
class FRAMEWISE_INTERNAL Interruption {
 public:
  enum Reason : unsigned { flushing = 1, closing = 2 };

  void set(Reason reason) { reasons_ |= reason; }
  void clear(Reason reason) { reasons_ &= ~unsigned(reason); }
  bool is_set() const { return reasons_ != 0; }
  /* For libav; valid as long as this object is. */
  AVIOInterruptCB callback() { return {&Interruption::poll, this}; }

 private:
  static int poll(void *self) { return static_cast<Interruption *>(self)->is_set(); }
  std::atomic<unsigned> reasons_{0};
};

} // namespace framewise
