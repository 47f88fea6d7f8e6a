// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "plan/bench_plan.h"
#include "plan/explore_plan.h"
#include "plan/matrix_plan.h"
#include "plan/run_plan.h"

namespace nmistorm::cli {

enum class ShowProgress { automatic, always, never };

/// Where a command's reports go. The same for all commands.
struct Output {
#define NMISTORM_OUTPUT(name, file, what) std::optional<std::string> name = {};  ///< file, "-" for stdout
#include "cli/output.def"
    std::optional<std::string> out = {};  ///< a new folder for all of these, and for more
    ShowProgress progress = ShowProgress::automatic;
    bool quiet = false;
};

/// `nmistorm storm ...`
struct StormCommand {
    plan::RunPlan plan;
    Output output;
    plan::Shard shard;                 ///< of several such storms; the plan is that of this one
    bool dry_run = false;              ///< only check whether this host can run the plan
    std::optional<std::string> facts;  ///< file to which all that is judged is written
    std::optional<std::string> trace;  ///< file to which it is written for Perfetto
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
    std::optional<std::string> trace;     ///< file to which that is written for Perfetto
    Output output;
    std::string reproduce;  ///< `nmistorm explore` and the flags that repeat this plan
};

/// `nmistorm replay FILE ...`
struct ReplayCommand {
    std::string file;
    std::optional<std::string> guest_file;
    unsigned times = 1;
    std::optional<std::string> facts;  ///< file to which all that is judged is written
    std::optional<std::string> trace;  ///< file to which it is written for Perfetto
    Output output;                     ///< only `quiet` is used
};

/// `nmistorm judge FILE ...`
struct JudgeCommand {
    std::string file;
    std::optional<std::string> trace;  ///< file to which what is judged is written for Perfetto
    Output output;
};

/// `nmistorm doctor`
struct DoctorCommand {
    Output output;
};

/// `nmistorm conform ...`
struct ConformCommand {
    std::string filter = "*";           ///< which cases run: a pattern of their names, or the name of one
    bool list = false;                  ///< only print their names
    bool all = false;                   ///< the summary has a line for each
    unsigned walks = 0;                 ///< how many random walks run besides, of each kind of guest
    std::uint32_t seed = 1;             ///< the number of the first
    std::optional<std::string> emit_c;  ///< only print a C program that shows the case of this name
    Output output;
    std::string reproduce;  ///< `nmistorm conform` and the flags that run the same cases
};

/// `nmistorm bench ...`
struct BenchCommand {
    plan::BenchPlan plan;
    Output output;
    std::string reproduce;  ///< `nmistorm bench` and the flags that repeat this plan
};

/// `nmistorm report FILES...`
struct ReportCommand {
    std::vector<std::string> files;  ///< at least one
    Output output;
};

/// --help and --print-flags: print @p text to stdout, exit 0.
struct Answer {
    std::string text;
};

/// --version
struct Version {};

using Command = std::variant<StormCommand, MatrixCommand, ExploreCommand, ReplayCommand, JudgeCommand,
                             DoctorCommand, ConformCommand, BenchCommand, ReportCommand, Answer, Version>;

/// The only use of CLI11. Throws UsageError with one sentence that says what is wrong and what to do.
Command parse(int argc, const char* const* argv);

}  // namespace nmistorm::cli
