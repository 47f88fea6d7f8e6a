// SPDX-License-Identifier: GPL-2.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "matrix_sample.h"
#include "summary.h"

namespace nmistorm::campaign {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(MatrixSummary, of_a_pass_is_a_table_of_what_it_took) {
    EXPECT_EQ(
        summary(matrix({clean_row(), fault_row()}), false),
        "PASS  faults: 1 found; cycles of the clean image: 1 clean, in 10,000 NMIs; 4 storms in 13.2 s\n"
        "  host          kvm_amd, Linux 6.1.0\n"
        "  storms        2 of each image, up to 10s, 1 at a time; seeds from 7\n"
        "\n"
        "fault         arch    storm    verdict    rule     seconds   p95   NMIs    p95  swaps  overlaps  "
        "from "
        "idle\n"
        "none          x86_64  unset    clean 2/2              5.00  5.00  5,000  5,000    500        50     "
        "   "
        "250\n"
        "torn-publish  x86_64  replace  found 2/2  publish     1.50  1.95  1,500  1,950    150        15     "
        "    "
        "75\n"
        "\n"
        "Of the storms that went as they must: seconds and NMIs until they ended, median and 95th "
        "percentile;\n"
        "swaps, overlaps and NMIs from idle until then, median.\n");
}

TEST(MatrixSummary, of_a_missed_fault_says_what_must_see_it_and_how_to_repeat_the_storm) {
    MatrixReport report = matrix({fault_row()});
    report.rows[0].trials.push_back(trial(report.rows[0], 9, 10));
    const std::string text = summary(report, false);
    EXPECT_THAT(text, StartsWith("VIOLATION  faults: 1 missed; 3 storms in "));
    EXPECT_THAT(text, HasSubstr("  missed 2/3  publish  "));
    EXPECT_THAT(text,
                HasSubstr("\n"
                          "torn-publish: missed; publish or reclaim must see that the callback is stored in "
                          "two halves\n"
                          "  no rule was broken in 10.0 s and 10,000 NMIs\n"
                          "    nmistorm storm --seed 9\n"
                          "\n"
                          "To repeat this matrix: nmistorm matrix --seeds 2 --seed 7\n"));
}

TEST(MatrixSummary, of_a_fault_seen_by_the_wrong_rule_shows_what_that_one_says) {
    MatrixReport report = matrix({fault_row()});
    report.rows[0].trials[1] = found(report.rows[0], 8, 2, Rule::count);
    const std::string text = summary(report, false);
    EXPECT_THAT(text, StartsWith("VIOLATION  faults: 1 wrong-rule; "));
    EXPECT_THAT(text, HasSubstr("  wrong-rule 1/2  publish, count  "));
    EXPECT_THAT(text,
                HasSubstr("\n  count: the handler saw what it must not, at do_nmi+0x1c guest/nmi/nmi.cpp:88\n"
                          "    nmistorm storm --seed 8\n"));
}

TEST(MatrixSummary, of_a_flagged_clean_image_says_by_what) {
    MatrixReport report = matrix({clean_row()});
    report.rows[0].trials[1] = found(report.rows[0], 8, 2, Rule::reclaim);
    const std::string text = summary(report, false);
    EXPECT_THAT(text, StartsWith("VIOLATION  cycles of the clean image: 1 flagged, in 7,000 NMIs; "));
    EXPECT_THAT(text, HasSubstr("\nnone: flagged\n  reclaim: the handler saw"));
}

TEST(MatrixSummary, of_a_failed_harness_says_on_what) {
    MatrixReport report = matrix({clean_row()});
    report.rows[0].trials[1].failure = "KVM_RUN: Bad address";
    const std::string text = summary(report, false);
    EXPECT_THAT(text, StartsWith("INCONCLUSIVE  cycles of the clean image: 1 failed, "));
    EXPECT_THAT(text, HasSubstr("\n  KVM_RUN: Bad address\n    nmistorm storm --seed 8\n"));
}

TEST(MatrixSummary, lists_what_the_lane_cannot_show_with_its_reason_and_counts_it_apart) {
    const std::string text = summary(matrix({fault_row(), not_shown_row()}), false);
    EXPECT_THAT(text, StartsWith("PASS  faults: 1 found, 1 not-shown; "));
    EXPECT_THAT(text, HasSubstr("unset-to-null  x86_64  unset    not-shown\n"));
    EXPECT_THAT(text,
                HasSubstr("\nunset-to-null cannot be shown by x86_64 on kvm_amd: null is the dummy there\n"));
}

TEST(MatrixSummary, has_a_column_for_what_exploring_showed) {
    MatrixReport report = matrix({clean_row(), fault_row(), not_shown_row()});
    report.rows[0].explored = explored_whole();
    report.rows[1].explored = explored_until(Rule::publish);
    report.rows[2].explored = ExploredImage{
        .plan = {}, .not_shown = "it takes too long", .did = {}, .failure = {}, .reproduce = {}};
    std::string text = summary(report, false);
    EXPECT_THAT(text, StartsWith("PASS  faults: 1 found, 1 not-shown; "));
    EXPECT_THAT(text, HasSubstr("  from idle  explored\n"));
    EXPECT_THAT(text, HasSubstr("  clean, 1,234 schedules, 5.25 s\n"));
    EXPECT_THAT(text, HasSubstr("  found, 1 preemption, 16 steps, 0.50 s\n"));
    EXPECT_THAT(text, HasSubstr("\nunset-to-null cannot be shown by exploring: it takes too long\n"));

    report.rows[1].explored = explored_until(Rule::count);
    text = summary(report, false);
    EXPECT_THAT(text, StartsWith("VIOLATION  faults: 1 wrong-rule, 1 not-shown; "));
    EXPECT_THAT(text, HasSubstr("  wrong-rule, 1 preemption, 16 steps, 0.50 s\n"));
    EXPECT_THAT(text,
                HasSubstr("\n  explored: count: the handler saw what it must not\n    nmistorm explore\n"));

    report.rows[1].explored = explored_whole();
    text = summary(report, false);
    EXPECT_THAT(text, StartsWith("VIOLATION  faults: 1 missed, 1 not-shown; "));
    EXPECT_THAT(text,
                HasSubstr("\n  explored: no rule was broken in 1,234 schedules\n    nmistorm explore\n"));
}

TEST(MatrixSummary, has_a_column_of_builds_if_some_were_asked_for) {
    MatrixReport report = matrix({clean_row(), fault_row(), fault_row(), not_shown_row()});
    EXPECT_THAT(summary(report, false), HasSubstr("\nfault "));
    report.rows[0].plan.guest_build = "clang-O3";
    report.rows[1].plan.guest_build = "clang-O3";
    report.rows[2].plan.guest_build = "gcc-O0-lto";
    report.rows[3].plan.guest_build = "gcc-O0-lto";
    report.rows[2].trials = {trial(report.rows[2], 7, 10)};
    const std::string text = summary(report, false);
    EXPECT_THAT(text, HasSubstr("\nbuild       fault  "));
    EXPECT_THAT(text, HasSubstr("\nclang-O3    none  "));
    EXPECT_THAT(text, HasSubstr("\ngcc-O0-lto  torn-publish  "));
    EXPECT_THAT(text, HasSubstr("\ntorn-publish by gcc-O0-lto: missed; "));
    EXPECT_THAT(text, HasSubstr("\nunset-to-null by gcc-O0-lto cannot be shown by "));
}

TEST(MatrixSummary, of_many_storms_that_went_wrong_shows_some_and_counts_the_rest) {
    MatrixReport report = matrix({fault_row()});
    for (std::uint64_t seed = 20; seed < 25; ++seed) {
        report.rows[0].trials.push_back(trial(report.rows[0], seed, 10));
    }
    const std::string text = summary(report, false);
    EXPECT_THAT(text, HasSubstr("    nmistorm storm --seed 22\n  and 2 more storms; --json has all\n"));
    EXPECT_THAT(text, Not(HasSubstr("--seed 23")));
}

TEST(MatrixSummary, says_in_which_storm_a_fault_shows_where_that_is_not_the_usual_one) {
    MatrixReport report = matrix({fault_row()});
    plan::RunPlan& plan = report.rows[0].plan;
    plan.vcpus = 3;
    plan.pace = {plan::Pace::Kind::burst, 8};
    plan.targets.kind = plan::Targets::Kind::others;
    EXPECT_THAT(summary(report, false),
                HasSubstr("  replace, 3 vCPUs, burst=8, targets others  found 2/2  "));
}

TEST(MatrixSummary, of_one_that_was_interrupted_says_so_and_what_was_not_run) {
    MatrixReport report = matrix({fault_row(), clean_row()});
    report.rows[1].trials.clear();
    report.interrupted = true;
    const std::string text = summary(report, false);
    EXPECT_THAT(text, StartsWith("INCONCLUSIVE (interrupted)  faults: 1 found; "));
    EXPECT_THAT(text, HasSubstr("none          x86_64  unset    not-run\n"));
}

TEST(MatrixSummary, is_coloured_only_if_asked) {
    EXPECT_THAT(summary(matrix({fault_row()}), true), StartsWith("\x1b[1;32mPASS\x1b[0m  "));
    EXPECT_THAT(summary(matrix({fault_row()}), false), Not(HasSubstr("\x1b")));
}

TEST(MatrixDocument, has_a_finding_for_what_went_wrong_and_one_for_what_cannot_be_shown) {
    MatrixReport report = matrix({not_shown_row(), clean_row(), fault_row()});
    report.rows[2].trials[1] = found(report.rows[2], 8, 2, Rule::coverage);
    const report::Document document = campaign::document(report);
    ASSERT_EQ(document.findings.size(), 2U);
    EXPECT_EQ(document.findings[0].title, "torn-publish");
    EXPECT_EQ(document.findings[0].outcome, Outcome::inconclusive);
    EXPECT_EQ(document.findings[1].title, "unset-to-null");
    EXPECT_EQ(document.findings[1].outcome, Outcome::pass);
}

TEST(MatrixDocument, has_a_case_for_each_row_by_its_image) {
    using Case = report::Case;
    MatrixReport report = matrix({not_shown_row(), clean_row(), fault_row(), fault_row(), fault_row()});
    report.rows[3].plan.guest_build = "clang-O3";
    report.rows[3].trials[1] = trial(report.rows[3], 8, 10);  // missed
    report.rows[4].plan.guest_build = "gcc-O0";
    report.rows[4].trials.clear();
    const std::vector<Case> cases = campaign::document(report).cases;
    ASSERT_EQ(cases.size(), 5U);
    EXPECT_EQ(cases[0].suite, "unset-to-null");
    EXPECT_EQ(cases[0].name, "x86_64 unset");
    EXPECT_EQ(cases[0].verdict, Case::Verdict::skip);
    EXPECT_EQ(cases[0].text, "cannot be shown: null is the dummy there");
    EXPECT_EQ(cases[1].suite, "none");
    EXPECT_EQ(cases[1].verdict, Case::Verdict::pass);
    EXPECT_EQ(cases[1].seconds, 10);
    EXPECT_EQ(cases[2].name, "x86_64 replace");
    EXPECT_EQ(cases[2].verdict, Case::Verdict::pass);
    EXPECT_EQ(cases[3].name, "x86_64 replace clang-O3");
    EXPECT_EQ(cases[3].verdict, Case::Verdict::fail);
    EXPECT_THAT(cases[3].text, StartsWith("torn-publish by clang-O3: missed; publish or reclaim must see"));
    EXPECT_EQ(cases[3].lines.front(), cases[3].text);
    EXPECT_THAT(cases[3].lines, testing::Contains("    nmistorm storm --seed 8"));
    EXPECT_EQ(cases[4].verdict, Case::Verdict::error);
}

TEST(MatrixDocument, has_a_case_that_is_red_for_each_verdict_that_is_no_pass) {
    using Verdict = report::Case::Verdict;
    MatrixReport report = matrix({clean_row()});
    report.rows[0].trials[0] = found(report.rows[0], 7, 1, Rule::coverage);
    EXPECT_EQ(campaign::document(report).cases[0].verdict, Verdict::error);
    report.rows[0].trials[0].failure = "KVM_RUN: Bad address";
    EXPECT_EQ(campaign::document(report).cases[0].verdict, Verdict::error);
    report.rows[0].trials[0] = found(report.rows[0], 7, 1, Rule::reclaim);
    EXPECT_EQ(campaign::document(report).cases[0].verdict, Verdict::fail);
}

}  // namespace
}  // namespace nmistorm::campaign
