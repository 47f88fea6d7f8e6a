// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/kick_timer.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/clock.h"
#include "base/error.h"
#include "machine/kick_signal.h"

// glibc before 2.37 does not define this name.
#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

namespace nmistorm::machine {

KickTimer::KickTimer() {
    install_kick_handler();
    unblock_kick();
    sigevent event{};
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = kick_signal;
    event.sigev_notify_thread_id = gettid();
    if (timer_create(CLOCK_MONOTONIC, &event, &timer_) != 0) {
        throw_errno("timer_create (the limit on pending signals, ulimit -i, allows one for each timer)",
                    errno);
    }
}

KickTimer::~KickTimer() {
    timer_delete(timer_);
}

void KickTimer::set(std::chrono::nanoseconds delay) {
    const itimerspec spec{to_timespec(std::max(delay, least_period)), to_timespec(delay)};
    if (timer_settime(timer_, 0, &spec, nullptr) != 0) {
        throw_errno("timer_settime", errno);
    }
}

}  // namespace nmistorm::machine
