// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/command_line.h"

#include <map>
#include <random>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "base/error.h"
#include "base/shown.h"
#include "cli/contradictions.h"
#include "cli/flag_tables.h"
#include "cli/flags.h"
#include "cli/reproduce.h"
#include "cli/subcommand.h"
#include "plan/fields.h"

// CLI11 splits the command line into words and formats --help. This code decides what a word means and
// writes every error message: CLI11's messages name types and counts, these say what to write instead.

namespace nmistorm::cli {
namespace {

std::string fault_help() {
    std::string text = "Faults:";
    std::size_t column = 0;
    for (const char* fault : abi::fault_names) {
        const std::string word = std::string(" ") + fault;
        if (column == 0 || column + word.size() > 90) {
            text += "\n ";
            column = 0;
        }
        text += word;
        column += word.size();
    }
    return text + "\n\n";
}

std::string exit_codes() {
    std::string text = "Exit codes:";
#define NMISTORM_EXIT(enumerator, code, meaning) text += fmt::format("\n  {:<3}  {}", code, meaning);
#include "base/exit_code.def"
    return text;
}

const char* const storm_example =
    "Example: 4 vCPUs, 20,000 NMIs a second on each, for five minutes:\n"
    "  nmistorm storm --vcpus 4 --pace rate=20000 --duration 5m --json run.json";

const char* const matrix_example =
    "The clean image runs in every cycle, where its storms share the time that one may take, but have two\n"
    "seconds each at least.\n\n"
    "Example: twenty storms of each image:\n"
    "  nmistorm matrix --seeds 20 --json matrix.json";

const char* const explore_example =
    "Example: two NMIs, and every order with three preemptions, a quarter of them:\n"
    "  nmistorm explore --nmis 2 --preemptions 3 --shard 1/4 --budget 1h --resume part1.progress";

const char* const judge_example =
    "FILE is what 'nmistorm storm', 'explore' or 'replay' wrote with --facts FILE. It needs no KVM, and the "
    "verdict is that of the run.\n\n"
    "Example: the verdict on what another machine recorded, as JSON:\n"
    "  nmistorm judge run.jsonl --json -";

const char* const doctor_example =
    "A line for each check: PASS, FAIL or UNSUPPORTED. Exit code 0 if guests run here, else 77.\n\n"
    "Example: what this host can do, for a report of a bug:\n"
    "  nmistorm doctor --json doctor.json";

const char* const conform_example =
    "A case is called ARCH/CONTROLLERS/STATE/SOURCE/NMIS/BETWEEN. Exit code 0 if KVM did only what is "
    "permitted or what "
    "it is\nknown for.\n\n"
    "Example: only NMIs that come while one is handled, and a line for each case:\n"
    "  nmistorm conform --filter '*/in-handler/*' --all\n\n"
    "Example: a program for a bug report:\n"
    "  nmistorm conform --emit-c x86_64/kernel/plain/events/255/none";

const char* const bench_example =
    "NMIs are made as with --injector central. Each figure has its floor beside it: the least that does the\n"
    "same, in the same process and in turns with it.\n\n"
    "Example: what KVM_NMI takes on this host, pinned, in twenty rounds:\n"
    "  nmistorm bench --source kvm-nmi --rounds 20 --pin --json bench.json";

const char* const report_example =
    "Each of FILES is what 'nmistorm storm', 'explore', 'matrix' or 'judge' wrote with --json FILE. The "
    "verdict is the worst\nof them. Of a campaign with --shard all parts must be there.\n\n"
    "Example: a matrix that four machines shared:\n"
    "  nmistorm report part-1.json part-2.json part-3.json part-4.json --junit matrix.xml";

const char* const replay_example =
    "FILE is what 'nmistorm explore --schedule FILE' wrote.\n\n"
    "Example: whether it ends in the same way each time:\n"
    "  nmistorm replay found.schedule --times 100";

StormCommand command_of(const Subcommand<StormCommand>& storm) {
    StormCommand command;
    command.plan.seed = std::random_device()();
    const GivenFlags given = storm.apply(command);
    const plan::RunPlan usual = plan::usual(command.plan);
    if (!given.contains("duration")) {
        command.plan.duration = usual.duration;
    }
    if (!given.contains("handlers")) {
        command.plan.handlers = usual.handlers;
    }
    refuse_contradictions(command);
    command.plan = plan::part_of(command.plan, command.shard);
    command.reproduce = reproduce(command.plan);
    return command;
}

/// @p command with the flags that were given.
template <typename Command>
Command planned(const Subcommand<Command>& subcommand, Command command = {}) {
    subcommand.apply(command);
    refuse_contradictions(command);
    command.reproduce = reproduce(command.plan);
    return command;
}

/// `nmistorm conform` and what decides on its cases.
std::string words_to_repeat(const ConformCommand& command) {
    const ConformCommand usual;
    std::vector<std::string> words = {"nmistorm", "conform"};
    if (command.filter != usual.filter) {
        words.insert(words.end(), {"--filter", command.filter});
    }
    if (command.walks != usual.walks) {
        words.insert(words.end(), {"--walks", std::to_string(command.walks)});
        words.insert(words.end(), {"--seed", std::to_string(command.seed)});
    }
    return quoted(words);
}

MatrixCommand command_of(const Subcommand<MatrixCommand>& matrix) {
    MatrixCommand command;
    command.plan.seed = std::random_device()();
    return planned(matrix, command);
}

/// @p wanted says what the command needs where no file was given.
template <typename Command>
Command on_file(const Subcommand<Command>& subcommand, const std::string& file, const char* wanted) {
    Command command;
    subcommand.apply(command);
    if (file.empty()) {
        throw UsageError(wanted);
    }
    command.file = file;
    return command;
}

/// CLI11 2.5 and later fold lines, also where that parts a value from its flag. Terminals fold them.
void leave_lines_alone(auto& formatter) {
    constexpr std::size_t wide = 1000;
    if constexpr (requires { formatter.right_column_width(wide); }) {
        formatter.right_column_width(wide);
        formatter.enable_description_formatting(false);
        formatter.enable_footer_formatting(false);
    }
}

/// The one command that was given.
const CLI::App& the_command(const CLI::App& app) {
    const auto given = app.get_subcommands();
    if (given.empty()) {
        throw UsageError(
            "a command is needed: storm, explore, replay, matrix, judge, doctor, conform, bench or report "
            "(try 'nmistorm --help')");
    }
    if (given.size() > 1) {
        throw UsageError(fmt::format("two commands are given, {} and {}; give one", given[0]->get_name(),
                                     given[1]->get_name()));
    }
    if (given.front()->count() > 1) {
        throw UsageError(fmt::format("{} is given twice; give one command", given.front()->get_name()));
    }
    return *given.front();
}

}  // namespace

Command parse(int argc, const char* const* argv) {
    if (argc < 1) {
        throw UsageError("there is not even a program name; call nmistorm with its name first");
    }
    CLI::App app("nmistorm: storms of NMIs against an RCU-protected NMI handler, on KVM", "nmistorm");
    leave_lines_alone(*app.get_formatter());  // the commands take it over
    app.set_help_flag("-h,--help", "print this help");
    app.set_version_flag("--version", "", "print the version, and those of the formats");
    app.add_flag("--print-flags")->group("");  // for scripts/manual: no part of --help
    app.footer(std::string("Try 'nmistorm storm --help'; without a flag, storm runs for ten seconds.\n\n") +
               exit_codes());
    const Subcommand<StormCommand> storm(app, "storm", "random NMIs against swaps of their handler",
                                         storm_flags(), fault_help() + storm_example);
    const Subcommand<MatrixCommand> matrix(app, "matrix", "every fault must be found, the clean image never",
                                           matrix_flags(), fault_help() + matrix_example);
    const Subcommand<ExploreCommand> explore(app, "explore",
                                             "every order within a bound, one instruction at a time",
                                             explore_flags(), fault_help() + explore_example);
    const Subcommand<ReplayCommand> replay(app, "replay", "one schedule again", replay_flags(),
                                           replay_example);
    const Subcommand<JudgeCommand> judge(app, "judge", "the facts of a run, judged again", judge_flags(),
                                         judge_example);
    const Subcommand<DoctorCommand> doctor(
        app, "doctor", "what this host can do, and what its KVM does wrong", doctor_flags(), doctor_example);
    const Subcommand<ConformCommand> conform(
        app, "conform", "what this host's KVM does with NMIs in every state, against a model",
        conform_flags(), conform_example);
    const Subcommand<BenchCommand> bench(app, "bench", "how fast NMIs and grace periods are on this host",
                                         bench_flags(), bench_example);
    const Subcommand<ReportCommand> report(app, "report", "the reports of several runs as one",
                                           report_flags(), report_example);
    std::string replayed;
    std::string judged;
    app.get_subcommand("replay")->add_option("FILE", replayed, "the schedule")->option_text(" ");
    app.get_subcommand("judge")->add_option("FILE", judged, "the facts")->option_text(" ");
    std::vector<std::string> merged;
    app.get_subcommand("report")->add_option("FILES", merged, "the reports")->option_text(" ");
    app.allow_extras();
    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
        return Answer{app.help()};
    } catch (const CLI::CallForVersion&) {
        return Version{};
    } catch (const CLI::ArgumentMismatch&) {
        // The flag whose value is missing is the last word: a flag before it would take the next word as its
        // value.
        throw UsageError(fmt::format("{} needs a value; see 'nmistorm {} --help'", shown(argv[argc - 1]),
                                     the_command(app).get_name()));
    } catch (const CLI::ParseError& error) {
        throw UsageError(
            fmt::format("cannot read the command line: {}; see 'nmistorm --help'", printable(error.what())));
    }
    if (app.count("--print-flags") > 0) {
        std::map<std::string, TakenByFlags> takes;
        const auto add = [&takes](const auto&... of) {
            (takes.emplace(of.app().get_name(), of.takes()), ...);
        };
        add(storm, matrix, explore, replay, judge, doctor, conform, bench, report);
        return Answer{flag_tables(app, takes)};
    }
    refuse_unknown(app.remaining(), "command", "nmistorm --help");
    if (&the_command(app) == &matrix.app()) {
        return command_of(matrix);
    }
    if (&the_command(app) == &explore.app()) {
        return planned(explore);
    }
    if (&the_command(app) == &replay.app()) {
        const ReplayCommand command = on_file(
            replay, replayed, "replay needs a file that 'nmistorm explore --schedule FILE' wrote; name it");
        refuse_contradictions(command);
        return command;
    }
    if (&the_command(app) == &judge.app()) {
        const JudgeCommand command =
            on_file(judge, judged, "judge needs a file that nmistorm wrote with --facts FILE; name it");
        refuse_contradictions(command);
        return command;
    }
    if (&the_command(app) == &doctor.app()) {
        DoctorCommand command;
        doctor.apply(command);
        refuse_contradictions(command);
        return command;
    }
    if (&the_command(app) == &conform.app()) {
        ConformCommand command;
        conform.apply(command);
        refuse_contradictions(command);
        command.reproduce = words_to_repeat(command);
        return command;
    }
    if (&the_command(app) == &report.app()) {
        ReportCommand command;
        report.apply(command);
        if (merged.empty()) {
            throw UsageError("report needs files that nmistorm wrote with --json FILE; name them");
        }
        command.files = merged;
        refuse_contradictions(command);
        return command;
    }
    if (&the_command(app) == &bench.app()) {
        return planned(bench);
    }
    return command_of(storm);
}

}  // namespace nmistorm::cli
