// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/profile.h"

#include <gtest/gtest.h>

namespace nmistorm::report {
namespace {

using Lines = std::vector<ProfileLine>;

std::string function_of(GuestVirt ip) {
    return ip.value < 0x10 ? "" : ip.value < 0x20 ? "cold()" : "hot()";
}

TEST(ProfileBySymbol, adds_up_instructions_and_puts_the_hottest_function_first) {
    const Lines lines = by_symbol({{0x00, 1}, {0x08, 1}, {0x10, 3}, {0x20, 4}, {0x2f, 5}}, function_of);
    EXPECT_EQ(lines, (Lines{{"hot()", 9}, {"cold()", 3}, {"[unknown]", 2}}));
}

TEST(ProfileBySymbol, puts_equal_functions_in_the_order_of_their_names) {
    EXPECT_EQ(by_symbol({{0x10, 1}, {0x20, 1}}, function_of), (Lines{{"cold()", 1}, {"hot()", 1}}));
}

TEST(ProfileBySymbol, gives_shares_in_percent) {
    const Lines lines{{"a", 3}, {"b", 1}};
    EXPECT_DOUBLE_EQ(share(lines[0], lines), 75);
    EXPECT_DOUBLE_EQ(share(lines[1], lines), 25);
    EXPECT_DOUBLE_EQ(share({"c", 0}, {}), 0);
}

}  // namespace
}  // namespace nmistorm::report
