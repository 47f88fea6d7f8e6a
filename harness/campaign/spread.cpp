// SPDX-License-Identifier: GPL-2.0-or-later
#include "campaign/spread.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace nmistorm::campaign {

double quantile(std::vector<double> values, double q) {
    std::ranges::sort(values);
    const double place = q * static_cast<double>(values.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const std::size_t above = std::min(below + 1, values.size() - 1);
    return std::lerp(values[below], values[above], place - static_cast<double>(below));
}

std::optional<Spread> spread(const std::vector<double>& values) {
    if (values.empty()) {
        return std::nullopt;
    }
    return Spread{quantile(values, 0.5), quantile(values, 0.95)};
}

}  // namespace nmistorm::campaign
