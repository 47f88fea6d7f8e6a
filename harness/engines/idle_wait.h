// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/clock.h"

namespace nmistorm::engines {

/// How the injecting thread waits while nothing is due. If it has a CPU to itself it spins for a while, to
/// react to a handled NMI soonest. If the vCPUs need every CPU it sleeps, since spinning would take CPU time
/// from the vCPUs that handle the NMI.
class IdleWait {
  public:
    /// For a machine with @p vcpus vCPU threads. During its lifetime the thread's sleeps end on time
    /// (PR_SET_TIMERSLACK). It must be destroyed on the thread that created it.
    explicit IdleWait(unsigned vcpus);
    ~IdleWait();
    IdleWait(const IdleWait&) = delete;
    IdleWait& operator=(const IdleWait&) = delete;

    void busy(Clock::time_point now) { last_busy_ = now; }
    void wait(Clock::time_point now) const;

  private:
    bool may_spin_;
    int timer_slack_before_;  ///< in nanoseconds; 0 or less if there is none to restore
    Clock::time_point last_busy_{};
};

}  // namespace nmistorm::engines
