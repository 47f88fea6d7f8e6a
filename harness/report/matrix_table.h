// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "oracle/matrix.h"

namespace nmistorm::report {

/// A line of headings and one for each of @p rows: build if builds were asked for, image, storm, verdict with
/// the number of its storms that went as they must, the rules that were broken first, and the time and NMIs
/// that it took.
std::string matrix_table(const std::vector<oracle::MatrixRow>& rows);

}  // namespace nmistorm::report
