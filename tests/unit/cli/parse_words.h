// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "cli/command_line.h"

namespace nmistorm::cli {

inline Command parse_words(const std::vector<std::string>& words) {
    std::vector<const char*> argv = {"nmistorm"};
    for (const std::string& word : words) {
        argv.push_back(word.c_str());
    }
    return parse(static_cast<int>(argv.size()), argv.data());
}

/// `nmistorm storm` and @p flags.
inline StormCommand storm(std::vector<std::string> flags) {
    flags.insert(flags.begin(), "storm");
    return std::get<StormCommand>(parse_words(flags));
}

/// The message of the UsageError for @p words; empty if there is none.
inline std::string complaint(const std::vector<std::string>& words) {
    try {
        parse_words(words);
    } catch (const UsageError& error) {
        return error.what();
    }
    return {};
}

}  // namespace nmistorm::cli
