// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <thread>

#include "base/clock.h"

namespace nmistorm::fake_kvm {

/// Whether @p condition becomes true, which happens soon unless something is broken.
template <typename Condition>
bool await(Condition condition) {
    const auto give_up = Clock::now() + std::chrono::seconds(30);
    while (!condition()) {
        if (Clock::now() > give_up) {
            return false;
        }
        std::this_thread::yield();
    }
    return true;
}

}  // namespace nmistorm::fake_kvm
