// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/kick_signal.h"

#include <cerrno>

#include "base/error.h"

namespace nmistorm::machine {

void install_kick_handler() {
    struct sigaction action {};
    action.sa_handler = [](int) {};
    action.sa_flags = SA_RESTART;
    if (sigaction(kick_signal, &action, nullptr) != 0) {
        throw_errno("sigaction", errno);
    }
}

void unblock_kick() {
    sigset_t kick;
    sigemptyset(&kick);
    sigaddset(&kick, kick_signal);
    pthread_sigmask(SIG_UNBLOCK, &kick, nullptr);
}

}  // namespace nmistorm::machine
