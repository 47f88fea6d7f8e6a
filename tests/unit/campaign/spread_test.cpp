// SPDX-License-Identifier: GPL-2.0-or-later
#include "campaign/spread.h"

#include <gtest/gtest.h>

#include <numeric>

namespace nmistorm::campaign {
namespace {

TEST(Quantile, of_one_value_is_that_value) {
    for (const double q : {0.0, 0.5, 0.95, 1.0}) {
        EXPECT_EQ(quantile({7}, q), 7);
    }
}

TEST(Quantile, median_of_an_odd_number_is_the_middle_one_in_any_order) {
    EXPECT_EQ(quantile({9, 1, 5}, 0.5), 5);
}

TEST(Quantile, median_of_an_even_number_is_the_mean_of_the_middle_two) {
    EXPECT_EQ(quantile({10, 1, 3, 2}, 0.5), 2.5);
}

TEST(Quantile, lies_between_the_two_nearest_values) {
    // 0.95 of the distance over 20 values: place 18.05, counted from 0.
    std::vector<double> values(20);
    std::iota(values.begin(), values.end(), 0);
    EXPECT_DOUBLE_EQ(quantile(values, 0.95), 18.05);
}

TEST(Quantile, at_the_ends_is_the_least_and_the_greatest) {
    EXPECT_EQ(quantile({3, 1, 2}, 0), 1);
    EXPECT_EQ(quantile({3, 1, 2}, 1), 3);
}

TEST(Spread, is_nothing_where_there_are_no_values) {
    EXPECT_EQ(spread({}), std::nullopt);
    EXPECT_EQ(spread({4, 4, 4}), (Spread{4, 4}));
}

}  // namespace
}  // namespace nmistorm::campaign
