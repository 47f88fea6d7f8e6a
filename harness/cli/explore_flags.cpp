// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/explore_flags.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/shared_flags.h"

namespace nmistorm::cli {
namespace {

using W = std::string;

/// A number in a field of the plan, from @p least to @p most.
template <auto member, std::uint64_t least, std::uint64_t most>
Flag<ExploreCommand> number_flag(const char* name, const char* help) {
    return {name, "N", help, fmt::format("{} to {}", least, most), [](ExploreCommand& c, const W& w) {
                return assign(c.plan.*member, plan::parse_number(w, least, most));
            }};
}

bool apply_condition(ExploreCommand& command, const W& word) {
    command.plan.condition = plan::parse_condition(word);
    return command.plan.condition || word == "all";
}

}  // namespace

const std::vector<Flag<ExploreCommand>>& explore_flags() {
    using C = ExploreCommand;
    using P = plan::ExplorePlan;
    static const std::vector<Flag<C>> flags = {
        arch_flag<C>(),
        {"guest", "FILE", "ELF file to run instead of the embedded guest", "the name of an ELF file",
         [](C& c, const W& w) { return assign(c.plan.guest_file, file_name(w)); }},
        {"fault", "NAME", "run the guest that has this bug planted [none]",
         fmt::format("{}", fmt::join(abi::fault_names, ", ")),
         [](C& c, const W& w) { return assign(c.plan.fault, plan::parse_fault(w)); }},
        guest_build_flag<C>(),
        number_flag<&P::vcpus, 1, plan::explored_vcpus_max>("vcpus", "vCPUs, 1 to 8 [2]"),
        {"cycle", "unset|replace|unload", "how the updater swaps handlers [unset]",
         "unset, replace or unload",
         [](C& c, const W& w) { return assign(c.plan.cycle, plan::parse_cycle(w)); }},
        {"condition", "NAME",
         "what the targets are at: busy, preempt-off, idle or all, one after the other [all]",
         "busy, preempt-off, idle or all", apply_condition},
        number_flag<&P::swaps, 1, plan::swaps_max>("swaps", "swaps to go through [1]"),
        number_flag<&P::preemptions, 0, plan::preemptions_max>(
            "preemptions", "switches away from a vCPU that could go on, at most [2]"),
        number_flag<&P::nmis, 0, plan::explored_nmis_max>("nmis", "NMIs in a schedule, at most [1]"),
        {"reduction", "visible|none", "switch only before what others can see, or anywhere [visible]",
         "visible or none",
         [](C& c, const W& w) { return assign(c.plan.reduction, plan::parse_reduction(w)); }},
        {"shard", "I/N", "only the I-th of N parts [1/1]", "a part such as 2/8, counted from 1",
         [](C& c, const W& w) { return assign(c.plan.shard, plan::parse_shard(w)); }},
        {"budget", "TIME", "stop after 500ms, 10s, 5m, 2h, ... [no limit]",
         "a time such as 500us, 10s, 5m or 2h, at most 1000h",
         [](C& c, const W& w) { return assign(c.plan.budget, plan::parse_duration(w)); }},
        {"memory", "SIZE", "stop before what is remembered takes more than 512M, 2G, ... [no limit]",
         "a size such as 64K, 512M or 2G",
         [](C& c, const W& w) { return assign(c.plan.memory, plan::parse_size(w)); }},
        {"resume", "FILE", "go on from FILE if it is there; how far it came is written to it",
         "the name of a file", [](C& c, const W& w) { return assign(c.resume, file_name(w)); }},
        {"checkpoint", "TIME", "how often the file of --resume is written [1m]",
         "a time such as 500us, 10s, 5m or 2h, at most 1000h",
         [](C& c, const W& w) { return assign(c.checkpoint, plan::parse_duration(w)); }},
        {"schedule", "FILE", "write a schedule that breaks a rule to FILE", "the name of a file",
         [](C& c, const W& w) { return assign(c.schedule, file_name(w)); }},
        json_flag<C>(),
        progress_flag<C>(),
        quiet_flag<C>(),
    };
    return flags;
}

const std::vector<Flag<ReplayCommand>>& replay_flags() {
    using C = ReplayCommand;
    static const std::vector<Flag<C>> flags = {
        {"guest", "FILE", "ELF file to run instead of the embedded guest", "the name of an ELF file",
         [](C& c, const W& w) { return assign(c.guest_file, file_name(w)); }},
        {"times", "N", "repeat it so often, each time on a new machine [1]", "1 to 10000",
         [](C& c, const W& w) { return assign(c.times, plan::parse_number(w, 1, 10'000)); }},
        quiet_flag<C>(),
    };
    return flags;
}

const std::vector<Flag<JudgeCommand>>& judge_flags() {
    static const std::vector<Flag<JudgeCommand>> flags = {json_flag<JudgeCommand>(),
                                                          quiet_flag<JudgeCommand>()};
    return flags;
}

}  // namespace nmistorm::cli
