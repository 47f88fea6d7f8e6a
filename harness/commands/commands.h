// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "cli/command_line.h"

/// The commands, one file each. A command connects plan, driver and reports.
namespace nmistorm::commands {

/// Each returns the exit code of the design's section 7, or throws UsageError, HostCannot or Error.
int run(const cli::StormCommand& command);
int run(const cli::MatrixCommand& command);
int run(const cli::ExploreCommand& command);
int run(const cli::ReplayCommand& command);
int run(const cli::JudgeCommand& command);
int run(const cli::DoctorCommand& command);
int run(const cli::ConformCommand& command);
int run(const cli::BenchCommand& command);
int run(const cli::ReportCommand& command);
int run(const cli::Answer& answer);
int run(const cli::Version& version);

}  // namespace nmistorm::commands
