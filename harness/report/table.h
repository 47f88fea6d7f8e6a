// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

namespace nmistorm::report {

enum class Align { left, right };

struct Column {
    std::string heading;
    Align align = Align::left;
};

/// A line of headings and one for each of @p rows. Columns are two spaces apart and as wide as their widest
/// cell. Every row has a cell for each column.
std::string table(const std::vector<Column>& columns, const std::vector<std::vector<std::string>>& rows);

}  // namespace nmistorm::report
