// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/storm_flags.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nmistorm/abi/version.h>

#include "cli/shared_flags.h"

namespace nmistorm::cli {

const std::vector<Flag<StormCommand>>& storm_flags() {
    using C = StormCommand;
    using W = std::string;
    static const std::vector<Flag<C>> flags = {
        arch_flag<C>(),
        {"guest", "FILE", "ELF file to run instead of the embedded guest", "the name of an ELF file",
         [](C& c, const W& w) { return assign(c.plan.guest_file, file_name(w)); }},
        {"vcpus", "N", fmt::format("vCPUs, 1 to {} [2]", abi::max_cpus),
         fmt::format("1 to {}", abi::max_cpus),
         [](C& c, const W& w) { return assign(c.plan.vcpus, plan::parse_number(w, 1, abi::max_cpus)); }},
        duration_flag<C>("stop after 500ms, 10s, 5m, 2h, ... [10s; no limit with --nmis or --until]"),
        {"nmis", "N", "stop after N NMIs were requested [no limit]", "a number from 1 up",
         [](C& c, const W& w) { return assign(c.plan.nmis, plan::parse_number(w, 1, any_number)); }},
        {"until", "covered",
         "stop when NMIs have arrived at every instruction of the swap and, but in lockstep, of the "
         "dispatcher [no]",
         "covered", [](C& c, const W& w) { return c.plan.until_covered = w == "covered"; }},
        {"source", "kvm-nmi", "how NMIs are made [kvm-nmi]", "kvm-nmi",
         [](C& c, const W& w) { return assign(c.plan.source, plan::parse_source(w)); }},
        {"pace", "PACE", "lockstep, rate=N (a second and target), burst=N or max [lockstep]",
         fmt::format("lockstep, rate=N, burst=N or max, with N from 1 to {}", plan::pace_n_max),
         [](C& c, const W& w) { return assign(c.plan.pace, plan::parse_pace(w)); }},
        injector_flag<C>(),
        {"slice", "TIME",
         "let a vCPU run for TIME, such as 300us, between two NMIs, on average [what gives most overlaps]",
         "a time such as 300us, 2ms or 1s, 10us to 1000h",
         [](C& c, const W& w) {
             return assign(c.plan.slice, plan::parse_duration(w)) && c.plan.slice >= plan::slice_min;
         }},
        {"targets", "LIST", "vCPUs that get NMIs: all, others (all but the updater's) or 0,2,5 [all]",
         "all, others or vCPU numbers such as 0,2,5",
         [](C& c, const W& w) { return assign(c.plan.targets, plan::parse_targets(w)); }},
        {"cycle", "unset|replace|unload", "how the updater swaps handlers [unset]",
         "unset, replace or unload",
         [](C& c, const W& w) { return assign(c.plan.cycle, plan::parse_cycle(w)); }},
        {"handlers", "LIST", "handlers to swap: all, or some of counting,long,declining,sampling [all]",
         "all or some of counting,long,declining,sampling",
         [](C& c, const W& w) { return assign(c.plan.handlers, plan::parse_handlers(w)); }},
        {"fault", "NAME", "run the guest that has this bug planted [none]",
         fmt::format("{}", fmt::join(abi::fault_names, ", ")),
         [](C& c, const W& w) { return assign(c.plan.fault, plan::parse_fault(w)); }},
        guest_build_flag<C>(),
        seed_flag<C>(),
        {"observe", "counters|events", "what the guest records [events]", "counters or events",
         [](C& c, const W& w) { return assign(c.plan.observe, plan::parse_observe(w)); }},
        {"hotplug", "", "start the last vCPU late, and take it offline now and then", "true or false",
         [](C& c, const W& w) { return apply_switch(c.plan.hotplug, w); }},
        {"profile", "",
         fmt::format("show where NMIs hit the guest, by symbol; --handlers is then {}, if not given",
                     plan::handlers_text(plan::usual_handlers(true))),
         "true or false", [](C& c, const W& w) { return apply_switch(c.plan.profile, w); }},
        json_flag<C>(),
        {"facts", "FILE", "write all that is judged to FILE, for 'nmistorm judge FILE'", "the name of a file",
         [](C& c, const W& w) { return assign(c.facts, file_name(w)); }},
        progress_flag<C>(),
        quiet_flag<C>(),
        {"dry-run", "", "check the flags and this host, but run nothing", "true or false",
         [](C& c, const W& w) { return apply_switch(c.dry_run, w); }},
    };
    return flags;
}

}  // namespace nmistorm::cli
