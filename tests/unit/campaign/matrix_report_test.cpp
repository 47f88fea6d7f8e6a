// SPDX-License-Identifier: GPL-2.0-or-later
#include "campaign/matrix_report.h"

#include <gtest/gtest.h>

#include "matrix_sample.h"

namespace nmistorm::campaign {
namespace {

MatrixReport with(Trial trial) {
    MatrixReport report = matrix({clean_row(), fault_row()});
    report.rows[trial.plan.fault == abi::Fault::none ? 0 : 1].trials.push_back(std::move(trial));
    return report;
}

TEST(MatrixExitCode, is_0_where_every_fault_was_found_and_the_clean_image_was_not_flagged) {
    EXPECT_EQ(exit_code(document(matrix({clean_row(), fault_row()}))), 0);
    EXPECT_EQ(exit_code(document(matrix({clean_row(), fault_row(), not_shown_row()}))), 0);
}

TEST(MatrixExitCode, is_1_where_a_fault_was_missed) {
    EXPECT_EQ(exit_code(document(with(trial(fault_row(), 9, 10)))), 1);
}

TEST(MatrixExitCode, is_1_where_the_wrong_rule_saw_a_fault) {
    EXPECT_EQ(exit_code(document(with(found(fault_row(), 9, 1, Rule::progress)))), 1);
}

TEST(MatrixExitCode, is_1_where_the_clean_image_was_flagged) {
    EXPECT_EQ(exit_code(document(with(found(clean_row(), 9, 1, Rule::publish)))), 1);
}

TEST(MatrixExitCode, is_3_where_a_storm_proved_nothing) {
    EXPECT_EQ(exit_code(document(with(found(clean_row(), 9, 1, Rule::coverage)))), 3);
    EXPECT_EQ(exit_code(document(with(found(fault_row(), 9, 1, Rule::coverage)))), 3);
}

TEST(MatrixExitCode, is_3_where_the_harness_failed) {
    Trial trial = campaign::trial(fault_row(), 9, 0);
    trial.failure = "KVM_RUN: Bad address";
    EXPECT_EQ(exit_code(document(with(trial))), 3);
}

TEST(MatrixExitCode, is_3_where_nothing_was_run) {
    EXPECT_EQ(exit_code(document(matrix({not_shown_row()}))), 3);
}

TEST(MatrixExitCode, is_130_where_it_was_interrupted_unless_something_is_wrong_by_then) {
    for (auto [report, code] : {std::pair(matrix({clean_row(), fault_row()}), 130),
                                {with(found(fault_row(), 9, 1, Rule::coverage)), 130},
                                {with(trial(fault_row(), 9, 10)), 1}}) {
        report.interrupted = true;
        EXPECT_EQ(exit_code(document(report)), code);
    }
}

TEST(MatrixCounts, are_of_rows_and_of_storms) {
    const MatrixReport report = matrix({clean_row(), clean_row(), fault_row(), not_shown_row()});
    EXPECT_EQ(count_verdicts(report),
              (std::map<RowVerdict, std::size_t>{
                  {RowVerdict::clean, 2}, {RowVerdict::found, 1}, {RowVerdict::not_shown, 1}}));
    EXPECT_EQ(count_storms(report), 6U);
}

}  // namespace
}  // namespace nmistorm::campaign
