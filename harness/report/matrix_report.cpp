// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/matrix_report.h"

#include "report/exit_code.h"

namespace nmistorm::report {

std::map<oracle::RowVerdict, std::size_t> count_verdicts(const MatrixReport& report) {
    std::map<oracle::RowVerdict, std::size_t> counts;
    for (const oracle::MatrixRow& row : report.rows) {
        ++counts[verdict(row)];
    }
    return counts;
}

std::size_t count_storms(const MatrixReport& report) {
    std::size_t storms = 0;
    for (const oracle::MatrixRow& row : report.rows) {
        storms += row.trials.size();
    }
    return storms;
}

int exit_code(const MatrixReport& report) {
    return exit_code(oracle::outcome(report.rows), report.interrupted);
}

}  // namespace nmistorm::report
