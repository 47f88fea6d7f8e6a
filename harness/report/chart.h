// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "oracle/histogram.h"

namespace nmistorm::report {

/// Figures over a common x, for renderers that draw.
struct Chart {
    enum class Kind {
        lines,  ///< a value for each x
        bars,   ///< a value from each x to the next one
    };
    struct Line {
        std::string name;
        std::vector<std::optional<double>> y;  ///< one for each x, none for the last of bars; nothing: a gap
    };
    Kind kind = Kind::lines;
    std::string title;
    std::string x_title;  ///< with the unit
    std::string y_title;
    std::vector<double> x;  ///< ascending
    std::vector<Line> lines;
    bool log_y = false;  ///< its values are of several orders of magnitude
};

struct NamedHistogram {
    std::string name;
    const oracle::Histogram& values;
};

/// The bars of @p histograms, side by side. @p scale turns their values into @p unit. It has no line if all
/// of them are empty.
Chart distribution(std::string title, std::string unit, double scale,
                   const std::vector<NamedHistogram>& histograms);

}  // namespace nmistorm::report
