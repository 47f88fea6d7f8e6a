// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <time.h>

#include <chrono>

namespace nmistorm {

/// CLOCK_MONOTONIC, the only clock that the harness reads.
using Clock = std::chrono::steady_clock;

/// For system calls. @p time must not be negative.
inline timespec to_timespec(std::chrono::nanoseconds time) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
    return {seconds.count(), (time - seconds).count()};
}

}  // namespace nmistorm
