// SPDX-License-Identifier: GPL-2.0-or-later
#include "campaign/time_left.h"

#include <gtest/gtest.h>

#include <vector>

namespace nmistorm::campaign {
namespace {

using Rows = std::vector<RowProgress>;

RowProgress clean(unsigned left, double planned_s) {
    return {.planned_s = planned_s, .left = left, .done = 0, .done_s = 0};
}
RowProgress fault(unsigned left, unsigned done, double done_s) {
    return {.planned_s = {}, .left = left, .done = done, .done_s = done_s};
}

TEST(TimeLeft, is_unknown_until_a_storm_without_a_plan_ended) {
    EXPECT_EQ(seconds_left(Rows{clean(2, 5), fault(3, 0, 0)}, 1), std::nullopt);
    EXPECT_EQ(seconds_left(Rows{clean(2, 5)}, 1), 10);
}

TEST(TimeLeft, takes_each_row_to_go_on_as_it_began) {
    EXPECT_EQ(seconds_left(Rows{fault(4, 2, 1), fault(1, 1, 8)}, 1), 4 * 0.5 + 8);
}

TEST(TimeLeft, takes_a_row_that_has_not_begun_for_an_average_one) {
    EXPECT_EQ(seconds_left(Rows{fault(2, 1, 1), fault(2, 1, 3), fault(3, 0, 0)}, 1), 2 * 1 + 2 * 3 + 3 * 2);
}

TEST(TimeLeft, believes_what_was_seen_before_what_was_planned) {
    EXPECT_EQ(seconds_left(Rows{{.planned_s = 5, .left = 2, .done = 1, .done_s = 6}}, 1), 12);
}

TEST(TimeLeft, leaves_the_clean_image_out_of_the_average_of_faults) {
    EXPECT_EQ(
        seconds_left(
            Rows{{.planned_s = 5, .left = 0, .done = 3, .done_s = 15}, fault(1, 1, 1), fault(1, 0, 0)}, 1),
        2);
}

TEST(TimeLeft, is_shared_by_the_jobs_and_nothing_in_the_end) {
    EXPECT_EQ(seconds_left(Rows{fault(4, 1, 2)}, 4), 2);
    EXPECT_EQ(seconds_left(Rows{fault(0, 4, 2), fault(0, 0, 0)}, 1), 0);
}

}  // namespace
}  // namespace nmistorm::campaign
