// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "bench/bench.h"

namespace nmistorm::bench {

Spread spread_of(std::vector<double> rounds) {
    if (rounds.empty()) {
        return {};
    }
    std::ranges::sort(rounds);
    const std::size_t half = rounds.size() / 2;
    return {.median = rounds.size() % 2 != 0 ? rounds[half] : (rounds[half - 1] + rounds[half]) / 2,
            .least = rounds.front(),
            .most = rounds.back()};
}

Compared compare(const std::vector<double>& harness, const std::vector<double>& floor) {
    std::vector<double> ratios;
    for (std::size_t round = 0; round < std::min(harness.size(), floor.size()); ++round) {
        if (floor[round] > 0) {
            ratios.push_back(harness[round] / floor[round]);
        }
    }
    return {.harness = spread_of(harness), .floor = spread_of(floor), .ratio = spread_of(ratios)};
}

}  // namespace nmistorm::bench
