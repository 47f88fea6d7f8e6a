// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/figures.h"

#include <limits>

#include <gtest/gtest.h>

namespace nmistorm::report {
namespace {

TEST(Figures, thousands_are_separated) {
    EXPECT_EQ(grouped(0), "0");
    EXPECT_EQ(grouped(999), "999");
    EXPECT_EQ(grouped(1000), "1,000");
    EXPECT_EQ(grouped(123456), "123,456");
    EXPECT_EQ(grouped(UINT64_MAX), "18,446,744,073,709,551,615");
}

TEST(Figures, one_of_a_thing_is_singular) {
    EXPECT_EQ(counted(1, "vCPU"), "1 vCPU");
    EXPECT_EQ(counted(0, "vCPU"), "0 vCPUs");
    EXPECT_EQ(counted(1000, "NMI"), "1,000 NMIs");
}

TEST(Figures, time_is_in_seconds_until_it_is_long) {
    EXPECT_EQ(elapsed(0), "0.0 s");
    EXPECT_EQ(elapsed(-1), "0.0 s");
    EXPECT_EQ(elapsed(std::numeric_limits<double>::quiet_NaN()), "0.0 s");
    EXPECT_EQ(elapsed(9.96), "10.0 s");
    EXPECT_EQ(elapsed(125), "2:05");
    EXPECT_EQ(elapsed(3600), "1:00:00");
}

TEST(Figures, a_rate_over_no_time_is_zero) {
    EXPECT_EQ(per_second(100, 0), 0.0);
    EXPECT_EQ(per_second(100, 4), 25.0);
}

}  // namespace
}  // namespace nmistorm::report
