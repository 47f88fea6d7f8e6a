// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/shared_flags.h"

#include <utility>

namespace nmistorm::cli {

std::optional<std::string> file_name(const std::string& word) {
    return word.empty() || word.front() == '-' ? std::nullopt : std::optional(word);
}

bool apply_json(Output& output, const std::string& word) {
    return assign(output.json, word == "-" ? word : file_name(word));
}

bool apply_progress(Output& output, const std::string& word) {
    for (const auto& [name, progress] : {std::pair("auto", ShowProgress::automatic),
                                         {"always", ShowProgress::always},
                                         {"never", ShowProgress::never}}) {
        if (word == name) {
            output.progress = progress;
            return true;
        }
    }
    return false;
}

bool apply_switch(bool& on, const std::string& word) {
    on = word == "true";
    return word == "true" || word == "false";
}

}  // namespace nmistorm::cli
