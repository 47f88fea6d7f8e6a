// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/given_flags.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "base/error.h"
#include "base/shown.h"
#include "cli/config_file.h"

namespace nmistorm::cli {
namespace {

std::string help_of(const CLI::App& command) {
    return fmt::format("nmistorm {} --help", command.get_name());
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

std::vector<std::string> names_of_commands(const CLI::App& command) {
    std::vector<std::string> names;
    for (const CLI::App* each : command.get_parent()->get_subcommands([](const CLI::App*) { return true; })) {
        names.push_back(each->get_name());
    }
    return names;
}

bool fits(Setting::Kind kind, const FlagForm& flag) {
    switch (kind) {
        case Setting::Kind::boolean:
            return flag.is_switch;
        case Setting::Kind::array:
            return flag.takes_list;
        case Setting::Kind::string:
        case Setting::Kind::integer:
            break;
    }
    return !flag.is_switch;
}

/// For an error about its type.
std::string value_text(const Setting& setting) {
    switch (setting.kind) {
        case Setting::Kind::array:
            return "an array";
        case Setting::Kind::string:
            return "the string " + shown(setting.value);
        case Setting::Kind::boolean:
        case Setting::Kind::integer:
            break;
    }
    return setting.value;
}

void add_config(GivenFlags& given, const CLI::App& command, const std::vector<FlagForm>& flags,
                const std::string& file) {
    for (const Setting& setting : read_settings(file, command.get_name(), names_of_commands(command))) {
        const auto flag = std::ranges::find(flags, setting.key, &FlagForm::name);
        if (flag == flags.end()) {
            throw UsageError(
                fmt::format("{}: unknown key {}; keys are the flags of '{}', and those of another command go "
                            "into its section",
                            setting.key_place, shown(setting.key), help_of(command)));
        }
        const std::string by = setting.value_place + ": " + setting.key;
        if (!fits(setting.kind, *flag)) {
            throw UsageError(fmt::format("{} takes {}, not {}", by, flag->accepts, value_text(setting)));
        }
        given.try_emplace(setting.key, Given{setting.value, by});
    }
}

}  // namespace

void add_config_option(CLI::App& command) {
    CLI::Option* config = command.add_option("--config")->option_text("FILE");
    config->description(
        fmt::format("TOML file of flags, in [{}] or above all sections; the command line goes first",
                    command.get_name()));
    config->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

GivenFlags given_flags(const CLI::App& command, const std::vector<FlagForm>& flags) {
    refuse_unknown(command.remaining(), "word", help_of(command));
    GivenFlags given;
    for (const FlagForm& flag : flags) {
        if (auto once = given_once(*command.get_option("--" + flag.name))) {
            given.emplace(flag.name, std::move(*once));
        }
    }
    if (const auto config = given_once(*command.get_option("--config"))) {
        add_config(given, command, flags, config->value);
    }
    return given;
}

void refuse_unknown(const std::vector<std::string>& words, const char* kind, const std::string& help) {
    if (!words.empty()) {
        const char* what = words.front().starts_with('-') ? "flag" : kind;
        throw UsageError(fmt::format("unknown {} {}; see '{}'", what, shown(words.front()), help));
    }
}

}  // namespace nmistorm::cli
