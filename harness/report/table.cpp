// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/table.h"

#include <algorithm>
#include <cstddef>

#include <fmt/format.h>

namespace nmistorm::report {

std::string table(const std::vector<Column>& columns, const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::string> headings;
    std::vector<std::size_t> widths;
    for (std::size_t n = 0; n < columns.size(); ++n) {
        headings.push_back(columns[n].heading);
        widths.push_back(headings[n].size());
        for (const auto& row : rows) {
            widths[n] = std::max(widths[n], row[n].size());
        }
    }
    std::string text;
    const auto add = [&](const std::vector<std::string>& cells) {
        std::string line;
        for (std::size_t n = 0; n < cells.size(); ++n) {
            const bool left = columns[n].align == Align::left;
            line += left ? fmt::format("{:<{}}  ", cells[n], widths[n])
                         : fmt::format("{:>{}}  ", cells[n], widths[n]);
        }
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + "\n";
    };
    add(headings);
    std::ranges::for_each(rows, add);
    return text;
}

}  // namespace nmistorm::report
