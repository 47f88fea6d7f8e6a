// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <string>

#include <nlohmann/json.hpp>

namespace nmistorm::report {

using Json = nlohmann::ordered_json;

/// The schema of @p format, as installed.
inline Json schema(const std::string& format, int version = 2) {
    std::ifstream file(NMISTORM_SCHEMAS "/nmistorm." + format + "." + std::to_string(version) +
                       ".schema.json");
    return Json::parse(file);
}

inline std::set<std::string> keys(const Json& object) {
    std::set<std::string> names;
    for (const auto& [key, value] : object.items()) {
        names.insert(key);
    }
    return names;
}

/// Expects every object in @p value to have the properties that @p part of the schema @p whole knows, all
/// of them required, and no other; recursively. null is left to the types, which the CLI's tests check.
inline void expect_same_properties(const Json& whole, const Json& part, const Json& value,
                                   const std::string& path) {
    if (part.contains("$ref")) {
        const auto target = part["$ref"].get<std::string>().substr(1);  // "#/$defs/..."
        expect_same_properties(whole, whole.at(Json::json_pointer(target)), value, path);
        return;
    }
    if (part.contains("items")) {
        ASSERT_TRUE(value.is_array()) << path;
        for (const Json& item : value) {
            expect_same_properties(whole, part["items"], item, path + "[]");
        }
    }
    if (part.contains("properties") && !value.is_null()) {
        ASSERT_TRUE(value.is_object()) << path;
        EXPECT_EQ(part["additionalProperties"], false) << path;
        EXPECT_EQ(part["required"].get<std::set<std::string>>(), keys(part["properties"])) << path;
        EXPECT_EQ(keys(value), keys(part["properties"])) << path;
        for (const auto& [key, property] : part["properties"].items()) {
            expect_same_properties(whole, property, value.at(key), path + "." + key);
        }
    }
}

inline void expect_same_properties(const Json& schema, const Json& value) {
    expect_same_properties(schema, schema, value, schema["title"]);
}

/// The values that the enumeration at @p pointer of @p schema allows.
inline std::set<std::string> allowed(const Json& schema, const std::string& pointer) {
    return schema.at(Json::json_pointer(pointer)).get<std::set<std::string>>();
}

}  // namespace nmistorm::report
