// SPDX-License-Identifier: GPL-2.0-or-later
#include "engines/time_left.h"

#include <gtest/gtest.h>

#include <vector>

namespace nmistorm::engines {
namespace {

using namespace std::chrono_literals;
using sources::Requests;

plan::RunPlan plan_of(std::optional<std::chrono::nanoseconds> duration, std::optional<std::uint64_t> nmis) {
    plan::RunPlan plan;
    plan.duration = duration;
    plan.nmis = nmis;
    return plan;
}

const std::vector<Requests> endless = {{500, UINT64_MAX}};

TEST(StormTimeLeft, of_a_duration_is_its_rest) {
    EXPECT_EQ(time_left(plan_of(60s, {}), 0.25, endless), (TimeLeft{59.75, false}));
    EXPECT_EQ(time_left(plan_of(60s, {}), 60.5, endless), std::nullopt) << "it waits for the last NMIs";
}

TEST(StormTimeLeft, of_requests_is_that_of_the_slowest_target_as_fast_as_so_far) {
    const plan::RunPlan plan = plan_of({}, 2000);
    EXPECT_EQ(time_left(plan, 10, std::vector<Requests>{{1000, 1000}, {250, 1000}}), (TimeLeft{30, false}));
    EXPECT_EQ(time_left(plan, 10, std::vector<Requests>{{1000, 1000}, {1000, 1000}}), std::nullopt);
}

TEST(StormTimeLeft, is_not_guessed_while_no_rate_is_known) {
    const plan::RunPlan plan = plan_of({}, 2000);
    EXPECT_EQ(time_left(plan, 0.5, std::vector<Requests>{{500, 1000}, {500, 1000}}), std::nullopt);
    EXPECT_EQ(time_left(plan, 10, std::vector<Requests>{{500, 1000}, {0, 1000}}), std::nullopt);
    EXPECT_EQ(time_left(plan_of({}, {}), 10, endless), std::nullopt) << "nothing limits it";
}

TEST(StormTimeLeft, of_both_is_the_sooner_and_at_most_the_duration_while_no_rate_is_known) {
    const plan::RunPlan plan = plan_of(60s, 1000);
    EXPECT_EQ(time_left(plan, 10, std::vector<Requests>{{500, 1000}}), (TimeLeft{10, false}));
    EXPECT_EQ(time_left(plan, 10, std::vector<Requests>{{50, 1000}}), (TimeLeft{50, false}));
    EXPECT_EQ(time_left(plan, 10, std::vector<Requests>{{0, 1000}}), (TimeLeft{50, true}));
}

TEST(StormTimeLeft, of_a_storm_that_may_be_covered_sooner_is_at_most_that) {
    plan::RunPlan plan = plan_of(60s, {});
    plan.until_covered = true;
    EXPECT_EQ(time_left(plan, 10, endless), (TimeLeft{50, true}));
    plan.duration.reset();
    EXPECT_EQ(time_left(plan, 10, endless), std::nullopt);
}

}  // namespace
}  // namespace nmistorm::engines
