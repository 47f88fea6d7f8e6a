// SPDX-License-Identifier: GPL-2.0-or-later
#include "engines/relief.h"

#include <gtest/gtest.h>

namespace nmistorm::engines {
namespace {

using namespace std::chrono_literals;

TEST(Relief, comes_where_the_updater_has_run_for_long_without_a_swap_and_ends_with_the_next) {
    Relief relief;
    EXPECT_FALSE(relief.look(5, 10s));
    EXPECT_FALSE(relief.look(5, 10s + Relief::after - 1ns));
    EXPECT_TRUE(relief.look(5, 10s + Relief::after));
    EXPECT_TRUE(relief.look(5, 11s));
    EXPECT_FALSE(relief.look(6, 12s));
    EXPECT_FALSE(relief.look(6, 12s + Relief::after - 1ns));
    EXPECT_TRUE(relief.look(6, 12s + Relief::after));
}

TEST(Relief, does_not_come_while_swaps_go_on_or_the_updater_does_not_run) {
    Relief relief;
    for (unsigned i = 0; i < 100; ++i) {
        EXPECT_FALSE(relief.look(i, i * 1s));
    }
    for (unsigned i = 0; i < 100; ++i) {
        EXPECT_FALSE(relief.look(99, 99s));
    }
}

}  // namespace
}  // namespace nmistorm::engines
