// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "plan/run_plan.h"

namespace nmistorm::cli {

enum class Progress { automatic, always, never };

/// `nmistorm storm ...`
struct StormCommand {
    plan::RunPlan plan;
    std::optional<std::string> json;  ///< file, "-" for stdout
    Progress progress = Progress::automatic;
    bool quiet = false;
    bool dry_run = false;   ///< only say whether this host can do it
    std::string reproduce;  ///< `nmistorm storm` and the flags that repeat this plan, shell-quoted
};

/// --help, --version: print @p text to stdout, exit 0.
struct Answer {
    std::string text;
};

using Command = std::variant<StormCommand, Answer>;

/// The only use of CLI11. Throws UsageError with one sentence that says what is wrong and what to do.
Command parse(int argc, const char* const* argv);

}  // namespace nmistorm::cli
