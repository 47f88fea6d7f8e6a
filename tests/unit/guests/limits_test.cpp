// SPDX-License-Identifier: GPL-2.0-or-later
#include "guests/stepped/limits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nmistorm::guests {
namespace {

using oracle::Limit;
using oracle::Rule;

TEST(LimitsOfStepping, are_what_only_events_and_a_kvm_that_delivers_would_show) {
    plan::ExplorePlan plan;
    EXPECT_THAT(
        limits_of_stepping(plan, "it is one schedule"),
        testing::UnorderedElementsAre(
            Limit{Rule::delivery, false, "the harness delivers the NMIs"},
            Limit{Rule::coverage, false, "it is one schedule"}, Limit{Rule::count, true, "events are off"},
            Limit{Rule::publish, true, "events are off"}, Limit{Rule::data, true, "events are off"},
            Limit{Rule::allocation, true, "events are off"},
            Limit{Rule::abi_conformance, true, "events are off"},
            Limit{Rule::progress, true, "only deadlocks, livelocks and fatal exits are seen"}));
    plan.cycle = abi::Cycle::unload;
    EXPECT_THAT(limits_of_stepping(plan, ""), testing::Contains(Limit{Rule::reclaim, true, "events are off"}))
        << "no step shows that code is destroyed";
}

}  // namespace
}  // namespace nmistorm::guests
