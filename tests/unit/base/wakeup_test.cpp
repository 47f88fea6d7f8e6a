// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/wakeup.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace nmistorm {
namespace {

using namespace std::chrono_literals;

TEST(Wakeup, ends_a_sleep_that_has_begun_and_one_that_has_not) {
    Wakeup wakeup;
    std::atomic<unsigned> slept = 0;
    std::thread sleeper([&] {
        for (int i = 0; i < 100; ++i) {
            EXPECT_TRUE(wakeup.sleep(Clock::now() + 1h));
            ++slept;
        }
    });
    for (unsigned i = 0; i < 100; ++i) {
        wakeup.wake();
        while (slept != i + 1) {
            std::this_thread::yield();
        }
    }
    sleeper.join();
}

TEST(Wakeup, ends_one_sleep_however_often_it_came) {
    Wakeup wakeup;
    wakeup.wake();
    wakeup.wake();
    EXPECT_TRUE(wakeup.sleep(Clock::now() + 1h));
    const auto until = Clock::now() + 2ms;
    EXPECT_FALSE(wakeup.sleep(until));
    EXPECT_GE(Clock::now(), until);
}

TEST(Wakeup, that_is_due_already_does_not_sleep) {
    EXPECT_FALSE(Wakeup().sleep(Clock::now() - 1h));
}

}  // namespace
}  // namespace nmistorm
