// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <time.h>

#include <chrono>

namespace nmistorm::machine {

/// Kicks the thread that created it, periodically: should one kick have no effect, the next one has.
class KickTimer {
  public:
    /// Does not kick before set(). Throws Error if the system refuses another timer.
    KickTimer();
    explicit KickTimer(std::chrono::nanoseconds period) : KickTimer() { set(period); }
    KickTimer(const KickTimer&) = delete;
    KickTimer& operator=(const KickTimer&) = delete;
    ~KickTimer();

    /// Kicks every @p period from now on, which replaces an earlier period.
    void set(std::chrono::nanoseconds period);

  private:
    timer_t timer_{};
};

}  // namespace nmistorm::machine
