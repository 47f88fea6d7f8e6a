// SPDX-License-Identifier: GPL-2.0-or-later
#include "engines/idle_wait.h"

#include <sys/prctl.h>

#include <thread>

#include "base/cpus.h"

namespace nmistorm::engines {
namespace {

using namespace std::chrono_literals;

constexpr auto spin_for = 200us;  // several times as long as an emulated guest takes for an NMI
constexpr auto sleep_for = 20us;

}  // namespace

IdleWait::IdleWait(unsigned vcpus)
    : may_spin_(cpus_of_this_process() > vcpus), timer_slack_before_(prctl(PR_GET_TIMERSLACK)) {
    prctl(PR_SET_TIMERSLACK, 1UL);
}

IdleWait::~IdleWait() {
    if (timer_slack_before_ > 0) {
        prctl(PR_SET_TIMERSLACK, static_cast<unsigned long>(timer_slack_before_));
    }
}

void IdleWait::wait(Clock::time_point now) const {
    if (may_spin_ && now - last_busy_ < spin_for) {
        __builtin_ia32_pause();
    } else {
        std::this_thread::sleep_for(sleep_for);
    }
}

}  // namespace nmistorm::engines
