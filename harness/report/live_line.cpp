// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "report/figures.h"
#include "report/terminal.h"

namespace nmistorm::report {

std::string live_line(const LiveFigures& figures, std::size_t width) {
    struct Field {
        std::string text;
        int rank;  ///< the field with the highest rank is left out first
    };
    const auto rate = static_cast<std::uint64_t>(std::max(figures.nmis_per_s, 0.0));
    std::vector<Field> fields = {{elapsed(figures.elapsed_s), 0},
                                 {grouped(rate) + " NMIs/s", 4},
                                 {grouped(figures.handled) + " handled", 2},
                                 {counted(figures.swaps, "swap"), 5},
                                 {counted(figures.grace_periods, "grace period"), 6},
                                 {counted(figures.overlaps, "overlap"), 3},
                                 {counted(figures.findings, "finding"), 1}};
    for (;;) {
        std::string line;
        for (const Field& field : fields) {
            line += (line.empty() ? "" : "  ") + field.text;
        }
        if (line.size() <= width || fields.size() == 1) {
            return line.substr(0, width);
        }
        fields.erase(std::max_element(fields.begin(), fields.end(),
                                      [](const Field& a, const Field& b) { return a.rank < b.rank; }));
    }
}

}  // namespace nmistorm::report
