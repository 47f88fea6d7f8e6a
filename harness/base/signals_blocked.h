// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <csignal>

namespace nmistorm {

/// While it exists, its thread and the threads that it starts take no signal. A signal to the process stays
/// pending until another thread takes it. Signals of a fault are not blocked: they come from the thread's own
/// instruction and cannot wait.
class SignalsBlocked {
  public:
    SignalsBlocked() {
        sigset_t blocked;
        sigfillset(&blocked);
        for (const int fault : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS, SIGABRT}) {
            sigdelset(&blocked, fault);
        }
        pthread_sigmask(SIG_BLOCK, &blocked, &before_);
    }
    ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    SignalsBlocked(const SignalsBlocked&) = delete;
    SignalsBlocked& operator=(const SignalsBlocked&) = delete;

  private:
    sigset_t before_{};
};

}  // namespace nmistorm
