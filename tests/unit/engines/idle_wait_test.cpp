// SPDX-License-Identifier: GPL-2.0-or-later
#include "engines/idle_wait.h"

#include <gtest/gtest.h>
#include <sys/prctl.h>

#include <thread>

namespace nmistorm::engines {
namespace {

int timer_slack() {
    return prctl(PR_GET_TIMERSLACK);
}

TEST(IdleWait, leaves_its_thread_the_timer_slack_from_before) {
    std::thread([] {
        constexpr int before = 12345;
        ASSERT_EQ(prctl(PR_SET_TIMERSLACK, static_cast<unsigned long>(before)), 0);
        {
            const IdleWait idle(2);
            EXPECT_EQ(timer_slack(), 1);
        }
        EXPECT_EQ(timer_slack(), before);
    }).join();
}

}  // namespace
}  // namespace nmistorm::engines
