// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "cli/command_line.h"
#include "cli/flag.h"
#include "plan/names.h"

/// The flags that several commands have. A flag means the same in every command.
namespace nmistorm::cli {

inline constexpr auto any_number = std::numeric_limits<std::uint64_t>::max();

/// For Flag::apply: assigns the parsed value; returns false if there is none.
template <typename To, typename From>
bool assign(To& to, const std::optional<From>& from) {
    if (from) {
        to = static_cast<To>(*from);
    }
    return from.has_value();
}

/// @p word as the name of a file; nothing if it is empty or begins with '-', since then the name was
/// forgotten.
std::optional<std::string> file_name(const std::string& word);

bool apply_json(Output& output, const std::string& word);
bool apply_progress(Output& output, const std::string& word);
bool apply_switch(bool& on, const std::string& word);

template <typename C>
Flag<C> arch_flag() {
    return {"arch", "i386|x86_64", "architecture of the guest [x86_64]", "i386 or x86_64",
            [](C& c, const std::string& w) { return assign(c.plan.arch, plan::parse_arch(w)); }};
}

/// What a --guest-build must look like.
inline constexpr const char* a_guest_build =
    "gcc or clang, -O0, -Og, -O1, -O2, -O3 or -Os, and -lto if wanted, such as gcc-O0";

template <typename C>
Flag<C> guest_build_flag() {
    return {
        "guest-build", "NAME", "run the embedded guest as compiled by gcc-O0, clang-O3, ... [as by default]",
        a_guest_build,
        [](C& c, const std::string& w) { return assign(c.plan.guest_build, plan::parse_guest_build(w)); }};
}

template <typename C>
Flag<C> injector_flag() {
    return {"injector", "own|central",
            "who injects: each vCPU's own thread by a timer, or one thread for all [own]", "own or central",
            [](C& c, const std::string& w) { return assign(c.plan.injector, plan::parse_injector(w)); }};
}

template <typename C>
Flag<C> seed_flag() {
    return {
        "seed", "N", "seed of every random choice [random, and printed]", "a number from 0 to 2^64-1",
        [](C& c, const std::string& w) { return assign(c.plan.seed, plan::parse_number(w, 0, any_number)); }};
}

/// @p help says what the duration limits.
template <typename C>
Flag<C> duration_flag(const std::string& help) {
    return {"duration", "TIME", help, "a time such as 500us, 10s, 5m or 2h, at most 1000h",
            [](C& c, const std::string& w) { return assign(c.plan.duration, plan::parse_duration(w)); }};
}

template <typename C>
Flag<C> json_flag() {
    return {"json", "FILE", "write the report as JSON, to stdout with -",
            "the name of a file, or - for stdout",
            [](C& c, const std::string& w) { return apply_json(c.output, w); }};
}

template <typename C>
Flag<C> progress_flag() {
    return {"progress", "WHEN", "live line on stderr: auto (on a terminal), always or never [auto]",
            "auto, always or never", [](C& c, const std::string& w) { return apply_progress(c.output, w); }};
}

template <typename C>
Flag<C> quiet_flag() {
    return {"quiet", "", "print nothing but errors and what was asked for", "true or false",
            [](C& c, const std::string& w) { return apply_switch(c.output.quiet, w); }};
}

}  // namespace nmistorm::cli
