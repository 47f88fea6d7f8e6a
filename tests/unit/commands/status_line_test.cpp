// SPDX-License-Identifier: GPL-2.0-or-later
#include "commands/status_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nmistorm::commands {
namespace {

using testing::StartsWith;

constexpr engines::StormStatus figures = {.elapsed_s = 12.3,
                                          .handled = 345678,
                                          .swaps = 1234,
                                          .grace_periods = 1235,
                                          .overlaps = 456,
                                          .findings = 1};

TEST(StormLine, shows_all_figures_where_there_is_room) {
    EXPECT_EQ(
        status_line(figures, 28133.4, 120),
        "12.3 s  28,133 NMIs/s  345,678 handled  1,234 swaps  1,235 grace periods  456 overlaps  1 finding");
}

TEST(StormLine, says_what_time_is_left_where_that_is_known) {
    engines::StormStatus status = figures;
    status.left = {125.4, false};
    EXPECT_EQ(status_line(status, 28133.4, 79),
              "12.3 s  2:05 left  28,133 NMIs/s  345,678 handled  456 overlaps  1 finding");
    status.left->at_most = true;
    EXPECT_EQ(status_line(status, 28133.4, 40), "12.3 s  at most 2:05 left  1 finding");
    EXPECT_EQ(status_line(status, 28133.4, 20), "12.3 s  1 finding");
}

TEST(StormLine, never_exceeds_the_terminal_and_keeps_findings_longest) {
    const engines::StormStatus huge = {
        1e9, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, engines::TimeLeft{1e300, true}};
    for (std::size_t width = 0; width <= 200; ++width) {
        EXPECT_LE(status_line(figures, 28133.4, width).size(), width);
        EXPECT_LE(status_line(huge, 1e15, width).size(), width);
    }
    EXPECT_EQ(status_line(figures, 28133.4, 20), "12.3 s  1 finding");
}

TEST(ExploreLine, fits) {
    const engines::explore::ExploreStatus explored{.elapsed_s = 75,
                                                   .condition = plan::Condition::idle,
                                                   .preemptions = 2,
                                                   .schedules = 1'000'000'000,
                                                   .states = 1'000'000'000,
                                                   .steps = 1'000'000'000};
    EXPECT_LE(status_line(explored, 40).size(), 40U);
    EXPECT_THAT(status_line(explored, 200),
                StartsWith("75.0 s  idle, 2 preemptions, 1,000,000,000 schedules"));
}

TEST(MatrixLine, shows_how_far_it_is_and_what_is_left_once_that_is_known) {
    EXPECT_EQ(
        status_line(campaign::MatrixStatus{.elapsed_s = 0.5, .done = 0, .all = 39, .wrong = 0, .left_s = {}},
                    79),
        "0 of 39 runs  0.5 s");
    EXPECT_EQ(
        status_line(
            campaign::MatrixStatus{.elapsed_s = 62, .done = 30, .all = 39, .wrong = 2, .left_s = 125.4}, 79),
        "30 of 39 runs  2 not as they must be  62.0 s  2:05 left");
}

TEST(MatrixLine, never_exceeds_the_terminal) {
    for (std::size_t width = 0; width < 200; ++width) {
        EXPECT_LE(status_line(campaign::MatrixStatus{1e9, SIZE_MAX, SIZE_MAX, SIZE_MAX, 1e9}, width).size(),
                  width);
    }
}

}  // namespace
}  // namespace nmistorm::commands
