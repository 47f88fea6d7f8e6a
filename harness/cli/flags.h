// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/command_line.h"

namespace nmistorm::cli {

/// One flag of a command, which is also a key of its --config file. plan::Row says what each member is.
template <typename Command>
struct Flag {
    std::string name;
    std::string label;
    std::string help;
    std::string accepts;
    std::function<bool(Command& command, const std::string& word)> apply;  ///< false: it is not accepted
};

/// The flags of the command's plan (plan/fields.h), then those that say what else to do, in the order of
/// --help.
std::vector<Flag<StormCommand>> storm_flags();
std::vector<Flag<MatrixCommand>> matrix_flags();
std::vector<Flag<ExploreCommand>> explore_flags();
std::vector<Flag<ReplayCommand>> replay_flags();
std::vector<Flag<JudgeCommand>> judge_flags();
std::vector<Flag<DoctorCommand>> doctor_flags();
std::vector<Flag<ConformCommand>> conform_flags();
std::vector<Flag<ReportCommand>> report_flags();
std::vector<Flag<BenchCommand>> bench_flags();

}  // namespace nmistorm::cli
