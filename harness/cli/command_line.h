// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "plan/matrix_plan.h"
#include "plan/run_plan.h"

namespace nmistorm::cli {

enum class Progress { automatic, always, never };

/// Where a command's reports go, the same for all.
struct Output {
    std::optional<std::string> json;  ///< file, "-" for stdout
    Progress progress = Progress::automatic;
    bool quiet = false;
};

/// `nmistorm storm ...`
struct StormCommand {
    plan::RunPlan plan;
    Output output;
    std::string reproduce;  ///< `nmistorm storm` and the flags that repeat this plan, shell-quoted
};

/// `nmistorm matrix ...`
struct MatrixCommand {
    plan::MatrixPlan plan;
    Output output;
    std::string reproduce;  ///< `nmistorm matrix` and the flags that repeat this plan
};

/// --help, --version: print @p text to stdout, exit 0.
struct Answer {
    std::string text;
};

using Command = std::variant<StormCommand, MatrixCommand, Answer>;

/// The only use of CLI11. Throws UsageError with one sentence that says what is wrong and what to do.
Command parse(int argc, const char* const* argv);

}  // namespace nmistorm::cli
