// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/config_file.h"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <fstream>
#include <optional>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

#include "base/error.h"
#include "cli/shown.h"

// CLI11 has a reader of its own, but that one goes on in silence with half of what it was given:
// "a#b.elf" becomes "a, an unclosed [0, 12 becomes 0,1, and keys given twice are joined.

namespace nmistorm::cli {
namespace {

constexpr std::string_view blanks = " \t\r";
constexpr std::string_view comment = "#;";
constexpr std::string_view key_letters = "abcdefghijklmnopqrstuvwxyz-";

std::string_view trimmed(std::string_view text) {
    const std::size_t first = std::min(text.find_first_not_of(blanks), text.size());
    text.remove_prefix(first);
    return text.substr(0, text.find_last_not_of(blanks) + 1);
}

bool ends_line(std::string_view rest) {
    rest = trimmed(rest);
    return rest.empty() || comment.find(rest.front()) != std::string_view::npos;
}

/// The value that @p text, all after '=', begins with; nothing unless the line ends behind it.
std::optional<std::string> value_of(std::string_view text) {
    text = trimmed(text);
    const char first = text.empty() ? '\0' : text.front();
    if (first == '"' || first == '\'' || first == '[') {
        const std::size_t close = text.find(first == '[' ? ']' : first, 1);
        if (close == std::string_view::npos || !ends_line(text.substr(close + 1))) {
            return std::nullopt;
        }
        std::string value(text.substr(1, close - 1));
        if (first == '[') {
            std::erase_if(value, [](char c) { return blanks.find(c) != std::string_view::npos; });
        }
        return value;
    }
    const std::string_view value = trimmed(text.substr(0, text.find_first_of(comment)));
    return value.empty() ? std::nullopt : std::optional<std::string>(value);
}

}  // namespace

std::vector<Setting> read_settings(std::istream& input, const std::string& file, const std::string& command) {
    const std::string section = "[" + command + "]";
    std::vector<Setting> settings;
    std::string line;
    for (unsigned number = 1; std::getline(input, line); ++number) {
        const std::string place = fmt::format("{}:{}", printable(file), number);
        const std::string_view text = trimmed(line);
        if (ends_line(text) || (text.starts_with(section) && ends_line(text.substr(section.size())))) {
            continue;
        }
        const std::size_t equals = std::min(text.find('='), text.size());
        const std::string key(trimmed(text.substr(0, equals)));
        const auto value = equals < text.size() ? value_of(text.substr(equals + 1)) : std::nullopt;
        if (!value || key.empty() || key.find_first_not_of(key_letters) != std::string::npos) {
            throw UsageError(
                fmt::format("{}: want \"flag = value\" or \"{}\", not {}", place, section, shown(line)));
        }
        for (const Setting& before : settings) {
            if (before.key == key) {
                throw UsageError(
                    fmt::format("{}: {} is already set at {}; remove one", place, shown(key), before.place));
            }
        }
        settings.push_back({key, *value, place});
    }
    return settings;
}

std::vector<Setting> read_settings(const std::string& file, const std::string& command) {
    errno = 0;
    std::ifstream input(file);
    // A folder opens well and fails at the first read.
    if (input) {
        input.peek();
    }
    if (!input.is_open() || input.bad()) {
        const std::string reason = std::generic_category().message(errno);
        throw UsageError(
            fmt::format("cannot read {}: {}; --config needs a readable file", shown(file), reason));
    }
    input.clear();
    return read_settings(input, file, command);
}

}  // namespace nmistorm::cli
