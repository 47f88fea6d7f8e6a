// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include "cli/command_line.h"
#include "cli/flag.h"

namespace nmistorm::cli {

/// In the order of --help.
const std::vector<Flag<ExploreCommand>>& explore_flags();
const std::vector<Flag<ReplayCommand>>& replay_flags();
const std::vector<Flag<JudgeCommand>>& judge_flags();

}  // namespace nmistorm::cli
