// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <time.h>

#include <chrono>

namespace nmistorm::machine {

/// Interrupts the KVM_RUN of the thread that created it, periodically: a signal that arrives before KVM_RUN
/// has no effect, but the next one does.
class KickTimer {
  public:
    explicit KickTimer(std::chrono::nanoseconds period);
    KickTimer(const KickTimer&) = delete;
    KickTimer& operator=(const KickTimer&) = delete;
    ~KickTimer();

  private:
    timer_t timer_{};
};

}  // namespace nmistorm::machine
