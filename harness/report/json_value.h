// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

/// Values as JSON, and checked values of JSON that is read back.
namespace nmistorm::report {

using Json = nlohmann::ordered_json;

/// A value that does not fit; the reader adds where it stands.
struct Misfit {
    std::string why;
};

/// For messages: short whatever it is, without control characters.
std::string shown(const Json& json);

/// On one line, without a newline.
std::string line_of(const Json& json);

/// They would reach the terminal.
bool has_control_characters(std::string_view text);

/// Throws Misfit if @p object is none or has no @p name.
const Json& member(const Json& object, const char* name);

/// The one description of a struct for both directions: each(self, io) calls io(name, member) for each
/// member.
template <typename T>
struct JsonMembers;

/// The first and the last enumerator of an enumeration that is written as a number.
template <typename T>
struct JsonRange;

/// parse() of an enumeration that is written as a word, by name().
template <typename T>
struct JsonWord;

Json json_of(const auto& value) {
    using T = std::remove_cvref_t<decltype(value)>;
    if constexpr (requires { JsonWord<T>::parse; }) {
        return Json(name(value));
    } else if constexpr (std::is_enum_v<T>) {
        return Json(static_cast<unsigned>(value));
    } else if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, std::string>) {
        return Json(value);
    } else if constexpr (requires { value.has_value(); }) {
        return value ? json_of(*value) : Json(nullptr);
    } else if constexpr (requires { value.size(); }) {
        Json list = Json::array();
        for (const auto& each : value) {
            list.push_back(json_of(each));
        }
        return list;
    } else {
        Json object = Json::object();
        JsonMembers<T>::each(value,
                             [&object](const char* name, const auto& each) { object[name] = json_of(each); });
        return object;
    }
}

/// The inverse. Throws Misfit where @p json is no such value.
void read(const Json& json, auto& value) {
    using T = std::remove_cvref_t<decltype(value)>;
    if constexpr (std::is_same_v<T, bool>) {
        if (!json.is_boolean()) {
            throw Misfit{fmt::format("{} is neither true nor false", shown(json))};
        }
        value = json.get<bool>();
    } else if constexpr (requires { JsonWord<T>::parse; }) {
        const auto parsed = json.is_string() ? JsonWord<T>::parse(json.get<std::string>()) : std::nullopt;
        if (!parsed) {
            throw Misfit{fmt::format("{} has no meaning here", shown(json))};
        }
        value = *parsed;
    } else if constexpr (std::is_enum_v<T>) {
        std::uint64_t number = 0;
        read(json, number);
        if (number < static_cast<std::uint64_t>(JsonRange<T>::first) ||
            number > static_cast<std::uint64_t>(JsonRange<T>::last)) {
            throw Misfit{fmt::format("{} has no meaning here", number)};
        }
        value = static_cast<T>(number);
    } else if constexpr (std::is_integral_v<T>) {
        if (!json.is_number_unsigned() || json.get<std::uint64_t>() > std::numeric_limits<T>::max()) {
            throw Misfit{fmt::format("{} is no whole number from 0 to {}", shown(json),
                                     std::numeric_limits<T>::max())};
        }
        value = json.get<T>();
    } else if constexpr (std::is_floating_point_v<T>) {
        constexpr T largest = 1e9;  // seconds: 30 years
        if (!json.is_number() || !(json.get<T>() >= 0 && json.get<T>() <= largest)) {
            throw Misfit{fmt::format("{} is no number from 0 to {}", shown(json), largest)};
        }
        value = json.get<T>();
    } else if constexpr (std::is_same_v<T, std::string>) {
        if (!json.is_string()) {
            throw Misfit{fmt::format("{} is no text", shown(json))};
        }
        value = json.get<std::string>();
        if (has_control_characters(value)) {
            throw Misfit{"a text has control characters"};
        }
    } else if constexpr (requires { value.has_value(); }) {
        value.reset();
        if (!json.is_null()) {
            read(json, value.emplace());
        }
    } else if constexpr (requires { value.emplace_back(); }) {
        if (!json.is_array()) {
            throw Misfit{fmt::format("{} is no list", shown(json))};
        }
        for (const Json& each : json) {
            read(each, value.emplace_back());
        }
    } else {
        JsonMembers<T>::each(value,
                             [&json](const char* name, auto& each) { read(member(json, name), each); });
    }
}

}  // namespace nmistorm::report
