// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <span>

namespace nmistorm::drive {

/// How far the storms of one row of a matrix are.
struct RowProgress {
    std::optional<double> planned_s;  ///< how long each takes; none: as long as it takes to find the fault
    unsigned left = 0;                ///< not ended yet
    unsigned done = 0;
    double done_s = 0;  ///< what those took together, from start to end
};

/// How long all that is left takes, @p jobs at a time: each as long as its row's took so far; where there
/// is none, as long as was planned; failing that, as those of the rows without a plan took on average.
/// Nothing while there is no telling.
std::optional<double> seconds_left(std::span<const RowProgress> rows, unsigned jobs);

}  // namespace nmistorm::drive
