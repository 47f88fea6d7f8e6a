// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace nmistorm::cli {

/// A value and what gave it: "--vcpus", or "storm.toml:3:9: vcpus".
struct Given {
    std::string value;
    std::string by;
};
using GivenFlags = std::map<std::string, Given>;

/// What decides which type of TOML value a flag takes in a --config file.
struct FlagForm {
    std::string name;
    std::string accepts;  ///< completes "name takes ..."
    bool is_switch = false;
    bool takes_list = false;
};

/// Adds `--config FILE` to @p command.
void add_config_option(CLI::App& command);

/// The values given for @p flags. The command line of @p command takes precedence over the command's section
/// of the --config file, and the section over the keys above all sections. Throws UsageError for a flag given
/// twice, an unknown word or key, a value of the wrong type, and a file that cannot be read.
GivenFlags given_flags(const CLI::App& command, const std::vector<FlagForm>& flags);

/// Throws UsageError if CLI11 left @p words over because it does not know them; @p help names the command
/// that lists the known ones.
void refuse_unknown(const std::vector<std::string>& words, const char* kind, const std::string& help);

}  // namespace nmistorm::cli
