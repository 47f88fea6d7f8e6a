// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace nmistorm::cli {

/// What may follow a flag, as far as a shell can complete it.
struct Takes {
    bool file = false;
    bool list = false;                    ///< of words with commas between them
    std::vector<std::string> words = {};  ///< "rate=" needs a number; empty: numbers, times and the like
};

/// Of a flag whose --help says @p label and whose errors say @p accepts. The words are those of @p accepts
/// that
/// @p accepted takes, so that nobody lists them a second time.
Takes takes(const std::string& label, const std::string& accepts,
            const std::function<bool(const std::string& word)>& accepted);

/// By the flag's name, without "--".
using TakenByFlags = std::map<std::string, Takes>;

/// All that --help says of @p app and its commands, as JSON for scripts/manual; @p takes by command.
std::string flag_tables(const CLI::App& app, const std::map<std::string, TakenByFlags>& takes);

}  // namespace nmistorm::cli
