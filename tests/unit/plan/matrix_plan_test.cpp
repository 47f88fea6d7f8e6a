// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/matrix_plan.h"

#include <gtest/gtest.h>

namespace nmistorm::plan {
namespace {

using namespace std::chrono_literals;

MatrixPlan with(unsigned seeds, std::chrono::nanoseconds duration) {
    MatrixPlan plan;
    plan.seeds = seeds;
    plan.duration = duration;
    return plan;
}

TEST(MatrixPlan, holds_every_image_once) {
    const auto images = MatrixPlan().faults;
    ASSERT_EQ(images.size(), abi::fault_count);
    for (unsigned n = 0; n < abi::fault_count; ++n) {
        EXPECT_EQ(images[n], static_cast<abi::Fault>(n));
    }
}

TEST(MatrixPlan, each_seed_alone_makes_the_same_storm_again) {
    MatrixPlan all;
    all.seed = UINT64_MAX;
    MatrixPlan second = all;
    second.seed = seed_of(all, 1);
    EXPECT_EQ(seed_of(all, 0), UINT64_MAX);
    EXPECT_EQ(seed_of(second, 0), 0U) << "it wraps";
    EXPECT_EQ(seed_of(second, 1), seed_of(all, 2));
}

TEST(CleanDuration, shares_what_one_storm_may_take) {
    EXPECT_EQ(clean_duration(with(1, 10s)), 10s);
    EXPECT_EQ(clean_duration(with(4, 10s)), 2500ms);
    EXPECT_EQ(clean_duration(with(3, 10s)), 3333ms) << "whole milliseconds";
}

TEST(CleanDuration, is_two_seconds_at_least_but_never_more_than_a_storm_may_take) {
    EXPECT_EQ(clean_duration(with(20, 10s)), 2s);
    EXPECT_EQ(clean_duration(with(20, 500ms)), 500ms);
    EXPECT_EQ(clean_duration(with(10'000, 1ms)), 1ms);
}

TEST(UsualJobs, leave_each_storm_a_cpu_for_every_busy_thread_of_it) {
    for (const auto& [cpus, own, central] :
         {std::array{1U, 1U, 1U}, {2U, 1U, 1U}, {3U, 1U, 1U}, {6U, 3U, 2U}, {64U, 32U, 21U}}) {
        EXPECT_EQ(usual_jobs(cpus, Injector::own), own);
        EXPECT_EQ(usual_jobs(cpus, Injector::central), central);
    }
}

}  // namespace
}  // namespace nmistorm::plan
