// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "campaign/matrix_rows.h"
#include "plan/matrix_plan.h"
#include "report/document.h"

namespace nmistorm::campaign {

/// Everything that is known of one matrix.
struct MatrixReport {
    report::Provenance provenance;  ///< filled by the command
    plan::MatrixPlan plan;
    std::vector<MatrixRow> rows;
    unsigned jobs = 1;  ///< storms at a time
    double duration_s = 0;
    bool interrupted = false;  ///< SIGINT, SIGTERM or SIGHUP ended it: storms are missing
};

/// How many rows have each verdict. The clean image has one row for each cycle, each fault has one row.
std::map<RowVerdict, std::size_t> count_verdicts(const MatrixReport& report);

/// How many storms took place.
std::size_t count_storms(const MatrixReport& report);

/// A line of headings and one for each of @p rows: build if builds were asked for, image, storm, verdict with
/// the number of its storms that went as they must, the rules that were broken first, and the time and NMIs
/// that it took.
report::Table table_of(const std::vector<MatrixRow>& rows);

/// A table of all rows, the storms that did not go as they must with the commands that repeat them, and what
/// this lane cannot show.
report::Document document(const MatrixReport& report);

/// Its figures, as include/nmistorm/schema/nmistorm.matrix.2.schema.json describes them.
report::Json to_json(const MatrixReport& report);

}  // namespace nmistorm::campaign
