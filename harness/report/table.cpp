// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/table.h"

#include <algorithm>

#include <fmt/format.h>

namespace nmistorm::report {
namespace {

std::vector<std::size_t> widths_of(const Table& table) {
    std::vector<std::size_t> widths;
    for (const Column& column : table.columns) {
        std::size_t width = column.heading.size();
        for (const auto& row : table.rows) {
            width = std::max(width, row[widths.size()].size());
        }
        widths.push_back(column.width != 0 ? column.width : width);
    }
    return widths;
}

}  // namespace

std::string text_of(const Table& table) {
    const std::vector<std::size_t> widths = widths_of(table);
    std::string text = table.title.empty() ? "" : table.title + "\n";
    const auto add = [&](const std::vector<std::string>& cells) {
        std::string line(table.indent, ' ');
        for (std::size_t n = 0; n < cells.size(); ++n) {
            const bool left = table.columns[n].align == Align::left;
            line += left ? fmt::format("{:<{}}", cells[n], widths[n])
                         : fmt::format("{:>{}}", cells[n], widths[n]);
            line.append(table.gap, ' ');
        }
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + "\n";
    };
    std::vector<std::string> headings;
    std::ranges::transform(table.columns, std::back_inserter(headings), &Column::heading);
    if (std::ranges::any_of(headings, [](const std::string& heading) { return !heading.empty(); })) {
        add(headings);
    }
    std::ranges::for_each(table.rows, add);
    return table.rest.empty() ? text : text + std::string(table.indent, ' ') + table.rest + "\n";
}

}  // namespace nmistorm::report
