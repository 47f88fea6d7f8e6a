// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "report/matrix_report.h"

namespace nmistorm::report {

/// The matrix as include/nmistorm/schema/nmistorm.matrix.2.schema.json describes it.
nlohmann::ordered_json to_json(const MatrixReport& report);

/// The same as text, indented, with a newline at its end.
std::string json_text(const MatrixReport& report);

}  // namespace nmistorm::report
