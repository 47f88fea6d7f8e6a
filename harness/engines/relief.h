// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <cstdint>

#include "engines/watchdog.h"

namespace nmistorm::engines {

/// Decides when a guest gets no NMIs for a while, so that it gets on with its swap. NMIs may come so fast
/// that a vCPU does nothing but handle them, above all if its thread shares a CPU. The watchdog would take
/// that for a stall of the guest. Pure.
class Relief {
  public:
    /// CPU time of the updater's thread without a swap. The rest of the watchdog's patience is without NMIs.
    static constexpr std::chrono::nanoseconds after = Watchdog::patience_cpu / 4;

    /// Takes the updater's count of swaps and its thread's CPU time. Returns whether NMIs are to wait.
    bool look(std::uint64_t swaps, std::chrono::nanoseconds cpu_time) {
        if (!started_ || swaps != swaps_) {
            *this = Relief(swaps, cpu_time);
        }
        return cpu_time - since_ >= after;
    }

    Relief() = default;

  private:
    Relief(std::uint64_t swaps, std::chrono::nanoseconds since)
        : started_(true), swaps_(swaps), since_(since) {}

    bool started_ = false;
    std::uint64_t swaps_ = 0;
    std::chrono::nanoseconds since_{};
};

}  // namespace nmistorm::engines
