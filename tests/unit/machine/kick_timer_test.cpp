// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/kick_timer.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "base/clock.h"
#include "machine/kick_signal.h"

namespace nmistorm::machine {
namespace {

using namespace std::chrono_literals;

volatile std::sig_atomic_t kicks_taken = 0;

/// KickTimer's own handler kicks a vCPU; this one counts.
void count_kicks() {
    struct sigaction action {};
    action.sa_handler = [](int /*signal*/) { kicks_taken = kicks_taken + 1; };
    sigaction(kick_signal, &action, nullptr);
    kicks_taken = 0;
}

TEST(KickTimers, leave_their_thread_time_however_short_their_delay) {
    KickTimer timer;
    count_kicks();
    const auto begin = Clock::now();
    timer.set(100us);
    while (kicks_taken < 20) {
        pause();
    }
    const auto took = Clock::now() - begin;  // on a busy host kicks may be merged, but none comes sooner
    EXPECT_GE(took, 19 * KickTimer::least_period);
}

TEST(KickTimers, do_not_kick_once_their_delay_is_zero) {
    KickTimer timer;
    count_kicks();
    timer.set(100us);
    while (kicks_taken == 0) {
        pause();
    }
    timer.set(0ns);
    const int taken = kicks_taken;
    std::this_thread::sleep_for(5 * KickTimer::least_period);
    EXPECT_LE(kicks_taken, taken + 1) << "one could have been on its way";
}

}  // namespace
}  // namespace nmistorm::machine
