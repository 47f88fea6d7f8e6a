// SPDX-License-Identifier: GPL-2.0-or-later
#include "campaign/fault_facts.h"

#include <gtest/gtest.h>

namespace nmistorm::campaign::test {

TEST(FaultFacts, every_fault_has_its_own) {
    ASSERT_EQ(fault_facts().size(), abi::fault_count - 1);
    for (unsigned i = 1; i < abi::fault_count; ++i) {
        EXPECT_EQ(facts_of(static_cast<abi::Fault>(i)).fault, static_cast<abi::Fault>(i))
            << abi::fault_names[i];
    }
}

TEST(FaultFacts, name_what_is_wrong_and_rules_of_the_guest_that_see_it) {
    for (const FaultFacts& facts : fault_facts()) {
        EXPECT_FALSE(facts.wrong.empty());
        EXPECT_FALSE(facts.rules.empty()) << facts.wrong;
        for (const Rule rule : facts.rules) {
            EXPECT_EQ(judges(rule), oracle::Judges::guest) << facts.wrong;
        }
    }
}

TEST(FaultFacts, a_lane_that_cannot_show_a_fault_says_why) {
    FaultFacts facts;
    facts.not_shown = {{plan::Arch::i386, "", "everywhere"}, {plan::Arch::x86_64, "kvm_pvm", "there"}};
    EXPECT_EQ(why_not_shown(facts, plan::Arch::i386, "kvm_amd"), "everywhere");
    EXPECT_EQ(why_not_shown(facts, plan::Arch::x86_64, "kvm_pvm"), "there");
    EXPECT_EQ(why_not_shown(facts, plan::Arch::x86_64, "kvm_amd"), "");
}

TEST(FaultFacts, a_fault_is_shown_by_its_own_storm_within_ten_seconds_and_100_000_nmis) {
    FaultFacts facts = facts_of(abi::Fault::torn_publish);
    facts.shown_by.cycle = abi::Cycle::replace;
    const plan::RunPlan plan = showing(facts, plan::Arch::i386, 7);
    EXPECT_EQ(plan.fault, abi::Fault::torn_publish);
    EXPECT_EQ(plan.cycle, abi::Cycle::replace);
    EXPECT_EQ(plan.arch, plan::Arch::i386);
    EXPECT_EQ(plan.seed, 7U);
    EXPECT_EQ(plan.duration, std::chrono::seconds(10));
    EXPECT_EQ(plan.nmis, 100'000U);
}

}  // namespace nmistorm::campaign::test
