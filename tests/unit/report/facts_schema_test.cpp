// SPDX-License-Identifier: GPL-2.0-or-later
// The JSON schema of nmistorm.facts/4. tests/scripts/facts_schema_test.py checks lines with it.
#include <gtest/gtest.h>

#include <concepts>
#include <cstddef>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "oracle/fact.h"
#include "report/facts_file.h"
#include "report/schemas.h"
#include "sample.h"
#include "schema.h"

namespace nmistorm::report {
namespace {

/// The definition in the schema for a field of this type.
template <typename T>
std::string definition() {
    if constexpr (std::same_as<T, bool>) {
        return "boolean";
    } else if constexpr (std::same_as<T, std::uint8_t>) {
        return "u8";
    } else if constexpr (std::same_as<T, std::uint32_t>) {
        return "u32";
    } else if constexpr (std::same_as<T, std::uint64_t>) {
        return "u64";
    } else if constexpr (std::same_as<T, std::optional<std::uint32_t>>) {
        return "u32_or_null";
    } else if constexpr (std::same_as<T, abi::Trip>) {
        return "trip";
    } else {
        static_assert(std::same_as<T, oracle::fact::NmiReturned::Changed>);
        return "changed";
    }
}

/// What the schema must say about a fact.
template <typename What>
Json shape() {
    Json items = {true, {{"const", What::name}}};
    const What what;
    What::fields(what, [&items](const auto& field) {
        items.push_back({{"$ref", "#/$defs/" + definition<std::remove_cvref_t<decltype(field)>>()}});
    });
    const std::size_t size = items.size();
    return {{"prefixItems", items}, {"minItems", size}, {"items", false}};
}

template <std::size_t... index>
Json shapes(std::index_sequence<index...>) {
    Json all = Json::array();
    (all.push_back(shape<std::variant_alternative_t<index, oracle::Fact>>()), ...);
    return all;
}

TEST(FactsSchema, has_every_fact_with_its_name_and_fields_and_no_other) {
    const Json whole = schema("facts", 4);
    EXPECT_EQ(whole["$defs"]["fact"]["oneOf"],
              shapes(std::make_index_sequence<std::variant_size_v<oracle::Fact>>()));
}

TEST(FactsSchema, has_every_value_of_the_enumerations) {
    const Json whole = schema("facts", 4);
    const auto numbers = [&whole](const char* name) {
        return whole["$defs"][name]["enum"].get<std::vector<unsigned>>();
    };
    std::vector<unsigned> trips;
    for (unsigned trip = 1; trip < abi::trip_count; ++trip) {
        trips.push_back(trip);
    }
    EXPECT_EQ(numbers("trip"), trips);
    EXPECT_EQ(numbers("changed").back(), static_cast<unsigned>(oracle::fact::NmiReturned::Changed::flags));
}

TEST(FactsSchema, has_exactly_the_properties_of_the_other_lines) {
    const Json whole = schema("facts", 4);
    const auto compare = [&whole](const char* definition, const Json& value) {
        expect_same_properties(whole, whole["$defs"][definition], value, definition);
    };
    EXPECT_EQ(whole["$defs"]["first"]["properties"]["schema"]["const"], facts_schema);
    compare("first", Json::parse(facts_begin({"nmistorm", "storm"})));
    compare("counters", Json::parse(facts_line(oracle::Sample{}))[2]);
    RunReport report = passed();
    report.observation.fatal_exits.push_back({1, "panic", abi::Panic{}, 0});
    report.observation.stalls.push_back({});
    report.observation.arrivals.push_back({"do_nmi", 1, {{{0x10}, 1}}});
    compare("end", Json::parse(facts_end(report, "1234")));
    compare("end_of_schedule", Json::parse(facts_end(ExploreReport{}, oracle::Found{})));
    compare("counters", Json::parse(facts_line(oracle::AtRest{}))[3]);
    compare("fatal_exit_of", Json::parse(facts_line(oracle::FatalExit{1, "panic", abi::Panic{}, 0}))[1]);
}

}  // namespace
}  // namespace nmistorm::report
