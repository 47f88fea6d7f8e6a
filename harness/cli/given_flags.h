// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace nmistorm::cli {

/// A value and who gave it: "--vcpus", or "storm.toml:3: vcpus".
struct Given {
    std::string value;
    std::string by;
};
using GivenFlags = std::map<std::string, Given>;

/// Adds `--config FILE` to @p command.
void add_config_option(CLI::App& command);

/// Which of @p flags the command line of @p command gave, and its --config file where that left one open:
/// what stands nearer to the user goes first. Throws UsageError for a flag given twice, an unknown word
/// or key, and a file that cannot be read.
GivenFlags given_flags(const CLI::App& command, const std::vector<std::string>& flags);

/// Throws UsageError where there are @p words that nobody knew; @p help names the command that lists
/// those that are known.
void refuse_unknown(const std::vector<std::string>& words, const char* kind, const std::string& help);

}  // namespace nmistorm::cli
