// SPDX-License-Identifier: GPL-2.0-or-later
#include "oracle/histogram.h"

#include <gtest/gtest.h>

#include <cstdint>

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

}  // namespace nmistorm::oracle
