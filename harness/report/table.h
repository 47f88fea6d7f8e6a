// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "oracle/finding.h"

namespace nmistorm::report {

enum class Align { left, right };

struct Column {
    std::string heading;
    Align align = Align::left;
    std::size_t width = 0;  ///< 0: that of its widest cell
};

struct Table {
    std::string title = {};  ///< a line above it; may be empty
    std::vector<Column> columns;
    std::vector<std::vector<std::string>> rows = {};  ///< a cell for each column
    std::string rest = {};                            ///< a line below it on what was left out; may be empty
    /// What a row says of what was tested, in the column @p outcome_column, for renderers with colours; fewer
    /// than rows: the others say nothing of that.
    std::vector<std::optional<oracle::Outcome>> outcomes = {};
    std::size_t outcome_column = 0;
    std::size_t indent = 0;
    std::size_t gap = 2;  ///< spaces between columns
};

/// A line of headings, if there are any, and one for each row.
std::string text_of(const Table& table);

}  // namespace nmistorm::report
