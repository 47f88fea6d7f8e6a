// SPDX-License-Identifier: GPL-2.0-or-later
#include "campaign/matrix_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "campaign/fault_facts.h"
#include "plan/names.h"

namespace nmistorm::campaign {
namespace {

Trial broke(Rule rule) {
    Trial trial;
    trial.findings.emplace_back().rule = rule;
    return trial;
}

Trial passed() {
    return {};
}

Trial failed() {
    Trial trial;
    trial.failure = "KVM_CREATE_VM: Cannot allocate memory";
    return trial;
}

/// A fault that the rule publish or reclaim must find.
MatrixRow fault_row(std::vector<Trial> trials) {
    MatrixRow row;
    row.plan.fault = abi::Fault::torn_publish;
    row.rules = {Rule::publish, Rule::reclaim};
    row.trials = std::move(trials);
    return row;
}

MatrixRow clean_row(std::vector<Trial> trials) {
    MatrixRow row;
    row.trials = std::move(trials);
    return row;
}

TEST(MatrixVerdict, of_a_fault_that_one_of_its_rules_saw_each_time_is_found) {
    EXPECT_EQ(verdict(fault_row({broke(Rule::reclaim), broke(Rule::publish)})), RowVerdict::found);
}

TEST(MatrixVerdict, of_a_fault_that_passed_once_is_missed) {
    EXPECT_EQ(verdict(fault_row({broke(Rule::publish), passed(), broke(Rule::publish)})), RowVerdict::missed);
}

TEST(MatrixVerdict, of_a_fault_that_another_rule_saw_first_is_wrong_rule) {
    EXPECT_EQ(verdict(fault_row({broke(Rule::publish), broke(Rule::progress)})), RowVerdict::wrong_rule);
    EXPECT_EQ(verdict(fault_row({broke(Rule::delivery)})), RowVerdict::wrong_rule) << "that judges KVM";
}

TEST(MatrixVerdict, of_a_clean_image_in_which_any_rule_was_broken_is_flagged) {
    EXPECT_EQ(verdict(clean_row({passed(), passed()})), RowVerdict::clean);
    EXPECT_EQ(verdict(clean_row({passed(), broke(Rule::publish)})), RowVerdict::flagged);
    EXPECT_EQ(verdict(clean_row({broke(Rule::delivery)})), RowVerdict::flagged);
}

TEST(MatrixVerdict, of_a_storm_that_proved_nothing_is_inconclusive_and_not_missed) {
    EXPECT_EQ(verdict(fault_row({broke(Rule::publish), broke(Rule::coverage)})), RowVerdict::inconclusive);
    EXPECT_EQ(verdict(clean_row({passed(), broke(Rule::coverage)})), RowVerdict::inconclusive);
}

TEST(MatrixVerdict, of_a_storm_in_which_the_harness_failed_is_failed) {
    EXPECT_EQ(verdict(fault_row({broke(Rule::publish), failed()})), RowVerdict::failed);
    EXPECT_EQ(verdict(clean_row({failed(), passed()})), RowVerdict::failed);
}

TEST(MatrixVerdict, names_what_makes_a_violation_before_what_makes_it_inconclusive) {
    EXPECT_EQ(verdict(fault_row({failed(), broke(Rule::coverage), passed()})), RowVerdict::missed);
    EXPECT_EQ(verdict(fault_row({failed(), broke(Rule::count)})), RowVerdict::wrong_rule);
    EXPECT_EQ(verdict(clean_row({failed(), broke(Rule::count)})), RowVerdict::flagged);
}

TEST(MatrixVerdict, of_a_fault_that_the_lane_cannot_show_is_not_shown_rather_than_not_run) {
    MatrixRow row = fault_row({});
    EXPECT_EQ(verdict(row), RowVerdict::not_run);
    row.not_shown = "the two halves are stored by one instruction";
    EXPECT_EQ(verdict(row), RowVerdict::not_shown);
}

ExploredImage explored(std::optional<Rule> rule) {
    oracle::Exploration did;
    did.rounds.emplace_back().end = rule ? oracle::SearchEnd::found : oracle::SearchEnd::exhausted;
    if (rule) {
        did.found.emplace().finding.rule = *rule;
    }
    return {.plan = {}, .not_shown = {}, .did = did, .failure = {}, .reproduce = {}};
}

TEST(MatrixVerdict, is_the_worse_of_storms_and_exploration) {
    MatrixRow fault = fault_row({broke(Rule::publish)});
    fault.explored = explored(Rule::reclaim);
    EXPECT_EQ(verdict(fault), RowVerdict::found);
    fault.explored = explored(Rule::count);
    EXPECT_EQ(verdict(fault), RowVerdict::wrong_rule);
    fault.explored = explored(std::nullopt);
    EXPECT_EQ(verdict(fault), RowVerdict::missed);
    fault.explored->did->rounds[0].end = oracle::SearchEnd::stopped;
    EXPECT_EQ(verdict(fault), RowVerdict::inconclusive);
    fault.explored->did.reset();
    EXPECT_EQ(verdict(fault), RowVerdict::not_run);
    fault.explored->failure = "KVM_RUN: Bad address";
    EXPECT_EQ(verdict(fault), RowVerdict::failed);

    MatrixRow clean = clean_row({passed()});
    clean.explored = explored(std::nullopt);
    EXPECT_EQ(verdict(clean), RowVerdict::clean);
    clean.explored = explored(Rule::publish);
    EXPECT_EQ(verdict(clean), RowVerdict::flagged);
}

TEST(MatrixVerdict, where_one_of_the_two_cannot_show_a_fault_is_that_of_the_other) {
    MatrixRow row = fault_row({broke(Rule::publish)});
    row.explored = ExploredImage{
        .plan = {}, .not_shown = "it takes too long", .did = {}, .failure = {}, .reproduce = {}};
    EXPECT_EQ(verdict(row), RowVerdict::found);
    row.trials = {passed()};
    EXPECT_EQ(verdict(row), RowVerdict::missed);
    row = fault_row({});
    row.not_shown = "null is the dummy there";
    row.explored = explored(Rule::publish);
    EXPECT_EQ(verdict(row), RowVerdict::found);
    EXPECT_EQ(outcome({row}), Outcome::pass);
    row.explored = explored(std::nullopt);
    EXPECT_EQ(verdict(row), RowVerdict::missed);
}

TEST(MatrixRows, are_explored_where_that_was_asked_for_each_in_its_own_way) {
    plan::MatrixPlan plan;
    plan.arch = plan::Arch::i386;
    for (const MatrixRow& row : matrix_rows(plan, "kvm_amd")) {
        EXPECT_FALSE(row.explored);
    }
    plan.explore = true;
    for (const MatrixRow& row : matrix_rows(plan, "kvm_amd")) {
        ASSERT_TRUE(row.explored);
        EXPECT_EQ(row.explored->plan.arch, plan::Arch::i386);
        EXPECT_EQ(row.explored->plan.fault, row.plan.fault);
        if (is_clean(row)) {
            EXPECT_EQ(row.explored->plan.cycle, row.plan.cycle);
        }
    }
}

TEST(MatrixOutcome, is_pass_only_if_every_fault_is_found_and_the_clean_image_clean) {
    const MatrixRow found = fault_row({broke(Rule::publish)});
    const MatrixRow clean = clean_row({passed()});
    EXPECT_EQ(outcome({found, clean}), Outcome::pass);
    for (const MatrixRow& bad :
         {fault_row({passed()}), fault_row({broke(Rule::count)}), clean_row({broke(Rule::count)})}) {
        EXPECT_EQ(outcome({found, bad, clean}), Outcome::violation);
        EXPECT_EQ(outcome({fault_row({failed()}), bad}), Outcome::violation);
    }
    for (const MatrixRow& open :
         {fault_row({failed()}), clean_row({broke(Rule::coverage)}), fault_row({}), clean_row({})}) {
        EXPECT_EQ(outcome({found, open, clean}), Outcome::inconclusive);
    }
}

TEST(MatrixOutcome, is_not_spoilt_by_what_the_lane_cannot_show_but_needs_something_that_was_run) {
    MatrixRow not_shown = fault_row({});
    not_shown.not_shown = "for a reason";
    EXPECT_EQ(outcome({not_shown, clean_row({passed()})}), Outcome::pass);
    EXPECT_EQ(outcome({not_shown}), Outcome::inconclusive);
    EXPECT_EQ(outcome(std::vector<MatrixRow>()), Outcome::inconclusive);
}

TEST(MatrixSpread, is_over_the_storms_that_went_as_they_must) {
    MatrixRow row = fault_row({});
    const auto add = [&row](Trial trial, std::uint64_t nmis) {
        trial.nmis = nmis;
        row.trials.push_back(std::move(trial));
    };
    add(passed(), 100'000);
    EXPECT_EQ(spread_of(row, &Trial::nmis), std::nullopt);
    add(broke(Rule::publish), 10);
    add(broke(Rule::count), 1);
    add(broke(Rule::reclaim), 20);
    ASSERT_TRUE(spread_of(row, &Trial::nmis));
    EXPECT_DOUBLE_EQ(spread_of(row, &Trial::nmis)->median, 15);
    EXPECT_DOUBLE_EQ(spread_of(row, &Trial::nmis)->p95, 19.5);
}

TEST(MatrixRows, are_the_clean_image_in_every_cycle_and_every_fault_in_the_storm_that_shows_it) {
    plan::MatrixPlan plan;
    plan.seed = 40;
    const auto rows = matrix_rows(plan, "kvm_amd");
    const auto cycles = plan::all_cycles();
    ASSERT_EQ(rows.size(), cycles.size() + abi::fault_count - 1);
    for (std::size_t n = 0; n < cycles.size(); ++n) {
        EXPECT_TRUE(is_clean(rows[n]));
        EXPECT_EQ(rows[n].plan.cycle, cycles[n]);
        EXPECT_EQ(rows[n].plan.duration, clean_duration(plan));
        EXPECT_TRUE(rows[n].rules.empty());
    }
    for (const FaultFacts& facts : fault_facts()) {
        const MatrixRow& row = rows[cycles.size() + static_cast<std::size_t>(facts.fault) - 1];
        EXPECT_EQ(row.plan.fault, facts.fault);
        EXPECT_EQ(row.plan.cycle, facts.shown_by.cycle);
        EXPECT_EQ(row.plan.duration, plan.duration);
        EXPECT_EQ(row.plan.nmis, std::nullopt);
        EXPECT_EQ(row.plan.seed, 40U);
        EXPECT_EQ(row.rules, facts.rules);
        EXPECT_EQ(row.wrong, facts.wrong);
    }
}

TEST(MatrixRows, are_those_asked_for_on_the_architecture_asked_for) {
    plan::MatrixPlan plan;
    plan.arch = plan::Arch::i386;
    plan.faults = {abi::Fault::double_fetch};
    const auto rows = matrix_rows(plan, "kvm_amd");
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0].plan.fault, abi::Fault::double_fetch);
    EXPECT_EQ(rows[0].plan.arch, plan::Arch::i386);
}

TEST(MatrixRows, are_all_repeated_for_each_build_that_was_asked_for) {
    plan::MatrixPlan plan;
    plan.explore = true;
    const auto usual = matrix_rows(plan, "kvm_amd");
    plan.guest_builds = {"clang-O3", "gcc-O0"};
    const auto rows = matrix_rows(plan, "kvm_amd");
    ASSERT_EQ(rows.size(), 2 * usual.size());
    for (std::size_t n = 0; n < rows.size(); ++n) {
        EXPECT_EQ(rows[n].plan.guest_build, n < usual.size() ? "clang-O3" : "gcc-O0");
        EXPECT_EQ(rows[n].explored->plan.guest_build, rows[n].plan.guest_build);
        plan::RunPlan storm = rows[n].plan;
        storm.guest_build.reset();
        EXPECT_EQ(storm, usual[n % usual.size()].plan);
        EXPECT_EQ(rows[n].rules, usual[n % usual.size()].rules);
    }
}

TEST(MatrixRows, say_what_the_lane_cannot_show) {
    for (const plan::Arch arch : {plan::Arch::i386, plan::Arch::x86_64}) {
        for (const char* backend : {"kvm_pvm", "kvm_amd", "kvm_intel"}) {
            plan::MatrixPlan plan;
            plan.arch = arch;
            for (const MatrixRow& row : matrix_rows(plan, backend)) {
                EXPECT_EQ(row.not_shown, is_clean(row)
                                             ? std::string_view()
                                             : why_not_shown(facts_of(row.plan.fault), arch, backend));
            }
        }
    }
}

TEST(LongerStorm, is_run_where_one_of_the_clean_image_proved_nothing) {
    plan::MatrixPlan plan;
    plan.seeds = 20;
    Trial trial = broke(Rule::coverage);
    trial.plan = matrix_rows(plan, "kvm_amd")[0].plan;
    ASSERT_LT(trial.plan.duration, plan.duration);
    auto expected = trial.plan;
    expected.duration = plan.duration;
    EXPECT_EQ(longer_storm(plan, trial), expected);
    trial.plan = expected;
    EXPECT_EQ(longer_storm(plan, trial), std::nullopt) << "there is no more";
}

TEST(LongerStorm, is_not_run_where_one_showed_something) {
    for (Trial trial : {passed(), broke(Rule::publish), failed()}) {
        trial.plan.duration = std::chrono::milliseconds(1);
        EXPECT_EQ(longer_storm(plan::MatrixPlan(), trial), std::nullopt);
    }
}

TEST(RowVerdicts, have_names_of_their_own) {
    for (const RowVerdict a : all_row_verdicts) {
        EXPECT_NE(name(a), "unknown");
        for (const RowVerdict b : all_row_verdicts) {
            EXPECT_EQ(name(a) == name(b), a == b);
        }
    }
}

}  // namespace
}  // namespace nmistorm::campaign
