// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/command_line.h"

#include <algorithm>
#include <map>
#include <random>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "base/error.h"
#include "cli/config_file.h"
#include "cli/contradictions.h"
#include "cli/reproduce.h"
#include "cli/shown.h"
#include "cli/storm_flags.h"

// CLI11 splits the words and lays out --help. What a word means, and every error, is ours: its own
// errors speak of types and counts, ours of what to write instead.

namespace nmistorm::cli {
namespace {

constexpr const char* version_text = "nmistorm 0.1.0\n";  // as project() in CMakeLists.txt

/// A value and who gave it: "--vcpus", or "storm.toml:3: vcpus".
struct Given {
    std::string value;
    std::string by;
};
using GivenFlags = std::map<std::string, Given>;

const Flag* find_flag(const std::string& name) {
    const auto& flags = storm_flags();
    const auto flag =
        std::find_if(flags.begin(), flags.end(), [&name](const Flag& f) { return f.name == name; });
    return flag == flags.end() ? nullptr : &*flag;
}

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
    return text + "\n";
}

void add_storm_options(CLI::App& storm) {
    for (const Flag& flag : storm_flags()) {
        CLI::Option* option = flag.label.empty() ? storm.add_flag("--" + flag.name, flag.help)
                                                 : storm.add_option("--" + flag.name)->description(flag.help);
        option->option_text(flag.label);
        option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    }
    CLI::Option* config = storm.add_option("--config")->option_text("FILE");
    config->description("flags as lines \"vcpus = 4\"; the command line goes first");
    config->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    storm.footer(fault_help() +
                 "\nExample: 4 vCPUs, 20,000 NMIs a second on each, for five minutes:\n"
                 "  nmistorm storm --vcpus 4 --pace rate=20000 --duration 5m --json run.json");
}

/// What the command line gave for @p option, if anything.
std::optional<Given> given_once(const CLI::Option& option) {
    if (option.count() > 1) {
        throw UsageError(
            fmt::format("{} is given {} times; give it once", option.get_name(), option.count()));
    }
    if (option.count() == 0) {
        return std::nullopt;
    }
    return Given{option.results().front(), option.get_name()};
}

void add_config(GivenFlags& given, const std::string& file) {
    for (const Setting& setting : read_settings(file)) {
        if (find_flag(setting.key) == nullptr) {
            throw UsageError(fmt::format("{}: unknown key {}; keys are the flags of 'nmistorm storm --help'",
                                         setting.place, shown(setting.key)));
        }
        given.try_emplace(setting.key, Given{setting.value, setting.place + ": " + setting.key});
    }
}

/// The command line before the configuration file: what stands nearer to the user goes first.
GivenFlags given_flags(const CLI::App& storm) {
    GivenFlags given;
    for (const Flag& flag : storm_flags()) {
        if (auto once = given_once(*storm.get_option("--" + flag.name))) {
            given.emplace(flag.name, std::move(*once));
        }
    }
    if (const auto config = given_once(*storm.get_option("--config"))) {
        add_config(given, config->value);
    }
    return given;
}

StormCommand storm_command(const GivenFlags& given) {
    StormCommand command;
    command.plan.seed = std::random_device()();
    for (const Flag& flag : storm_flags()) {
        const auto found = given.find(flag.name);
        if (found != given.end() && !flag.apply(command, found->second.value)) {
            throw UsageError(fmt::format("{} takes {}, not {}", found->second.by, flag.accepts,
                                         shown(found->second.value)));
        }
    }
    if (given.contains("nmis") && !given.contains("duration")) {
        command.plan.duration.reset();
    }
    if (command.plan.profile && !given.contains("handlers")) {
        command.plan.handlers = plan::usual_handlers(true);
    }
    refuse_contradictions(command);
    command.reproduce = reproduce(command.plan);
    return command;
}

void refuse_unknown(const std::vector<std::string>& words, const char* kind, const char* help) {
    if (!words.empty()) {
        const char* what = words.front().starts_with('-') ? "flag" : kind;
        throw UsageError(fmt::format("unknown {} {}; see '{}'", what, shown(words.front()), help));
    }
}

}  // namespace

Command parse(int argc, const char* const* argv) {
    if (argc < 1) {
        throw UsageError("there is not even a program name; call nmistorm with its name first");
    }
    CLI::App app("nmistorm: storms of NMIs against an RCU-protected NMI handler, on KVM", "nmistorm");
    app.set_help_flag("-h,--help", "print this help");
    app.set_version_flag("--version", version_text, "print the version");
    app.footer(
        "Try 'nmistorm storm --help'; without a flag, storm runs for ten seconds.\n"
        "Exit code: 0 pass, 1 violation, 2 usage, 3 inconclusive or failed, 77 this host cannot.");
    CLI::App* storm = app.add_subcommand("storm", "random NMIs against swaps of their handler");
    add_storm_options(*storm);
    app.allow_extras();
    storm->allow_extras();
    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
        return Answer{app.help()};
    } catch (const CLI::CallForVersion&) {
        return Answer{version_text};
    } catch (const CLI::ArgumentMismatch&) {
        // Only the last word can be a flag whose value is missing: any other takes the next word.
        throw UsageError(fmt::format("{} needs a value; see 'nmistorm storm --help'", shown(argv[argc - 1])));
    } catch (const CLI::ParseError& error) {
        throw UsageError(
            fmt::format("cannot read the command line: {}; see 'nmistorm --help'", printable(error.what())));
    }
    refuse_unknown(app.remaining(), "command", "nmistorm --help");
    if (storm->count() == 0) {
        throw UsageError("a command is needed: storm (try 'nmistorm --help')");
    }
    refuse_unknown(storm->remaining(), "word", "nmistorm storm --help");
    if (storm->count() > 1) {
        throw UsageError("storm is given twice; give one command");
    }
    return storm_command(given_flags(*storm));
}

}  // namespace nmistorm::cli
