// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <vector>

namespace nmistorm::campaign {

/// The value below which a share @p q (0 to 1) of @p values lies, interpolated linearly between the two
/// nearest values. So quantile(v, 0.5) is the median: the mean of the middle two if their number is even.
/// There must be at least one value.
double quantile(std::vector<double> values, double q);

/// How one figure varies over several runs.
struct Spread {
    double median = 0;
    double p95 = 0;
    bool operator==(const Spread&) const = default;
};

/// None if there are no values.
std::optional<Spread> spread(const std::vector<double>& values);

}  // namespace nmistorm::campaign
