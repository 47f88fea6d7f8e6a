// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/cases.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/explore_report.h"
#include "sample.h"

namespace nmistorm::report {
namespace {

using oracle::Rule;
using Verdict = Case::Verdict;

const Case* find(const std::vector<Case>& cases, const std::string& name) {
    const auto found = std::ranges::find(cases, name, &Case::name);
    return found == cases.end() ? nullptr : &*found;
}

std::vector<Case> only_suite(const Document& document) {
    const std::vector<Suite> suites = suites_of(document);
    EXPECT_EQ(suites.size(), 1U);
    return suites.empty() ? std::vector<Case>{} : suites.front().cases;
}

TEST(Cases, of_a_run_that_passed_are_its_rules_which_passed) {
    const std::vector<Case> cases = only_suite(document(passed()));
    ASSERT_EQ(cases.size(), std::size(oracle::all_rules));
    for (std::size_t i = 0; i < cases.size(); ++i) {
        EXPECT_EQ(cases[i].suite, "x86_64");
        EXPECT_EQ(cases[i].name, oracle::name(oracle::all_rules[i]));
        EXPECT_EQ(cases[i].verdict, Verdict::pass);
    }
}

TEST(Cases, of_a_broken_rule_have_all_its_findings_and_no_other_rule_is_red) {
    RunReport report = passed();
    report.findings = {use_after_free(), use_after_free()};
    const std::vector<Case> cases = only_suite(document(report));
    for (const Case& each : cases) {
        EXPECT_EQ(each.verdict, each.name == "reclaim"    ? Verdict::fail
                                : each.name == "coverage" ? Verdict::skip
                                                          : Verdict::pass)
            << each.name;
    }
    EXPECT_EQ(cases.back().text, "a broken rule cut the run short");
    const Case* reclaim = find(cases, "reclaim");
    ASSERT_NE(reclaim, nullptr);
    EXPECT_EQ(reclaim->text, "the handler used generation 42 after its free");
    EXPECT_THAT(reclaim->lines, testing::Contains("reclaim (judges guest), vCPU 1, generation 42").Times(2));
    EXPECT_THAT(reclaim->lines,
                testing::Contains("  at counting_callback+0x0 handlers/counting.cpp:12").Times(2));
}

TEST(Cases, of_a_run_that_exercised_nothing_have_an_error_for_coverage) {
    RunReport report = passed();
    report.findings = {worthless()};
    const std::vector<Case> cases = only_suite(document(report));
    for (const Case& each : cases) {
        EXPECT_EQ(each.verdict, each.name == "coverage" ? Verdict::error : Verdict::pass) << each.name;
    }
    EXPECT_EQ(find(cases, "coverage")->text, "no NMI overlapped a swap");
}

TEST(Cases, of_rules_that_were_not_judged_are_skipped_with_the_reason) {
    RunReport report = passed();
    report.observation.limits = {{Rule::freshness, false, "there are no events"},
                                 {Rule::publish, true, "only tripwires"}};
    const std::vector<Case> cases = only_suite(document(report));
    EXPECT_EQ(find(cases, "freshness")->verdict, Verdict::skip);
    EXPECT_EQ(find(cases, "freshness")->text, "there are no events");
    EXPECT_EQ(find(cases, "publish")->verdict, Verdict::pass);
    EXPECT_EQ(find(cases, "publish")->text, "judged in part: only tripwires");
}

TEST(Cases, have_one_more_that_is_red_where_nothing_else_says_why_the_exit_code_is_not_0) {
    RunReport report = passed();
    report.interrupted = true;
    const std::vector<Suite> suites = suites_of(document(report));
    ASSERT_EQ(suites.size(), 2U);
    EXPECT_EQ(suites[1].name, "storm");
    ASSERT_EQ(suites[1].cases.size(), 1U);
    EXPECT_EQ(suites[1].cases[0].name, "end");
    EXPECT_EQ(suites[1].cases[0].verdict, Verdict::error);
    EXPECT_EQ(suites[1].cases[0].text, "interrupted");

    report.findings = {use_after_free()};
    EXPECT_EQ(suites_of(document(report)).size(), 1U) << "the finding says why";
}

TEST(Cases, of_an_exploration_say_whether_its_bound_was_searched) {
    ExploreReport report;
    report.image = "embedded";
    report.image_fault = "none";
    oracle::Round& round = report.exploration.rounds.emplace_back();
    round.end = oracle::SearchEnd::stopped;
    report.exploration.out_of_budget = true;
    const Case bound = only_suite(document(report)).back();
    EXPECT_EQ(bound.name, "bound");
    EXPECT_EQ(bound.verdict, Verdict::error);
    EXPECT_EQ(bound.text, "not all of the bound was searched: out of budget");

    report.exploration.out_of_budget = false;
    round.end = oracle::SearchEnd::found;
    report.exploration.found.emplace().finding.rule = Rule::reclaim;
    const std::vector<Case> cases = only_suite(document(report));
    EXPECT_EQ(find(cases, "reclaim")->verdict, Verdict::fail);
    EXPECT_EQ(cases.back().verdict, Verdict::skip);
}

TEST(Cases, of_one_suite_are_put_together) {
    Document document;
    document.cases = {{.suite = "a", .name = "1"}, {.suite = "b", .name = "1"}, {.suite = "a", .name = "2"}};
    const std::vector<Suite> suites = suites_of(document);
    ASSERT_EQ(suites.size(), 2U);
    EXPECT_EQ(suites[0].name, "a");
    EXPECT_EQ(suites[0].cases.size(), 2U);
}

TEST(Suite, is_as_bad_as_its_worst_case_and_skipped_only_as_a_whole) {
    Suite suite{"a", {{.suite = "a", .name = "1", .verdict = Verdict::skip}}};
    EXPECT_EQ(suite.verdict(), Verdict::skip);
    for (const Verdict verdict : {Verdict::pass, Verdict::error, Verdict::fail}) {
        suite.cases.push_back({.suite = "a", .name = "2", .verdict = verdict});
        EXPECT_EQ(suite.verdict(), verdict);
    }
}

TEST(Properties, are_where_a_result_comes_from) {
    Document document = report::document(passed());
    document.provenance.version = "0.1.0";
    std::vector<std::string> rows;
    for (const Row& row : properties_of(document)) {
        rows.push_back(row.label + "=" + row.text);
    }
    EXPECT_THAT(rows, testing::ElementsAre("result=pass: 2.0 s, 3,000 NMIs handled on 2 vCPUs (1,500/s)",
                                           "reproduce=nmistorm storm --seed 7",
                                           "guest=x86_64, embedded image, fault none", "kvm_backend=kvm_amd",
                                           "kernel=6.1.0", "version=0.1.0"));
}

}  // namespace
}  // namespace nmistorm::report
