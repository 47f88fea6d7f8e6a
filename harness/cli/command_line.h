// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <variant>

#include "plan/bench_plan.h"
#include "plan/explore_plan.h"
#include "plan/matrix_plan.h"
#include "plan/run_plan.h"

namespace nmistorm::cli {

enum class ShowProgress { automatic, always, never };

/// Where a command's reports go. The same for all commands.
struct Output {
    std::optional<std::string> json;       ///< file, "-" for stdout
    std::optional<std::string> html = {};  ///< file
    ShowProgress progress = ShowProgress::automatic;
    bool quiet = false;
};

/// `nmistorm storm ...`
struct StormCommand {
    plan::RunPlan plan;
    Output output;
    bool dry_run = false;              ///< only check whether this host can run the plan
    std::optional<std::string> facts;  ///< file to which all that is judged is written
    std::string reproduce;             ///< `nmistorm storm` and the flags that repeat this plan, shell-quoted
};

/// `nmistorm matrix ...`
struct MatrixCommand {
    plan::MatrixPlan plan;
    Output output;
    std::string reproduce;  ///< `nmistorm matrix` and the flags that repeat this plan
};

/// `nmistorm explore ...`
struct ExploreCommand {
    plan::ExplorePlan plan;
    std::optional<std::string> resume;  ///< file with the state of a stopped exploration
    std::optional<std::chrono::nanoseconds>
        checkpoint;                       ///< how often that file is written; none: the default
    std::optional<std::string> schedule;  ///< file to which a schedule that breaks a rule is written
    std::optional<std::string> facts;     ///< file to which all that is judged in it is written
    Output output;
    std::string reproduce;  ///< `nmistorm explore` and the flags that repeat this plan
};

/// `nmistorm replay FILE ...`
struct ReplayCommand {
    std::string file;
    std::optional<std::string> guest_file;
    unsigned times = 1;
    std::optional<std::string> facts;  ///< file to which all that is judged is written
    Output output;                     ///< only `quiet` is used
};

/// `nmistorm judge FILE ...`
struct JudgeCommand {
    std::string file;
    Output output;
};

/// `nmistorm doctor`
struct DoctorCommand {
    Output output;
};

/// `nmistorm bench ...`
struct BenchCommand {
    plan::BenchPlan plan;
    Output output;
    std::string reproduce;  ///< `nmistorm bench` and the flags that repeat this plan
};

/// --help: print @p text to stdout, exit 0.
struct Answer {
    std::string text;
};

/// --version
struct Version {};

using Command = std::variant<StormCommand, MatrixCommand, ExploreCommand, ReplayCommand, JudgeCommand,
                             DoctorCommand, BenchCommand, Answer, Version>;

/// The only use of CLI11. Throws UsageError with one sentence that says what is wrong and what to do.
Command parse(int argc, const char* const* argv);

}  // namespace nmistorm::cli
