// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/clock.h"

namespace nmistorm::drive {

/// What the injecting thread does while nothing is due. With a CPU to itself it spins for a while, which
/// answers a handled NMI soonest. Where the vCPUs need every CPU it sleeps, since spinning would take
/// from them the time in which they handle the NMI that it waits for.
class IdleWait {
  public:
    /// For a machine with @p vcpus vCPU threads. While it lives, this thread's sleeps end on time
    /// (PR_SET_TIMERSLACK); to be destroyed on the thread that made it.
    explicit IdleWait(unsigned vcpus);
    ~IdleWait();
    IdleWait(const IdleWait&) = delete;
    IdleWait& operator=(const IdleWait&) = delete;

    void busy(Clock::time_point now) { last_busy_ = now; }
    void wait(Clock::time_point now) const;

  private:
    bool may_spin_;
    int timer_slack_before_;  ///< in nanoseconds; where there is none to restore, 0 or less
    Clock::time_point last_busy_{};
};

}  // namespace nmistorm::drive
