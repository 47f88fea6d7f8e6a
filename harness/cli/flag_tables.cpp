// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/flag_tables.h"

#include <cctype>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

namespace nmistorm::cli {
namespace {

using Json = nlohmann::ordered_json;

bool in_a_word(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '=';
}

/// The words of @p text that begin with a letter.
std::vector<std::string> words_of(const std::string& text) {
    std::vector<std::string> words;
    for (auto begin = text.begin(); begin != text.end();) {
        const auto end = std::find_if_not(begin, text.end(), in_a_word);
        if (begin == end) {
            ++begin;
            continue;
        }
        if (std::isalpha(static_cast<unsigned char>(*begin)) != 0) {
            words.emplace_back(begin, end);
        }
        begin = end;
    }
    return words;
}

Json table_of(const CLI::Option& option, const TakenByFlags& takes) {
    Json names = Json::array();
    for (const std::string& name : option.get_snames()) {
        names.push_back("-" + name);
    }
    for (const std::string& name : option.get_lnames()) {
        names.push_back("--" + name);
    }
    const auto known = option.get_lnames().empty() ? takes.end() : takes.find(option.get_lnames().front());
    const std::string& label = option.get_option_text();
    // Flags of no table are --help, --version and --config.
    const Takes taken = known != takes.end() ? known->second : Takes{.file = label == "FILE"};
    return {{"names", names},     {"label", label},     {"help", option.get_description()},
            {"file", taken.file}, {"list", taken.list}, {"words", taken.words}};
}

Json table_of(const CLI::App& app, const TakenByFlags& takes) {
    Json flags = Json::array();
    Json argument;
    for (const CLI::Option* option : app.get_options()) {
        if (option->get_positional()) {
            argument = {{"name", option->get_name(true)}, {"help", option->get_description()}};
        } else if (!option->get_group().empty()) {
            flags.push_back(table_of(*option, takes));
        }
    }
    return {{"name", app.get_name()},
            {"description", app.get_description()},
            {"footer", app.get_footer()},
            {"argument", argument},
            {"flags", flags}};
}

}  // namespace

Takes takes(const std::string& label, const std::string& accepts,
            const std::function<bool(const std::string& word)>& accepted) {
    if (label.empty()) {
        return {};
    }
    if (accepted("any/word at all")) {
        return {.file = true};
    }
    Takes found{.list = label == "LIST"};
    // What follows is an example of many.
    const std::string said = accepts.substr(0, accepts.find("such as"));
    for (std::string word : words_of(said)) {
        if (word.ends_with("=N") && accepted(word.substr(0, word.size() - 1) + "1")) {
            word.pop_back();
        } else if (!accepted(word)) {
            continue;
        }
        found.words.push_back(word);
    }
    return found;
}

std::string flag_tables(const CLI::App& app, const std::map<std::string, TakenByFlags>& takes) {
    Json tables = table_of(app, {});
    Json& commands = tables["commands"] = Json::array();
    for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
        commands.push_back(table_of(*command, takes.at(command->get_name())));
    }
    return tables.dump(2) + "\n";
}

}  // namespace nmistorm::cli
