// SPDX-License-Identifier: GPL-2.0-or-later
#include "oracle/series.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace nmistorm::oracle {
namespace {

/// A run that does the same in each second: 10 NMIs, 4 swaps, 1 overlap and 2 grace periods, of 100 ticks,
/// and in second n one of n ticks more.
Totals after(unsigned seconds) {
    Totals totals{.handled = std::uint64_t{10} * seconds,
                  .swaps = std::uint64_t{4} * seconds,
                  .overlaps = seconds,
                  .grace_periods = std::uint64_t{2} * seconds,
                  .grace_period_ticks = {}};
    for (unsigned second = 1; second <= seconds; ++second) {
        totals.grace_period_ticks.record(100);
        totals.grace_period_ticks.record(100 + second);
    }
    return totals;
}

std::uint64_t handled(const Series& series) {
    std::uint64_t sum = 0;
    for (const Interval& interval : series.intervals()) {
        sum += interval.handled;
    }
    return sum;
}

TEST(Series, of_a_run_that_never_began_is_empty) {
    EXPECT_TRUE(Series().intervals().empty());
}

TEST(Series, has_what_was_done_in_each_interval) {
    Series series({}, 8, 1.0);
    for (unsigned second = 1; second <= 3; ++second) {
        series.look(second, after(second));
    }
    ASSERT_EQ(series.intervals().size(), 3U);
    const Interval expected{.end_s = 3,
                            .handled = 10,
                            .swaps = 4,
                            .overlaps = 1,
                            .grace_periods = 2,
                            .timed = 2,
                            .p50 = 101,  // the middle of the bucket of 100
                            .p99 = 103,
                            .max = 103};
    EXPECT_EQ(series.intervals()[2], expected);
}

TEST(Series, leaves_out_what_was_done_before_the_first_request) {
    Series series(after(5), 8, 1.0);
    series.look(1, after(6));
    EXPECT_EQ(handled(series), 10U);
    EXPECT_EQ(series.intervals()[0].timed, 2U);
}

TEST(Series, takes_no_totals_before_an_interval_has_passed) {
    Series series({}, 8, 1.0);
    series.look(0.5, after(1));
    EXPECT_TRUE(series.intervals().empty());
    series.look(1.0, after(2));
    ASSERT_EQ(series.intervals().size(), 1U);
    EXPECT_EQ(series.intervals()[0].handled, 20U);
}

TEST(Series, takes_totals_that_come_a_little_early) {
    Series series({}, 8, 1.0);
    series.look(0.99, after(1));
    EXPECT_EQ(series.intervals().size(), 1U);
}

TEST(Series, merges_pairs_where_there_are_too_many_and_then_takes_half_as_many) {
    Series series({}, 4, 1.0);
    for (unsigned second = 1; second <= 4; ++second) {
        series.look(second, after(second));
    }
    EXPECT_EQ(series.intervals().size(), 4U);
    series.look(5, after(5));
    auto intervals = series.intervals();
    ASSERT_EQ(intervals.size(), 3U);
    EXPECT_EQ(intervals[0].end_s, 2);
    EXPECT_EQ(intervals[0].handled, 20U);
    EXPECT_EQ(intervals[0].timed, 4U) << "the times of both";
    EXPECT_EQ(intervals[0].max, 102U);
    EXPECT_EQ(intervals[1].end_s, 4);
    EXPECT_EQ(intervals[2].end_s, 5);
    series.look(6, after(6));
    EXPECT_EQ(series.intervals().size(), 3U) << "the next interval ends at 7";
    series.look(7, after(7));
    intervals = series.intervals();
    ASSERT_EQ(intervals.size(), 4U);
    EXPECT_EQ(intervals[3].handled, 20U);
}

TEST(Series, loses_nothing_and_stays_bounded_however_long_the_run_is) {
    Series series({}, 6, 0.1);
    Totals totals;
    for (unsigned tick = 1; tick <= 300; ++tick) {
        totals.handled += tick;
        series.look(0.1 * tick, totals);
        ASSERT_LE(series.intervals().size(), 6U) << tick;
    }
    series.end(31, totals);
    EXPECT_LE(series.intervals().size(), 6U);
    EXPECT_EQ(handled(series), totals.handled);
    EXPECT_EQ(series.intervals().back().end_s, 31);
}

TEST(Series, of_an_interrupted_run_ends_with_a_shorter_interval) {
    Series series({}, 8, 1.0);
    series.look(1, after(1));
    series.end(1.25, after(2));
    ASSERT_EQ(series.intervals().size(), 2U);
    EXPECT_EQ(series.intervals()[1].end_s, 1.25);
    EXPECT_EQ(series.intervals()[1].handled, 10U);
}

TEST(Series, of_a_run_that_was_interrupted_at_once_has_one_interval) {
    Series series({}, 8, 1.0);
    series.end(0, after(1));
    ASSERT_EQ(series.intervals().size(), 1U);
    EXPECT_EQ(series.intervals()[0].handled, 10U);
}

TEST(Series, has_what_came_after_the_last_look_in_the_last_interval) {
    Series series({}, 8, 1.0);
    series.look(1, after(1));
    series.end(1, after(3));
    ASSERT_EQ(series.intervals().size(), 1U);
    EXPECT_EQ(series.intervals()[0].handled, 30U);
}

TEST(Series, of_a_run_without_events_has_no_times) {
    Series series({}, 8, 1.0);
    series.look(1, {.handled = 3, .swaps = 1, .overlaps = 0, .grace_periods = 1, .grace_period_ticks = {}});
    EXPECT_EQ(series.intervals()[0].grace_periods, 1U);
    EXPECT_EQ(series.intervals()[0].timed, 0U);
    EXPECT_EQ(series.intervals()[0].max, 0U);
}

}  // namespace
}  // namespace nmistorm::oracle
