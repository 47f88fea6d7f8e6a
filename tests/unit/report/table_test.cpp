// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/table.h"

#include <gtest/gtest.h>

namespace nmistorm::report {
namespace {

TEST(Table, columns_are_as_wide_as_what_is_in_them) {
    EXPECT_EQ(text_of({.columns = {{"name"}, {"n", Align::right}, {"note"}},
                       .rows = {{"a", "1,000", "x"}, {"longer", "5", "yy"}}}),
              "name        n  note\n"
              "a       1,000  x\n"
              "longer      5  yy\n");
}

TEST(Table, lines_end_where_their_text_does) {
    EXPECT_EQ(text_of({.columns = {{"a"}, {"b"}}, .rows = {{"1", ""}, {"", ""}, {"", "2"}}}),
              "a  b\n1\n\n   2\n");
}

TEST(Table, without_rows_has_headings_still) {
    EXPECT_EQ(text_of({.columns = {{"a"}, {"b", Align::right}}, .rows = {}}), "a  b\n");
}

TEST(Table, columns_may_have_a_width_which_longer_cells_break) {
    EXPECT_EQ(text_of({.columns = {{"a", Align::left, 3}, {"b", Align::right, 3}, {"c"}},
                       .rows = {{"1", "2", "3"}, {"12345", "6", "7"}},
                       .gap = 1}),
              "a     b c\n"
              "1     2 3\n"
              "12345   6 7\n");
}

TEST(Table, may_have_a_title_no_headings_and_a_line_on_the_rest) {
    EXPECT_EQ(
        text_of({.title = "Where", .columns = {{""}}, .rows = {{"x"}}, .rest = "and 2 more", .indent = 2}),
        "Where\n"
        "  x\n"
        "  and 2 more\n");
}

}  // namespace
}  // namespace nmistorm::report
