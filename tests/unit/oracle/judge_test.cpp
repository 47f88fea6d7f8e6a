// SPDX-License-Identifier: GPL-2.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "history.h"

namespace nmistorm::oracle::test {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(CleanRun, passes) {
    const History history = clean_history();
    Tally tally;
    EXPECT_EQ(outcome(judged(history, observed(history), &tally)), Outcome::pass);
    EXPECT_EQ(tally.facts, history.steps().size() + 1);
    EXPECT_EQ(tally.handled, 3u);
    EXPECT_EQ(tally.swaps, 1u);
    EXPECT_EQ(tally.grace_periods, 1u);
    EXPECT_EQ(tally.freed, 1u);
    EXPECT_EQ(tally.overlaps, 1u);
    EXPECT_EQ(tally.idle_nmis, 1u);
    EXPECT_EQ(tally.grace_period_ticks.quantile(0.5), 64u);
    EXPECT_EQ(tally.grace_period_ticks.max(), 64u);
}

TEST(Tally, a_handler_that_says_only_after_the_retirement_that_it_runs_is_an_overlap) {
    History history =
        clean_history().alloc(block_b, 2).publish(sleeper, 2).publish(dummy, 0).retire(sleeper, 2);
    history.nmi(1, sleeper, 2).gp_begin(2).gp_end(2).free(block_b, 2);
    Tally tally;
    EXPECT_THAT(judged(history, observed(history), &tally), IsEmpty());
    EXPECT_EQ(tally.overlaps, 2u);
}

TEST(Findings, carry_the_facts_that_led_to_them) {
    const History history = clean_history().free(block_a, 1);
    const std::vector<Finding> findings = judged(history, observed(history));
    ASSERT_EQ(findings.size(), 1u);
    EXPECT_EQ(findings[0].generation, 1u);
    ASSERT_EQ(findings[0].around.size(), history.steps().size());
    EXPECT_EQ(findings[0].around.back().fact, Fact(fact::Freed{block_a, 1}));
}

TEST(Findings, of_a_rule_that_is_broken_over_and_over_are_bounded) {
    History history = clean_history();
    for (int i = 0; i < 1000; ++i) {
        history.free(block_a, 1);
    }
    EXPECT_EQ(judged(history, observed(history)).size(), 8u);
}

TEST(Findings, of_worth_are_inconclusive_and_only_there_where_no_rule_was_broken) {
    Observation observation = observed(History());
    std::vector<Finding> findings = judged(History(), observation);
    EXPECT_EQ(outcome(findings), Outcome::inconclusive);
    observation.malformed = {"garbage"};
    findings = judged(History(), observation);
    EXPECT_EQ(outcome(findings), Outcome::violation);
    ASSERT_EQ(findings.size(), 1U);
    EXPECT_EQ(findings.front().rule, Rule::abi_conformance);
}

TEST(Names, are_those_of_the_design) {
    std::vector<std::string_view> names;
    for (const Rule rule : all_rules) {
        names.push_back(name(rule));
    }
    EXPECT_THAT(names,
                ElementsAre("count", "grace-period", "reclaim", "publish", "freshness", "data", "allocation",
                            "delivery", "nesting", "progress", "abi-conformance", "coverage"));
    EXPECT_EQ(name(judges(Rule::delivery)), "kvm");
    EXPECT_EQ(name(judges(Rule::coverage)), "run");
    EXPECT_EQ(name(judges(Rule::count)), "guest");
    EXPECT_EQ(name(Outcome::inconclusive), "inconclusive");
}

TEST(Judge, does_not_ask_at_the_end_what_the_guest_cannot_show) {
    const History history = clean_history();
    Observation observation = observed(history);
    ++observation.vcpus[1].delivery.accepted;
    EXPECT_THAT(broken(history, observation), ElementsAre("delivery"));
    observation.limits = {{Rule::delivery, true, "in part"}, {Rule::count, false, "another rule"}};
    EXPECT_THAT(broken(history, observation), ElementsAre("delivery"));
    observation.limits = {{Rule::delivery, false, "not at all"}};
    EXPECT_THAT(broken(history, observation), testing::IsEmpty());
}

TEST(Judge, says_at_once_that_a_rule_was_broken) {
    Judge judge(2);
    judge.take({.order = 0}, fact::Allocated{.block = block_a, .generation = 1});
    EXPECT_FALSE(judge.violated());
    judge.take({.order = 1}, fact::Allocated{.block = block_a, .generation = 2});
    EXPECT_TRUE(judge.violated());
}

}  // namespace nmistorm::oracle::test
