// SPDX-License-Identifier: GPL-2.0-or-later
// Guests made with nmistorm_add_guest(): the example with its own RCU-sched, and the same with a bug.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report.h"

namespace nmistorm::test {
namespace {

TEST(OwnGuest, with_another_rcu_passes_if_that_is_right) {
    const std::string file = NMISTORM_EXAMPLES "/simple_rcu";
    const Ended ended = run({"storm", "--guest", file, "--nmis", enough_nmis, "--json", "-"});
    const Json report = valid_report(ended.out);
    EXPECT_EQ(ended.code, 0) << report["findings"].dump(2);
    EXPECT_EQ(report["guest"]["image"], file);
    EXPECT_GT(report["rcu"]["overlaps"], 0);
    EXPECT_GT(report["rcu"]["idle_nmis"], 0);
}

TEST(OwnGuest, with_another_rcu_is_a_violation_if_that_is_wrong) {
    const std::string file = NMISTORM_EXAMPLES "/simple_rcu_broken";
    const Ended ended = run({"storm", "--guest", file, "--duration", "30s", "--json", "-"});
    const Json report = valid_report(ended.out);
    EXPECT_EQ(ended.code, 1);
    EXPECT_TRUE(names_rule(report, "grace-period") || names_rule(report, "reclaim"))
        << report["findings"].dump(2);
    EXPECT_LT(report["duration_s"], 20);
}

}  // namespace
}  // namespace nmistorm::test
