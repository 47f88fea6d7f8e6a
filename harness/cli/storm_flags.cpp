// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/storm_flags.h"

#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include <nmistorm/abi/version.h>

#include "plan/names.h"

namespace nmistorm::cli {
namespace {

constexpr auto any_number = std::numeric_limits<std::uint64_t>::max();

template <typename To, typename From>
bool assign(To& to, const std::optional<From>& from) {
    if (from) {
        to = static_cast<To>(*from);
    }
    return from.has_value();
}

// A word that looks like a flag is a forgotten file name, not a file of that name.
std::optional<std::string> file_name(const std::string& word) {
    return word.empty() || word.front() == '-' ? std::nullopt : std::optional(word);
}

bool apply_json(StormCommand& command, const std::string& word) {
    return assign(command.output.json, word == "-" ? word : file_name(word));
}

bool apply_progress(StormCommand& command, const std::string& word) {
    for (const auto& [name, progress] :
         {std::pair("auto", Progress::automatic), {"always", Progress::always}, {"never", Progress::never}}) {
        if (word == name) {
            command.output.progress = progress;
            return true;
        }
    }
    return false;
}

bool apply_quiet(StormCommand& command, const std::string& word) {
    command.output.quiet = word == "true";
    return word == "true" || word == "false";
}

}  // namespace

const std::vector<Flag>& storm_flags() {
    using C = StormCommand;
    using W = std::string;
    static const std::vector<Flag> flags = {
        {"arch", "i386|x86_64", "architecture of the guest [x86_64]", "i386 or x86_64",
         [](C& c, const W& w) { return assign(c.plan.arch, plan::parse_arch(w)); }},
        {"guest", "FILE", "ELF file to run instead of the embedded guest", "the name of an ELF file",
         [](C& c, const W& w) { return assign(c.plan.guest_file, file_name(w)); }},
        {"vcpus", "N", fmt::format("vCPUs, 1 to {} [2]", abi::max_cpus),
         fmt::format("1 to {}", abi::max_cpus),
         [](C& c, const W& w) { return assign(c.plan.vcpus, plan::parse_number(w, 1, abi::max_cpus)); }},
        {"duration", "TIME", "stop after 500ms, 10s, 5m, 2h, ... [10s; no limit with --nmis]",
         "a time such as 500ms, 10s, 5m or 2h, at most 1000h",
         [](C& c, const W& w) { return assign(c.plan.duration, plan::parse_duration(w)); }},
        {"nmis", "N", "stop after N NMIs were requested [no limit]", "a number from 1 up",
         [](C& c, const W& w) { return assign(c.plan.nmis, plan::parse_number(w, 1, any_number)); }},
        {"source", "kvm-nmi", "how NMIs are made [kvm-nmi]", "kvm-nmi",
         [](C& c, const W& w) { return assign(c.plan.source, plan::parse_source(w)); }},
        {"pace", "PACE", "lockstep, rate=N (a second and target), burst=N or max [lockstep]",
         fmt::format("lockstep, rate=N, burst=N or max, with N from 1 to {}", plan::pace_n_max),
         [](C& c, const W& w) { return assign(c.plan.pace, plan::parse_pace(w)); }},
        {"targets", "LIST", "vCPUs that get NMIs: all, others (all but the updater's) or 0,2,5 [all]",
         "all, others or vCPU numbers such as 0,2,5",
         [](C& c, const W& w) { return assign(c.plan.targets, plan::parse_targets(w)); }},
        {"cycle", "unset|replace", "how the updater swaps handlers [unset]", "unset or replace",
         [](C& c, const W& w) { return assign(c.plan.cycle, plan::parse_cycle(w)); }},
        {"fault", "NAME", "run the guest that has this bug planted [none]",
         fmt::format("{}", fmt::join(abi::fault_names, ", ")),
         [](C& c, const W& w) { return assign(c.plan.fault, plan::parse_fault(w)); }},
        {"seed", "N", "seed of every random choice [random, and printed]", "a number from 0 to 2^64-1",
         [](C& c, const W& w) { return assign(c.plan.seed, plan::parse_number(w, 0, any_number)); }},
        {"observe", "counters|events", "what the guest records [events]", "counters or events",
         [](C& c, const W& w) { return assign(c.plan.observe, plan::parse_observe(w)); }},
        {"json", "FILE", "write the report as JSON, to stdout with -", "the name of a file, or - for stdout",
         apply_json},
        {"progress", "WHEN", "live line on stderr: auto (on a terminal), always or never [auto]",
         "auto, always or never", apply_progress},
        {"quiet", "", "print nothing but errors and what was asked for", "true or false", apply_quiet},
    };
    return flags;
}

}  // namespace nmistorm::cli
