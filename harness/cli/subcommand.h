// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "base/error.h"
#include "base/shown.h"
#include "cli/flag_tables.h"
#include "cli/flags.h"
#include "cli/given_flags.h"

namespace nmistorm::cli {

/// A command of the command line: adds its flags to CLI11 and applies the values given for them.
template <typename Command>
class Subcommand {
  public:
    Subcommand(CLI::App& app, const std::string& name, const std::string& description,
               std::vector<Flag<Command>> flags, const std::string& footer)
        : app_(*app.add_subcommand(name, description)), flags_(std::move(flags)) {
        for (const Flag<Command>& flag : flags_) {
            CLI::Option* option = flag.label.empty()
                                      ? app_.add_flag("--" + flag.name, flag.help)
                                      : app_.add_option("--" + flag.name)->description(flag.help);
            option->option_text(flag.label);
            option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
        }
        add_config_option(app_);
        app_.footer(footer);
        app_.allow_extras();
    }

    /// Applies every given flag to @p command; throws UsageError for a value that the flag does not accept.
    GivenFlags apply(Command& command) const {
        std::vector<FlagForm> forms;
        for (const Flag<Command>& flag : flags_) {
            forms.push_back({flag.name, flag.accepts, flag.label.empty(), flag.label == "LIST"});
        }
        GivenFlags given = given_flags(app_, forms);
        for (const Flag<Command>& flag : flags_) {
            const auto found = given.find(flag.name);
            if (found != given.end() && !flag.apply(command, found->second.value)) {
                throw UsageError(fmt::format("{} takes {}, not {}", found->second.by, flag.accepts,
                                             shown(found->second.value)));
            }
        }
        return given;
    }

    /// What each flag takes.
    [[nodiscard]] TakenByFlags takes() const {
        TakenByFlags found;
        for (const Flag<Command>& flag : flags_) {
            found.emplace(flag.name, cli::takes(flag.label, flag.accepts, [&flag](const std::string& word) {
                              Command unused;
                              try {
                                  return flag.apply(unused, word);
                              } catch (const UsageError&) {  // it knows the word, but cannot do that now
                                  return true;
                              }
                          }));
        }
        return found;
    }

    [[nodiscard]] const CLI::App& app() const { return app_; }

  private:
    CLI::App& app_;
    std::vector<Flag<Command>> flags_;
};

}  // namespace nmistorm::cli
