// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/chart.h"

#include <gtest/gtest.h>

namespace nmistorm::report {
namespace {

using Values = std::vector<std::optional<double>>;

TEST(Distribution, has_the_bars_of_a_histogram_in_the_unit) {
    oracle::Histogram histogram;
    for (const std::uint64_t value : {8, 9, 12}) {
        histogram.record(value);
    }
    const Chart chart = distribution("Times", "us", 0.5, {{"how many", histogram}});
    EXPECT_EQ(chart.kind, Chart::Kind::bars);
    EXPECT_EQ(chart.title, "Times");
    EXPECT_EQ(chart.x_title, "us");
    EXPECT_EQ(chart.x, (std::vector<double>{4, 5, 6, 7}));
    ASSERT_EQ(chart.lines.size(), 1U);
    EXPECT_EQ(chart.lines[0].y, (Values{2, 0, 1}));
}

TEST(Distribution, of_two_has_both_over_the_same_bars) {
    oracle::Histogram near;
    near.record(4);
    oracle::Histogram far;
    far.record(16);
    const Chart chart = distribution("Times", "us", 1, {{"near", near}, {"far", far}});
    EXPECT_EQ(chart.x, (std::vector<double>{4, 5, 16, 20}));
    ASSERT_EQ(chart.lines.size(), 2U);
    EXPECT_EQ(chart.lines[0].name, "near");
    EXPECT_EQ(chart.lines[0].y, (Values{1, 0, 0}));
    EXPECT_EQ(chart.lines[1].y, (Values{0, 0, 1}));
}

TEST(Distribution, of_nothing_has_no_lines) {
    const oracle::Histogram empty;
    const Chart chart = distribution("Times", "us", 1, {{"how many", empty}});
    EXPECT_TRUE(chart.lines.empty());
    EXPECT_TRUE(chart.x.empty());
}

}  // namespace
}  // namespace nmistorm::report
