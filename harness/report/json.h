// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "report/run_report.h"

namespace nmistorm::report {

/// The run as include/nmistorm/schema/nmistorm.run.2.schema.json describes it.
nlohmann::ordered_json to_json(const RunReport& report);

/// The same as text, indented, with a newline at its end. Never fails: bytes that are not UTF-8, which a
/// file's name may contain, become U+FFFD.
std::string json_text(const RunReport& report);

}  // namespace nmistorm::report
