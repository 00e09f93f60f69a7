/* gst-framewise: signals that a failed write raises, kept from ending the process.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <csignal>

namespace framewise {

/* While it lives, what this thread writes to a pipe or socket that nobody reads any more (SIGPIPE),
 * or past the limit of a file's size (SIGXFSZ), only fails, whatever the application does with
 * those signals. Both are directed at the thread that writes, so that blocking them here and taking
 * back what has come meanwhile hides nobody else's. */
class SignalShield {
 public:
  SignalShield() {
    sigemptyset(&raised_);
    sigaddset(&raised_, SIGPIPE);
    sigaddset(&raised_, SIGXFSZ);
    sigset_t pending;
    sigpending(&pending);
    for (int signal : {SIGPIPE, SIGXFSZ})
      if (sigismember(&pending, signal))
        sigdelset(&raised_, signal); /* not of our making */
    pthread_sigmask(SIG_BLOCK, &raised_, &before_);
  }
  ~SignalShield() {
    constexpr timespec at_once{0, 0};
    while (sigtimedwait(&raised_, nullptr, &at_once) > 0) {
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  SignalShield(const SignalShield &) = delete;
  SignalShield &operator=(const SignalShield &) = delete;

 private:
  sigset_t raised_, before_;
};

} // namespace framewise
