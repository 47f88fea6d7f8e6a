// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <span>

namespace nmistorm::campaign {

/// The progress of the storms of one row of a matrix.
struct RowProgress {
    std::optional<double> planned_s;  ///< time of each; none: it runs until it finds the fault
    unsigned left = 0;                ///< not ended yet
    unsigned done = 0;
    double done_s = 0;  ///< sum of their times, each from start to end
};

/// The time that the rest takes with @p jobs at a time. A storm counts with the average time of its row so
/// far; without one, with its planned time; without that, with the average of the rows that have no planned
/// time. None while there is nothing to estimate from.
std::optional<double> seconds_left(std::span<const RowProgress> rows, unsigned jobs);

}  // namespace nmistorm::campaign
