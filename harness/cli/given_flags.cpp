// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/given_flags.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "base/error.h"
#include "cli/config_file.h"
#include "cli/shown.h"

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

void add_config(GivenFlags& given, const CLI::App& command, const std::vector<std::string>& flags,
                const std::string& file) {
    for (const Setting& setting : read_settings(file, command.get_name())) {
        if (std::ranges::find(flags, setting.key) == flags.end()) {
            throw UsageError(fmt::format("{}: unknown key {}; keys are the flags of '{}'", setting.place,
                                         shown(setting.key), help_of(command)));
        }
        given.try_emplace(setting.key, Given{setting.value, setting.place + ": " + setting.key});
    }
}

}  // namespace

void add_config_option(CLI::App& command) {
    CLI::Option* config = command.add_option("--config")->option_text("FILE");
    config->description("flags as lines \"flag = value\"; the command line goes first");
    config->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

GivenFlags given_flags(const CLI::App& command, const std::vector<std::string>& flags) {
    refuse_unknown(command.remaining(), "word", help_of(command));
    GivenFlags given;
    for (const std::string& flag : flags) {
        if (auto once = given_once(*command.get_option("--" + flag))) {
            given.emplace(flag, std::move(*once));
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
