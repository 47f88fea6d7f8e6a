// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/table.h"

#include <gtest/gtest.h>

namespace nmistorm::report {
namespace {

TEST(Table, columns_are_as_wide_as_what_is_in_them) {
    EXPECT_EQ(table({{"name"}, {"n", Align::right}, {"note"}}, {{"a", "1,000", "x"}, {"longer", "5", "yy"}}),
              "name        n  note\n"
              "a       1,000  x\n"
              "longer      5  yy\n");
}

TEST(Table, lines_end_where_their_text_does) {
    EXPECT_EQ(table({{"a"}, {"b"}}, {{"1", ""}, {"", ""}, {"", "2"}}), "a  b\n1\n\n   2\n");
}

TEST(Table, without_rows_has_headings_still) {
    EXPECT_EQ(table({{"a"}, {"b", Align::right}}, {}), "a  b\n");
}

}  // namespace
}  // namespace nmistorm::report
