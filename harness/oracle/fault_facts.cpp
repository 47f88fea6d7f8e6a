// SPDX-License-Identifier: GPL-2.0-or-later
#include "oracle/fault_facts.h"

#include <algorithm>

namespace nmistorm::oracle {

namespace {

using abi::Fault;

const std::vector<FaultFacts>& table() {
    static const std::vector<FaultFacts> facts = {
        {.fault = Fault::skip_grace_period,
         .wrong = "kfree right after unset, without a grace period",
         .rules = {Rule::reclaim}},
        {.fault = Fault::gp_misses_cpu,
         .wrong = "synchronize_sched never looks at the last CPU",
         .rules = {Rule::grace_period}},
        {.fault = Fault::nmi_not_watched,
         .wrong = "NMI entry does not tell RCU that it interrupted an idle CPU",
         .rules = {Rule::grace_period, Rule::reclaim}},
        {.fault = Fault::publish_before_init,
         .wrong = "the callback is published before its data is initialised",
         .rules = {Rule::publish}},
        {.fault = Fault::torn_publish,
         .wrong = "the callback is stored in two halves",
         .rules = {Rule::publish}},
        {.fault = Fault::double_fetch, .wrong = "do_nmi loads nmi_callback twice", .rules = {Rule::publish}},
        {.fault = Fault::unset_to_null,
         .wrong = "unset stores null instead of the dummy",
         .rules = {Rule::publish}},
        {.fault = Fault::default_skipped,
         .wrong = "the callback returned 0 and default_do_nmi does not run",
         .rules = {Rule::count}},
        {.fault = Fault::count_shared,
         .wrong = "nmi_count is one counter for all CPUs",
         .rules = {Rule::count}},
        {.fault = Fault::nmi_exit_missing,
         .wrong = "a path leaves the handler without nmi_exit",
         .rules = {Rule::progress}},
        {.fault = Fault::read_after_exit,
         .wrong = "the handler's data is read once more after nmi_exit",
         .rules = {Rule::reclaim}},
    };
    return facts;
}

}  // namespace

std::span<const FaultFacts> fault_facts() {
    return table();
}

const FaultFacts& facts_of(abi::Fault fault) {
    return table().at(static_cast<std::size_t>(fault) - 1);
}

std::string_view why_not_shown(const FaultFacts& facts, plan::Arch arch, std::string_view kvm_backend) {
    const auto found = std::ranges::find_if(facts.not_shown, [&](const NotShown& lane) {
        return lane.arch == arch && (lane.kvm_backend.empty() || lane.kvm_backend == kvm_backend);
    });
    return found == facts.not_shown.end() ? std::string_view{} : found->reason;
}

plan::RunPlan showing(const FaultFacts& facts, plan::Arch arch, std::uint64_t seed) {
    plan::RunPlan plan = facts.shown_by;
    plan.arch = arch;
    plan.fault = facts.fault;
    plan.seed = seed;
    plan.duration = std::chrono::seconds(10);
    plan.nmis = 100'000;
    return plan;
}

}  // namespace nmistorm::oracle
