// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "program.h"

namespace nmistorm::test {

using Json = nlohmann::json;

/// The report in @p text, which must obey the schema that ships with the project, and whose figures must
/// agree with each other.
Json valid_report(const std::string& text);

/// Likewise the report of a matrix.
Json valid_matrix(const std::string& text);
Json valid_exploration(const std::string& text);

/// Likewise the provenance.json in a folder of --out.
Json valid_provenance(const std::string& text);

/// Likewise what an exploration leaves in the files of --resume and --schedule.
Json valid_progress(const std::string& text);
Json valid_schedule(const std::string& text);

/// A report has a finding of this rule.
bool names_rule(const Json& report, const std::string& rule);

/// The program ended as the verdict of @p report says.
void expect_verdicts_code(const Ended& ended, const Json& report);

/// Enough NMIs in lockstep to show overlaps; about one NMI in two hundred is one.
inline const std::string enough_nmis = "4000";

}  // namespace nmistorm::test
