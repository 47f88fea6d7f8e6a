// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <variant>
#include <vector>

#include "commands/commands.h"

namespace nmistorm::commands {

/// Runs `nmistorm` with @p words; returns its exit code.
inline int run_words(const std::vector<std::string>& words) {
    std::vector<const char*> argv{"nmistorm"};
    for (const std::string& word : words) {
        argv.push_back(word.c_str());
    }
    return std::visit([](const auto& command) { return run(command); },
                      cli::parse(static_cast<int>(argv.size()), argv.data()));
}

struct Ran {
    int code;
    nlohmann::json report;
};

/// With its report on stdout.
inline Ran report_of(std::vector<std::string> words) {
    words.insert(words.end(), {"--json", "-", "--quiet"});
    testing::internal::CaptureStdout();
    const int code = run_words(words);
    return {code, nlohmann::json::parse(testing::internal::GetCapturedStdout())};
}

}  // namespace nmistorm::commands
