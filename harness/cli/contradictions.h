// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "cli/command_line.h"

namespace nmistorm::cli {

/// Throws UsageError if two flags, each valid alone, contradict each other.
void refuse_contradictions(const StormCommand& command);
void refuse_contradictions(const MatrixCommand& command);
void refuse_contradictions(const ExploreCommand& command);
void refuse_contradictions(const BenchCommand& command);
void refuse_contradictions(const JudgeCommand& command);
void refuse_contradictions(const DoctorCommand& command);
void refuse_contradictions(const ConformCommand& command);
void refuse_contradictions(const ReportCommand& command);
void refuse_contradictions(const ReplayCommand& command);

}  // namespace nmistorm::cli
