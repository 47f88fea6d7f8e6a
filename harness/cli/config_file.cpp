// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/config_file.h"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <system_error>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "base/shown.h"

// The only use of toml++. Its headers take seconds to compile: include them nowhere else.
#define TOML_HEADER_ONLY 1  // distributions differ in how their shared library was built
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

namespace nmistorm::cli {
namespace {

/// Makes settings of what toml++ parsed.
class Reader {
  public:
    Reader(const std::string& file, const std::string& command, const std::vector<std::string>& commands)
        : file_(printable(file)), command_(command), commands_(commands) {}

    [[nodiscard]] std::vector<Setting> settings(const toml::table& root) const {
        std::vector<Setting> of_command;
        std::vector<Setting> of_all;
        for (const auto& [key, node] : root) {
            if (const toml::table* section = section_of(key, node)) {
                if (key == command_) {
                    of_command = settings_in(*section);
                }
            } else {
                of_all.push_back(setting(key, node));
            }
        }
        of_command.insert(of_command.end(), of_all.begin(), of_all.end());
        return of_command;
    }

    [[noreturn]] void refuse(const toml::parse_error& error) const {
        throw UsageError(fmt::format(
            "{}: this is not TOML ({}); write each flag once, as name = value, with strings in quotes",
            place(error.source()), printable(error.description())));
    }

  private:
    [[nodiscard]] std::string place(const toml::source_region& source) const {
        return fmt::format("{}:{}:{}", file_, source.begin.line, source.begin.column);
    }

    /// The section that @p node is; nothing if it is a flag's value.
    [[nodiscard]] const toml::table* section_of(const toml::key& key, const toml::node& node) const {
        const bool tables = node.is_array_of_tables();
        if (!node.is_table() && !tables) {
            return nullptr;
        }
        if (std::ranges::find(commands_, key.str()) == commands_.end()) {
            throw UsageError(fmt::format("{}: unknown section {}; sections are [{}]", place(key.source()),
                                         shown(key.str()), fmt::join(commands_, "], [")));
        }
        if (tables) {
            throw UsageError(fmt::format("{}: {} is an array of tables; write its section as [{}], once",
                                         place(key.source()), shown(key.str()), key.str()));
        }
        return node.as_table();
    }

    [[nodiscard]] std::vector<Setting> settings_in(const toml::table& section) const {
        std::vector<Setting> settings;
        for (const auto& [key, node] : section) {
            settings.push_back(setting(key, node));
        }
        return settings;
    }

    [[nodiscard]] Setting setting(const toml::key& key, const toml::node& node) const {
        Setting setting;
        setting.key = key.str();
        setting.key_place = place(key.source());
        setting.value_place = place(node.source());
        if (const auto* boolean = node.as_boolean()) {
            setting.kind = Setting::Kind::boolean;
            setting.value = boolean->get() ? "true" : "false";
        } else if (const auto* array = node.as_array()) {
            setting.kind = Setting::Kind::array;
            setting.value = elements(key, *array);
        } else {
            setting.kind = node.is_integer() ? Setting::Kind::integer : Setting::Kind::string;
            setting.value = word(key, node);
        }
        return setting;
    }

    /// A string or an integer as a word of a command line.
    [[nodiscard]] std::string word(const toml::key& key, const toml::node& node) const {
        if (const auto* string = node.as_string()) {
            return string->get();
        }
        if (const auto* integer = node.as_integer()) {
            return std::to_string(integer->get());
        }
        throw UsageError(
            fmt::format("{}: {} has a value of a type that no flag takes; write a string, an integer, "
                        "true, false, or an array of strings or integers",
                        place(node.source()), shown(key.str())));
    }

    [[nodiscard]] std::string elements(const toml::key& key, const toml::array& array) const {
        if (array.empty()) {
            throw UsageError(fmt::format("{}: the array of {} is empty; name an element, or remove the key",
                                         place(array.source()), shown(key.str())));
        }
        std::vector<std::string> words;
        for (const toml::node& node : array) {
            words.push_back(word(key, node));
            if (words.back().find(',') != std::string::npos) {
                throw UsageError(
                    fmt::format("{}: the element {} of {} has a comma in it; make two elements of it",
                                place(node.source()), shown(words.back()), shown(key.str())));
            }
        }
        return fmt::format("{}", fmt::join(words, ","));
    }

    std::string file_;
    const std::string& command_;
    const std::vector<std::string>& commands_;
};

[[noreturn]] void refuse_unreadable(const std::string& file) {
    throw UsageError(fmt::format("cannot read {}: {}; --config needs a readable file", shown(file),
                                 std::generic_category().message(errno)));
}

}  // namespace

std::vector<Setting> read_settings(std::istream& input, const std::string& file, const std::string& command,
                                   const std::vector<std::string>& commands) {
    const Reader reader(file, command, commands);
    const toml::parse_result parsed = toml::parse(input);
    if (!parsed) {
        reader.refuse(parsed.error());
    }
    return reader.settings(parsed.table());
}

std::vector<Setting> read_settings(const std::string& file, const std::string& command,
                                   const std::vector<std::string>& commands) {
    errno = 0;
    std::ifstream input(file);
    // Opening a directory succeeds; the first read of it fails.
    if (input) {
        input.peek();
    }
    if (!input.is_open() || input.bad()) {
        refuse_unreadable(file);
    }
    input.clear();
    return read_settings(input, file, command, commands);
}

}  // namespace nmistorm::cli
