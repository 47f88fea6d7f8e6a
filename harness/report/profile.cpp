// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/profile.h"

#include <algorithm>

namespace nmistorm::report {

std::vector<ProfileLine> by_symbol(const std::map<std::uint32_t, std::uint64_t>& hits,
                                   const std::function<std::string(GuestVirt)>& symbol) {
    std::map<std::string, std::uint64_t> functions;
    for (const auto& [ip, count] : hits) {
        const std::string name = symbol(GuestVirt{ip});
        functions[name.empty() ? "[unknown]" : name] += count;
    }
    std::vector<ProfileLine> lines;
    for (const auto& [name, count] : functions) {
        lines.push_back({name, count});
    }
    // Stable, since the map is sorted by name.
    std::ranges::stable_sort(lines, std::ranges::greater(), &ProfileLine::count);
    return lines;
}

double share(const ProfileLine& line, const std::vector<ProfileLine>& lines) {
    std::uint64_t all = 0;
    for (const ProfileLine& each : lines) {
        all += each.count;
    }
    return all == 0 ? 0 : 100.0 * static_cast<double>(line.count) / static_cast<double>(all);
}

}  // namespace nmistorm::report
