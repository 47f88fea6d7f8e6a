// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/kick_signal.h"

#include <cerrno>

#include "base/error.h"

namespace nmistorm::machine {

void install_kick_handler() {
    static const bool installed = [] {
        struct sigaction action {};
        action.sa_handler = [](int) {};
        return sigaction(kick_signal, &action, nullptr) == 0;
    }();
    if (!installed) {
        throw_errno("sigaction", errno);
    }
}

}  // namespace nmistorm::machine
