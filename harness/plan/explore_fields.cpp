// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/field_rows.h"

namespace nmistorm::plan {
namespace {

bool parse_condition_or_all(ExplorePlan& plan, const std::string& word) {
    plan.condition = parse_condition(word);
    return plan.condition || word == "all";
}

std::string condition_text(const ExplorePlan& plan) {
    return plan.condition ? std::string(name(*plan.condition)) : "all";
}

}  // namespace

template <>
const std::vector<Field<ExplorePlan>>& fields() {
    static const std::vector<Field<ExplorePlan>> all = {
        arch_field<ExplorePlan>(),
        guest_field<ExplorePlan>(),
        fault_field<ExplorePlan>(),
        guest_build_field<ExplorePlan>(),
        number_field<&ExplorePlan::vcpus, 1, explored_vcpus_max>("vcpus", "vCPUs, 1 to 8 [2]"),
        cycle_field<ExplorePlan>(),
        {{"condition", "NAME",
          "what the targets are at: busy, preempt-off, idle or all, one after the other [all]",
          "busy, preempt-off, idle or all", "condition"},
         parse_condition_or_all,
         [](const ExplorePlan& plan) { return std::optional(condition_text(plan)); },
         [](const ExplorePlan& plan) { return Value(condition_text(plan)); }},
        number_field<&ExplorePlan::swaps, 1, swaps_max>("swaps", "swaps to go through [1]"),
        number_field<&ExplorePlan::preemptions, 0, preemptions_max>(
            "preemptions", "switches away from a vCPU that could go on, at most [2]", Kept::in_progress),
        number_field<&ExplorePlan::nmis, 0, explored_nmis_max>("nmis", "NMIs in a schedule, at most [1]",
                                                               Kept::in_progress),
        field<&ExplorePlan::reduction, parse_reduction>(
            {"reduction", "visible|none", "switch only before what others can see, or anywhere [visible]",
             "visible or none", "", Kept::in_progress}),
        field<&ExplorePlan::shard, parse_shard>(
            {"shard", "I/N|env", "only the I-th of N parts [1/1]", a_shard, "", Kept::in_progress}),
        time_field<&ExplorePlan::budget>("budget", "stop after 500ms, 10s, 5m, 2h, ... [no limit]",
                                         Kept::nowhere),
        field<&ExplorePlan::memory, parse_size, size_text>(
            {"memory", "SIZE", "stop before what is remembered takes more than 512M, 2G, ... [no limit]",
             "a size such as 64K, 512M or 2G", "memory_bytes", Kept::nowhere}),
        number_field<&ExplorePlan::seed, 0, std::numeric_limits<std::uint32_t>::max()>("seed", ""),
    };
    return all;
}

}  // namespace nmistorm::plan
