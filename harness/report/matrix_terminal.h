// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "report/matrix_report.h"

namespace nmistorm::report {

/// How far a matrix is.
struct MatrixFigures {
    double elapsed_s = 0;
    std::size_t done = 0;          ///< storms
    std::size_t all = 0;           ///< storms
    std::size_t wrong = 0;         ///< storms that did not go as they must
    std::optional<double> left_s;  ///< an estimate, once there is one
};

/// One line of ASCII, at most @p width characters, without an end of line.
std::string matrix_line(const MatrixFigures& figures, std::size_t width);

/// The closing table: the verdict, a row for each image and cycle, the storms that did not go as they must
/// with the commands that repeat them, and what this lane cannot show. Ends in a newline. @p colour: with
/// ANSI escapes.
std::string summary(const MatrixReport& report, bool colour);

}  // namespace nmistorm::report
