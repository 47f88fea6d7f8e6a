// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/reproduce.h"

#include <string_view>

#include "plan/fields.h"

namespace nmistorm::cli {
namespace {

std::string shell_quoted(std::string_view word) {
    constexpr std::string_view plain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./,:@%";
    if (!word.empty() && word.find_first_not_of(plain) == std::string_view::npos) {
        return std::string(word);
    }
    std::string text = "'";
    for (const char c : word) {
        text += c == '\'' ? std::string("'\\''") : std::string(1, c);
    }
    return text + "'";
}

/// `nmistorm @p command` and the flags without which the plan would be another.
template <typename Plan>
std::vector<std::string> words_of(const char* command, const Plan& plan) {
    const Plan usual = plan::usual(plan);
    std::vector<std::string> words = {"nmistorm", command};
    for (const bool random : {false, true}) {
        for (const plan::Field<Plan>& field : plan::fields<Plan>()) {
            const auto word = field.print(plan);
            if (field.help.empty() || field.random != random || !word ||
                (!random && word == field.print(usual))) {
                continue;
            }
            words.push_back("--" + field.name);
            if (!field.label.empty()) {
                words.push_back(*word);
            }
        }
    }
    return words;
}

}  // namespace

std::string quoted(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) {
        text.append(text.empty() ? "" : " ").append(shell_quoted(word));
    }
    return text;
}

std::vector<std::string> command_of(const plan::RunPlan& plan) {
    return words_of("storm", plan);
}

std::vector<std::string> command_of(const plan::ExplorePlan& plan) {
    return words_of("explore", plan);
}

std::string reproduce(const plan::RunPlan& plan) {
    return quoted(command_of(plan));
}

std::string reproduce(const plan::MatrixPlan& plan) {
    return quoted(words_of("matrix", plan));
}

std::string reproduce(const plan::BenchPlan& plan) {
    return quoted(words_of("bench", plan));
}

std::string reproduce(const plan::ExplorePlan& plan) {
    return quoted(command_of(plan));
}

}  // namespace nmistorm::cli
