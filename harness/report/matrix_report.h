// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "oracle/matrix.h"
#include "plan/matrix_plan.h"

namespace nmistorm::report {

/// A matrix, as every report format renders it.
struct MatrixReport {
    std::string reproduce;    ///< command line that repeats it
    std::string kvm_backend;  ///< as in RunReport
    std::string kernel;       ///< uname -r
    plan::MatrixPlan plan;
    std::vector<oracle::MatrixRow> rows;
    unsigned jobs = 1;  ///< storms at a time
    double duration_s = 0;
    bool interrupted = false;  ///< SIGINT, SIGTERM or SIGHUP ended it
};

/// How many rows have each verdict. The clean image has one row for each cycle, each fault has one row.
std::map<oracle::RowVerdict, std::size_t> count_verdicts(const MatrixReport& report);

/// How many storms took place.
std::size_t count_storms(const MatrixReport& report);

/// The same as for a run, see exit_code.h.
int exit_code(const MatrixReport& report);

}  // namespace nmistorm::report
