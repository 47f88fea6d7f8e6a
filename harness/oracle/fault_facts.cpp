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
        {.fault = Fault::gp_own_cpu_only,
         .wrong = "synchronize_sched looks at its own CPU alone",
         .rules = {Rule::grace_period}},
        {.fault = Fault::gp_stale_snapshot,
         .wrong = "synchronize_sched takes a CPU that was idle once to be idle for ever",
         .rules = {Rule::grace_period}},
        {.fault = Fault::gp_no_recheck,
         .wrong = "synchronize_sched tests its snapshot where the CPU's current counters are meant",
         .rules = {Rule::grace_period, Rule::progress}},
        {.fault = Fault::gp_counter_wrap,
         .wrong = "the number of ended grace periods is compared without regard to its wrap",
         .rules = {Rule::grace_period, Rule::progress}},
        {.fault = Fault::qs_in_preempt_off,
         .wrong = "a quiescent state is reported inside a preempt-disabled section",
         .rules = {Rule::grace_period}},
        {.fault = Fault::qs_in_nmi,
         .wrong = "NMI exit reports a quiescent state for the code it interrupted",
         .rules = {Rule::grace_period}},
        {.fault = Fault::nmi_not_watched,
         .wrong = "NMI entry does not tell RCU that it interrupted an idle CPU",
         .rules = {Rule::grace_period, Rule::reclaim},
         .shown_by = {.targets = {plan::Targets::Kind::others, {}}}},
        {.fault = Fault::nmi_toggles_watching,
         .wrong = "NMI entry and exit flip RCU's state although the CPU was not idle",
         .rules = {Rule::grace_period}},
        {.fault = Fault::nmi_exit_missing,
         .wrong = "a path leaves the handler without nmi_exit",
         .rules = {Rule::progress}},
        {.fault = Fault::read_after_exit,
         .wrong = "the handler's data is read once more after nmi_exit",
         .rules = {Rule::reclaim},
         .shown_by = {.targets = {plan::Targets::Kind::others, {}}}},
        {.fault = Fault::publish_before_init,
         .wrong = "the callback is published before its data is initialised",
         .rules = {Rule::publish}},
        {.fault = Fault::torn_publish,
         .wrong = "the callback is stored in two halves",
         .rules = {Rule::publish}},
        {.fault = Fault::double_fetch, .wrong = "do_nmi loads nmi_callback twice", .rules = {Rule::publish}},
        {.fault = Fault::unset_keeps_callback,
         .wrong = "unset leaves the old callback in place",
         .rules = {Rule::freshness, Rule::reclaim}},
        {.fault = Fault::unset_to_null,
         .wrong = "unset stores null instead of the dummy",
         .rules = {Rule::publish}},
        {.fault = Fault::default_skipped,
         .wrong = "the callback returned 0 and default_do_nmi does not run",
         .rules = {Rule::count}},
        {.fault = Fault::default_always,
         .wrong = "default_do_nmi runs although the callback handled the NMI",
         .rules = {Rule::count}},
        {.fault = Fault::count_shared,
         .wrong = "nmi_count is one counter for all CPUs",
         .rules = {Rule::count}},
        {.fault = Fault::count_late,
         .wrong = "nmi_count is incremented after the callback, and lost where NMIs nest",
         .rules = {Rule::count}},
        {.fault = Fault::double_free,
         .wrong = "the updater frees a block twice",
         .rules = {Rule::allocation}},
        {.fault = Fault::leak, .wrong = "one block in a hundred is never freed", .rules = {Rule::allocation}},
        {.fault = Fault::recycled_data,
         .wrong = "freed memory is handed out again at once under its old generation",
         .rules = {Rule::reclaim, Rule::publish}},
        {.fault = Fault::early_iret,
         .wrong = "the handler unmasks NMIs with an IRET of its own",
         .rules = {Rule::nesting},
         .shown_by = {.pace = {plan::Pace::Kind::burst, 2}}},
        {.fault = Fault::clobbered_register,
         .wrong = "NMI entry does not save one register",
         .rules = {Rule::nesting}},
        {.fault = Fault::lock_in_handler,
         .wrong = "the handler takes a lock that the updater holds",
         .rules = {Rule::progress},
         .shown_by = {.cycle = abi::Cycle::replace}},
        {.fault = Fault::waits_in_handler,
         .wrong = "the handler waits for a grace period",
         .rules = {Rule::progress}},
        {.fault = Fault::unload_early,
         .wrong = "the handler's code is destroyed without a grace period",
         .rules = {Rule::reclaim},
         .shown_by = {.cycle = abi::Cycle::unload}},
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
