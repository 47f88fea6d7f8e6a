// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/state_file.h"

#include <algorithm>
#include <set>
#include <vector>

namespace nmistorm::report {
namespace {

/// Throws Misfit for a key that its object has already, since the parser would take the last one; and for a
/// depth at which the parser's recursion could exhaust the stack.
class RefuseRepetition {
  public:
    bool operator()(int depth, Json::parse_event_t event, const Json& json) {
        constexpr int deepest = 16;  // state files need 4
        if (depth > deepest) {
            throw Misfit{"it nests deeper than such a file does"};
        }
        if (event == Json::parse_event_t::object_start) {
            keys_.emplace_back();
        } else if (event == Json::parse_event_t::object_end) {
            keys_.pop_back();
        } else if (event == Json::parse_event_t::key &&
                   !keys_.back().insert(json.get<std::string>()).second) {
            throw Misfit{fmt::format("{} stands in it twice", shown(json))};
        }
        return true;
    }

  private:
    std::vector<std::set<std::string>> keys_;  ///< of each object that is open
};

bool keeps(plan::Kept file, const plan::Row& row) {
    return row.kept == plan::Kept::in_both || row.kept == file;
}

}  // namespace

Json parsed(std::string_view text, const StateFile& kind) {
    if (text.starts_with(kind.text_form)) {
        throw Misfit{fmt::format("this is {} of an older nmistorm, from before it was JSON; {}", kind.what,
                                 kind.otherwise)};
    }
    Json json;
    try {
        json = Json::parse(text, RefuseRepetition());
    } catch (const Json::parse_error& error) {
        const auto end = text.begin() + static_cast<std::ptrdiff_t>(std::min(error.byte, text.size()));
        throw Misfit{fmt::format("{} is JSON, but this is none from line {} on; {}", kind.what,
                                 1 + std::count(text.begin(), end, '\n'), kind.otherwise)};
    } catch (const Json::exception&) {
        throw Misfit{fmt::format("a number in it is too large; {}", kind.otherwise)};
    }
    const auto schema = json.is_object() ? json.find("schema") : json.end();
    if (!json.is_object() || schema == json.end()) {
        throw Misfit{
            fmt::format("this is not {}, since it has no \"schema\"; {}", kind.what, kind.otherwise)};
    }
    if (*schema != kind.schema) {
        throw Misfit{fmt::format("its schema is {}, but this nmistorm reads \"{}\"; {}", shown(*schema),
                                 kind.schema, kind.otherwise)};
    }
    return json;
}

std::string in_lines(const Json& object) {
    std::string text;
    for (const auto& [key, value] : object.items()) {
        text += (text.empty() ? "{\n  " : ",\n  ") + line_of(key) + ": ";
        if (!value.is_structured() || value.empty()) {
            text += line_of(value);
            continue;
        }
        std::string elements;
        for (const auto& [name, element] : value.items()) {
            elements += elements.empty() ? "\n    " : ",\n    ";
            elements += (value.is_object() ? line_of(name) + ": " : "") + line_of(element);
        }
        text += value.is_object() ? "{" + elements + "\n  }" : "[" + elements + "\n  ]";
    }
    return text + "\n}\n";
}

Json kept_json(const plan::ExplorePlan& plan, plan::Kept file) {
    Json json = Json::object();
    for (const auto& field : plan::fields<plan::ExplorePlan>()) {
        const auto word = field.print(plan);
        if (keeps(file, field) && word) {
            json[field.name] = *word;
        }
    }
    return json;
}

plan::ExplorePlan kept_plan(const Json& json, plan::Kept file) {
    plan::ExplorePlan plan;
    const plan::ExplorePlan usual;
    for (const auto& field : plan::fields<plan::ExplorePlan>()) {
        // What no word says in the usual plan may be missing.
        if (!keeps(file, field) || (!field.print(usual) && json.is_object() && !json.contains(field.name))) {
            continue;
        }
        const Json& value = member(json, field.name.c_str());
        if (!value.is_string() || !field.parse(plan, value.get<std::string>())) {
            throw Misfit{fmt::format("\"{}\" takes {}, not {}", field.name, field.accepts, shown(value))};
        }
    }
    const Json known = kept_json(plan, file);
    for (const auto& [key, value] : json.items()) {
        if (!known.contains(key)) {
            throw Misfit{fmt::format("\"plan\" has {}, which is no field of it", shown(key))};
        }
    }
    return plan;
}

}  // namespace nmistorm::report
