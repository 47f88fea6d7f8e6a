// SPDX-License-Identifier: GPL-2.0-or-later
#include "engines/watchdog.h"

#include <gtest/gtest.h>

namespace nmistorm::engines {
namespace {

using namespace std::chrono_literals;
using What = oracle::Stall::What;

/// Two vCPUs that the watchdog looks at every 100 ms; the test says what happens each second.
class Patience : public testing::Test {
  protected:
    /// Looks until something is found or @p time has passed; @p change alters the heartbeats before each
    /// look.
    template <typename Change>
    std::optional<oracle::Stall> watch(std::chrono::milliseconds time, Change change) {
        for (auto passed = 0ms; passed < time; passed += 100ms) {
            now_ += 100ms;
            change(heartbeats_);
            if (auto stall = watchdog_.look(now_, heartbeats_)) {
                return stall;
            }
        }
        return std::nullopt;
    }
    static void burn(Heartbeat& heartbeat) { heartbeat.cpu_time += 100ms; }

    Watchdog watchdog_{2};
    std::vector<Heartbeat> heartbeats_{2};
    Clock::time_point now_{};
};

void swap(std::vector<Heartbeat>& heartbeats) {
    ++heartbeats[0].swaps;
}

TEST_F(Patience, lasts_while_everything_goes_on) {
    EXPECT_FALSE(watch(60s, [](auto& heartbeats) {
        swap(heartbeats);
        burn(heartbeats[0]);
        burn(heartbeats[1]);
        ++heartbeats[1].entries;
        heartbeats[1].exits = heartbeats[1].entries - 1;
    }));
}

// A sum of the whole run says nothing about now: others may have waited for longer before.
TEST_F(Patience, with_the_updater_does_not_run_out_whoever_waited_before) {
    heartbeats_.resize(3);
    watchdog_ = Watchdog(3);
    heartbeats_[0].waited = heartbeats_[2].waited = 100s;
    EXPECT_FALSE(watch(19s, [](auto& heartbeats) {
        burn(heartbeats[0]);
        heartbeats[1].waited += 95ms;
    }));
}

TEST_F(Patience, with_the_updater_runs_out_although_it_waits_for_a_cpu_itself) {
    EXPECT_TRUE(watch(2s, [](auto& heartbeats) {
        burn(heartbeats[0]);
        heartbeats[0].waited += 95ms;
    }));
}

TEST_F(Patience, with_the_updater_does_not_run_out_while_another_vcpu_waits_for_a_cpu) {
    // It spins in synchronize_sched() for a vCPU whose thread gets a twentieth of a CPU.
    const auto starved = [](auto& heartbeats) {
        burn(heartbeats[0]);
        heartbeats[1].waited += 95ms;
    };
    EXPECT_FALSE(watch(19s, starved));
    const auto served = watch(5s, [](auto& heartbeats) {
        burn(heartbeats[0]);
        burn(heartbeats[1]);
    });
    ASSERT_TRUE(served);
    EXPECT_EQ(served->what, What::swap);
}

TEST_F(Patience, ends_with_a_handler_that_runs_for_a_second_of_cpu_time) {
    const auto stall = watch(5s, [](auto& heartbeats) {
        swap(heartbeats);
        burn(heartbeats[1]);
        heartbeats[1].entries = 8;
        heartbeats[1].exits = 7;
    });
    ASSERT_TRUE(stall);
    EXPECT_EQ(stall->what, What::handler);
    EXPECT_EQ(stall->vcpu, 1U);
    EXPECT_NEAR(stall->seconds, 1.0, 0.2);
}

TEST_F(Patience, does_not_count_time_in_which_the_vcpu_was_not_run) {
    EXPECT_FALSE(watch(15s, [](auto& heartbeats) {
        swap(heartbeats);
        heartbeats[1].cpu_time += 1ms;
        heartbeats[1].entries = 8;
        heartbeats[1].exits = 7;
    }));
}

TEST_F(Patience, ends_after_all_with_a_handler_that_sleeps_for_good) {
    const auto stall = watch(30s, [](auto& heartbeats) {
        swap(heartbeats);
        heartbeats[1].entries = 8;
        heartbeats[1].exits = 7;
    });
    ASSERT_TRUE(stall);
    EXPECT_EQ(stall->what, What::handler);
}

TEST_F(Patience, ends_with_an_nmi_that_never_comes) {
    const auto stall = watch(5s, [](auto& heartbeats) {
        swap(heartbeats);
        burn(heartbeats[1]);
        heartbeats[1].nmi_outstanding = true;
    });
    ASSERT_TRUE(stall);
    EXPECT_EQ(stall->what, What::delivery);
    EXPECT_EQ(stall->vcpu, 1U);
}

TEST_F(Patience, ends_with_an_updater_that_swaps_no_more_unless_it_need_not) {
    const auto burn_updater = [](auto& heartbeats) { burn(heartbeats[0]); };
    watchdog_.expect_swaps(false);
    EXPECT_FALSE(watch(30s, burn_updater));
    watchdog_.expect_swaps(true);
    const auto stall = watch(5s, burn_updater);
    ASSERT_TRUE(stall);
    EXPECT_EQ(stall->what, What::swap);
    EXPECT_EQ(stall->vcpu, 0U);
}

TEST_F(Patience, ends_with_a_vcpu_that_does_not_come_online) {
    const auto stall = watch(5s, [](auto& heartbeats) {
        swap(heartbeats);
        burn(heartbeats[1]);
        heartbeats[1].online = false;
    });
    ASSERT_TRUE(stall);
    EXPECT_EQ(stall->what, What::boot);
}

TEST_F(Patience, ends_with_a_vcpu_that_does_not_come_to_rest_however_its_counters_move) {
    const auto stall = watch(5s, [](auto& heartbeats) {
        swap(heartbeats);
        burn(heartbeats[1]);
        ++heartbeats[1].entries;
        ++heartbeats[1].exits;
        heartbeats[1].unsettled = true;
    });
    ASSERT_TRUE(stall);
    EXPECT_EQ(stall->what, What::delivery);
    EXPECT_EQ(stall->vcpu, 1U);
}

TEST_F(Patience, ends_with_an_updater_that_swaps_on_although_it_should_end) {
    watchdog_.expect_end();
    const auto stall = watch(5s, [](auto& heartbeats) {
        swap(heartbeats);
        burn(heartbeats[0]);
    });
    ASSERT_TRUE(stall);
    EXPECT_EQ(stall->what, What::finish);
}

TEST_F(Patience, does_not_count_time_in_which_nobody_looked) {
    const auto standing_still = [](auto& heartbeats) { heartbeats[1].entries = 8; };
    EXPECT_FALSE(watch(10s, [&](auto& heartbeats) {
        swap(heartbeats);
        standing_still(heartbeats);
    }));
    now_ += 1h;  // this process was stopped and continued
    EXPECT_FALSE(watch(5s, [&](auto& heartbeats) {
        swap(heartbeats);
        standing_still(heartbeats);
    }));
}

TEST_F(Patience, begins_anew_with_every_change) {
    unsigned looks = 0;
    EXPECT_FALSE(watch(60s, [&looks](auto& heartbeats) {
        burn(heartbeats[0]);
        if (++looks % 9 == 0) {
            swap(heartbeats);
        }
    }));
}

}  // namespace
}  // namespace nmistorm::engines
