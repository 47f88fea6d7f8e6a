// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/chart.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>

namespace nmistorm::report {

Chart distribution(std::string title, std::string unit, double scale,
                   const std::vector<NamedHistogram>& histograms) {
    Chart chart{.kind = Chart::Kind::bars,
                .title = std::move(title),
                .x_title = std::move(unit),
                .y_title = "how many",
                .x = {},
                .lines = {}};
    // Bars of two histograms begin at the same values, but between two histograms there may be none.
    std::map<std::uint64_t, std::vector<std::uint64_t>> counts;
    for (std::size_t which = 0; which < histograms.size(); ++which) {
        for (const oracle::Histogram::Bar& bar : histograms[which].values.bars()) {
            std::vector<std::uint64_t>& by_histogram = counts[bar.from];
            by_histogram.resize(histograms.size());
            by_histogram[which] = bar.count;
        }
    }
    if (counts.empty()) {
        return chart;
    }
    for (const NamedHistogram& each : histograms) {
        chart.lines.push_back({each.name, {}});
    }
    for (const auto& [from, by_histogram] : counts) {
        chart.x.push_back(static_cast<double>(from) * scale);
        for (std::size_t which = 0; which < histograms.size(); ++which) {
            chart.lines[which].y.emplace_back(static_cast<double>(by_histogram[which]));
        }
    }
    for (Chart::Line& line : chart.lines) {
        line.y.pop_back();  // where the last bar ends
    }
    return chart;
}

}  // namespace nmistorm::report
