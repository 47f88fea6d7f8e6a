// SPDX-License-Identifier: GPL-2.0-or-later
#include "oracle/histogram.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

namespace nmistorm::oracle {

TEST(Histogram, is_zero_when_empty) {
    EXPECT_EQ(Histogram().quantile(0.5), 0u);
    EXPECT_EQ(Histogram().max(), 0u);
}

TEST(Histogram, is_exact_for_small_values) {
    Histogram histogram;
    for (std::uint64_t value = 0; value < 64; ++value) {
        histogram.record(value);
    }
    EXPECT_EQ(histogram.quantile(0.0), 0u);
    EXPECT_EQ(histogram.quantile(0.5), 31u);
    EXPECT_EQ(histogram.quantile(1.0), 63u);
}

TEST(Histogram, is_within_three_percent_at_every_magnitude) {
    for (unsigned bit = 0; bit < 64; ++bit) {
        for (const std::uint64_t off : {std::uint64_t{0}, (std::uint64_t{1} << bit) - 1}) {
            const std::uint64_t value = (std::uint64_t{1} << bit) + off;
            Histogram histogram;
            histogram.record(value);
            histogram.record(UINT64_MAX);
            const auto median = static_cast<double>(histogram.quantile(0.5));
            EXPECT_NEAR(median / static_cast<double>(value), 1.0, 0.03) << value;
            EXPECT_EQ(histogram.max(), UINT64_MAX);
        }
    }
}

TEST(Histogram, is_added_to_another_as_if_all_had_been_recorded_there) {
    Histogram one;
    Histogram other;
    Histogram both;
    for (std::uint64_t value = 1; value <= 1'000; ++value) {
        (value % 3 == 0 ? one : other).record(value);
        both.record(value);
    }
    one += other;
    EXPECT_EQ(one.count(), 1'000U);
    EXPECT_EQ(one.max(), 1'000U);
    for (const double q : {0.0, 0.1, 0.5, 0.9, 1.0}) {
        EXPECT_EQ(one.quantile(q), both.quantile(q));
    }
}

TEST(Histogram, orders_its_quantiles) {
    Histogram histogram;
    for (std::uint64_t value = 1; value <= 100'000; ++value) {
        histogram.record(value);
    }
    EXPECT_NEAR(static_cast<double>(histogram.quantile(0.5)), 50'000, 1'500);
    EXPECT_NEAR(static_cast<double>(histogram.quantile(0.99)), 99'000, 3'000);
    EXPECT_EQ(histogram.count(), 100'000u);
}

TEST(Histogram, has_what_was_recorded_since_it_was_another) {
    Histogram earlier;
    for (const std::uint64_t value : {5, 1'000, 1'000}) {
        earlier.record(value);
    }
    Histogram now = earlier;
    now.record(7);
    now.record(500);
    const Histogram since = now.since(earlier);
    EXPECT_EQ(since.count(), 2U);
    EXPECT_EQ(since.quantile(0.0), 7U);
    EXPECT_NEAR(static_cast<double>(since.max()), 500, 8) << "known to its bucket only";
    now.record(1'001);
    EXPECT_EQ(now.since(earlier).max(), 1'001U) << "exact, since nothing before was as long";
    EXPECT_EQ(now.since(now).count(), 0U);
    EXPECT_EQ(now.since(now).max(), 0U);
}

TEST(Histogram, has_no_bars_when_empty) {
    EXPECT_TRUE(Histogram().bars().empty());
}

TEST(Histogram, has_a_bar_for_each_small_value_and_four_for_each_power_of_two_above) {
    Histogram histogram;
    for (const std::uint64_t value : {3, 7, 8, 9, 10, 16, 19}) {
        histogram.record(value);
    }
    const std::vector<Histogram::Bar> expected = {{3, 1},  {4, 0},  {5, 0},  {6, 0},  {7, 1}, {8, 2},
                                                  {10, 1}, {12, 0}, {14, 0}, {16, 2}, {20, 0}};
    EXPECT_EQ(histogram.bars(), expected);
}

TEST(Histogram, counts_each_value_in_one_bar_at_every_magnitude) {
    Histogram histogram;
    for (unsigned bit = 0; bit < 64; ++bit) {
        histogram.record(std::uint64_t{1} << bit);
    }
    histogram.record(UINT64_MAX);
    const std::vector<Histogram::Bar> bars = histogram.bars();
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < bars.size(); ++i) {
        sum += bars[i].count;
        ASSERT_TRUE(i == 0 || bars[i - 1].from < bars[i].from) << i;
    }
    EXPECT_EQ(sum, histogram.count());
    EXPECT_EQ(bars.back(), (Histogram::Bar{UINT64_MAX, 0}));
}

}  // namespace nmistorm::oracle
