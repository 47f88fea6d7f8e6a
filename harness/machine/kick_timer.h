// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <time.h>

#include <chrono>

namespace nmistorm::machine {

/// Kicks the thread that created it, again and again: should one kick have no effect, the next one has.
class KickTimer {
  public:
    /// Does not kick before set(). Throws Error if the system refuses another timer.
    KickTimer();
    explicit KickTimer(std::chrono::nanoseconds delay) : KickTimer() { set(delay); }
    KickTimer(const KickTimer&) = delete;
    KickTimer& operator=(const KickTimer&) = delete;
    ~KickTimer();

    /// Kicks after @p delay and then every @p delay, but no more often than once in least_period. Replaces an
    /// earlier delay; zero ends the kicks.
    void set(std::chrono::nanoseconds delay);

    /// Were it shorter, a thread on a busy host could do nothing but take kicks.
    static constexpr std::chrono::nanoseconds least_period = std::chrono::milliseconds(1);

  private:
    timer_t timer_{};
};

}  // namespace nmistorm::machine
