// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/clock.h"
#include "base/fd.h"

namespace nmistorm {

/// One thread sleeps until a time, or until another thread wakes it. A wake-up that comes before the sleep
/// ends that sleep at once.
class Wakeup {
  public:
    /// Throws Error if there is no descriptor left.
    Wakeup();

    void wake();
    /// Returns at @p until, after a wake(), or when the thread has taken a signal. True after a wake().
    bool sleep(Clock::time_point until);

  private:
    Fd event_;
};

}  // namespace nmistorm
