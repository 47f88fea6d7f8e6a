// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <chrono>
#include <limits>
#include <type_traits>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "plan/fields.h"
#include "plan/names.h"

/// The parts of the tables in fields.h: how a member becomes a field, and the fields that several plans have.
namespace nmistorm::plan {

template <typename T>
std::string word_of(const T& member) {
    if constexpr (std::is_same_v<T, bool>) {
        return member ? "true" : "false";
    } else if constexpr (std::is_same_v<T, std::string>) {
        return member;
    } else if constexpr (std::is_integral_v<T>) {
        return std::to_string(member);
    } else if constexpr (std::is_enum_v<T>) {
        return std::string(name(member));
    } else {
        return to_string(member);
    }
}

template <typename T>
Value value_of(const T& member) {
    if constexpr (requires { member.has_value(); }) {
        return member ? value_of(*member) : nullptr;
    } else if constexpr (std::is_same_v<T, bool>) {
        return member;
    } else if constexpr (std::is_integral_v<T>) {
        return std::uint64_t{member};
    } else if constexpr (std::is_same_v<T, std::chrono::nanoseconds>) {
        return std::chrono::duration<double>(member).count();
    } else if constexpr (requires { member.begin(); } && !std::is_same_v<T, std::string>) {
        std::vector<std::string> words;
        words.reserve(member.size());
        for (const auto& element : member) {
            words.push_back(word_of(element));
        }
        return words;
    } else {
        return word_of(member);
    }
}

/// The usual ways to print a member and to have it in JSON.
struct AsWord {
    std::string operator()(const auto& member) const { return word_of(member); }
};
struct AsValue {
    Value operator()(const auto& member) const { return value_of(member); }
};

template <typename Plan, typename Member>
Plan plan_with(Member Plan::*);
template <auto member>
using PlanWith = decltype(plan_with(member));

/// The field that is @p member. @p parse makes a value of a word, @p print a word of a value, and @p value
/// what stands in JSON of the member.
template <auto member, auto parse, auto print = AsWord{}, auto value = AsValue{}>
Field<PlanWith<member>> field(Row row) {
    using Plan = PlanWith<member>;
    if (row.key.empty()) {
        row.key = row.name;
        std::ranges::replace(row.key, '-', '_');
    }
    return {std::move(row),
            [](Plan& plan, const std::string& word) {
                const auto parsed = parse(word);
                if (parsed) {
                    plan.*member = static_cast<std::remove_cvref_t<decltype(plan.*member)>>(*parsed);
                }
                return parsed.has_value();
            },
            [](const Plan& plan) -> std::optional<std::string> {
                if constexpr (requires { (plan.*member).has_value(); }) {
                    return plan.*member ? std::optional(print(*(plan.*member))) : std::nullopt;
                } else {
                    return print(plan.*member);
                }
            },
            [](const Plan& plan) -> Value { return value(plan.*member); }};
}

template <std::uint64_t least, std::uint64_t most>
std::optional<std::uint64_t> parse_from_to(std::string_view word) {
    return parse_number(word, least, most);
}
inline constexpr auto any_number = std::numeric_limits<std::uint64_t>::max();

template <auto member, std::uint64_t least, std::uint64_t most>
auto number_field(std::string name, std::string help, Kept kept = Kept::in_both) {
    return field<member, parse_from_to<least, most>>(
        {std::move(name), "N", std::move(help), fmt::format("{} to {}", least, most), "", kept});
}

template <auto member>
auto switch_field(std::string name, std::string help) {
    return field<member, parse_switch>({std::move(name), "", std::move(help), "true or false"});
}

template <typename P>
Field<P> ranked(int rank, Field<P> field) {
    field.rank = rank;
    return field;
}

// The fields of several plans. JSON has the image first.

template <typename P>
Field<P> arch_field() {
    return ranked(-1, field<&P::arch, parse_arch>(
                          {"arch", "i386|x86_64", "architecture of the guest [x86_64]", "i386 or x86_64"}));
}

template <typename P>
Field<P> guest_field() {
    return ranked(-1, field<&P::guest_file, parse_file_name>(
                          {"guest", "FILE", "ELF file to run instead of the embedded guest",
                           "the name of an ELF file", "guest_file", Kept::nowhere}));
}

template <typename P>
Field<P> fault_field() {
    return ranked(
        -1, field<&P::fault, parse_fault>({"fault", "NAME", "run the guest that has this bug planted [none]",
                                           fmt::format("{}", fmt::join(abi::fault_names, ", "))}));
}

/// What a --guest-build must look like.
inline constexpr const char* a_guest_build =
    "gcc or clang, -O0, -Og, -O1, -O2, -O3 or -Os, and -lto if wanted, such as gcc-O0";

template <typename P>
Field<P> guest_build_field() {
    return ranked(-1, field<&P::guest_build, parse_guest_build>(
                          {"guest-build", "NAME",
                           "run the embedded guest as compiled by gcc-O0, clang-O3, ... [as by default]",
                           a_guest_build, "", Kept::in_schedule}));
}

template <typename P>
Field<P> cycle_field() {
    return field<&P::cycle, parse_cycle>({"cycle", "unset|replace|unload|deferred",
                                          "how the updater swaps handlers [unset]",
                                          "unset, replace, unload or deferred"});
}

template <typename P>
Field<P> injector_field() {
    return field<&P::injector, parse_injector>(
        {"injector", "own|central",
         "who injects: each vCPU's own thread by a timer, or one thread for all [own]", "own or central"});
}

/// @p by_default as its help shows it.
template <typename P>
Field<P> source_field(const char* by_default) {
    return field<&P::sources, parse_sources, sources_text, sources_text>(
        {"source", "LIST",
         fmt::format("how NMIs are made: all, or some of {} [{}]", fmt::join(source_names, ","), by_default),
         fmt::format("all or some of {}", fmt::join(source_names, ","))});
}

template <typename P>
Field<P> pin_field() {
    return switch_field<&P::pin>("pin", "keep each vCPU's thread on one CPU");
}

template <typename P>
Field<P> seed_field() {
    return field<&P::seed, parse_from_to<0, any_number>>(
        {"seed", "N", "seed of every random choice [random, and printed]", "a number from 0 to 2^64-1", "",
         Kept::in_both, true});
}

/// What a flag that is a duration takes.
inline constexpr const char* a_time = "a time such as 500us, 10s, 5m or 2h, at most 1000h";

/// @p help says what the duration limits.
template <auto member>
auto time_field(std::string name, std::string help, Kept kept = Kept::in_both) {
    std::string key = name + "_s";
    return field<member, parse_duration>(
        {std::move(name), "TIME", std::move(help), a_time, std::move(key), kept});
}

}  // namespace nmistorm::plan
