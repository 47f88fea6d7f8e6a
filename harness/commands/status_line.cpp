// SPDX-License-Identifier: GPL-2.0-or-later
#include "commands/status_line.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "plan/names.h"
#include "report/figures.h"

namespace nmistorm::commands {

using report::counted;
using report::elapsed;
using report::grouped;

namespace {

/// "2:05 left", "at most 2:05 left"
std::string left_text(const engines::TimeLeft& left) {
    return fmt::format("{}{} left", left.at_most ? "at most " : "", elapsed(left.seconds));
}

}  // namespace

std::string status_line(const engines::StormStatus& status, double nmis_per_s, std::size_t width) {
    struct Field {
        std::string text;
        int rank;  ///< the field with the highest rank is left out first
    };
    const auto rate = static_cast<std::uint64_t>(std::max(nmis_per_s, 0.0));
    std::vector<Field> fields = {{elapsed(status.elapsed_s), 0}};
    if (status.left) {
        fields.push_back({left_text(*status.left), 2});
    }
    fields.insert(fields.end(), {{grouped(rate) + " NMIs/s", 5},
                                 {grouped(status.handled) + " handled", 3},
                                 {counted(status.swaps, "swap"), 6},
                                 {counted(status.grace_periods, "grace period"), 7},
                                 {counted(status.overlaps, "overlap"), 4},
                                 {counted(status.findings, "finding"), 1}});
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

std::string status_line(const engines::explore::ExploreStatus& status, std::size_t width) {
    const std::string line =
        fmt::format("{}  {}, {}, {} schedules, {} states, {} steps", elapsed(status.elapsed_s),
                    name(status.condition), counted(status.preemptions, "preemption"),
                    grouped(status.schedules), grouped(status.states), grouped(status.steps));
    return line.substr(0, width);
}

std::string status_line(const campaign::MatrixStatus& status, std::size_t width) {
    std::string line = fmt::format("{} of {} runs", status.done, status.all);
    if (status.wrong != 0) {
        line += fmt::format("  {} not as they must be", status.wrong);
    }
    line += "  " + elapsed(status.elapsed_s);
    if (status.left_s) {
        line += "  " + elapsed(*status.left_s) + " left";
    }
    return line.substr(0, width);
}

std::string status_line(const bench::BenchStatus& status, std::size_t width) {
    return fmt::format("{} of {} rounds  {}", status.done, status.all, status.now).substr(0, width);
}

}  // namespace nmistorm::commands
