// SPDX-License-Identifier: GPL-2.0-or-later
#include "oracle/rules/coverage.h"

#include <string>

#include "plan/names.h"

namespace nmistorm::oracle::rules {

void Coverage::finish(const Observation& observation, const Tally& tally, FindingSink& sink) {
    if (!sink.empty()) {
        return;  // a run that broke a rule exercised enough, and the finding cut it short
    }
    judge_swaps(observation, tally, sink);
    judge_unloads(observation, tally, sink);
    judge_deferred(observation, tally, sink);
    if (observation.plan.hotplug) {
        judge_hotplug(observation, tally, sink);
    }
    if (observation.plan.churn && observation.churns == 0) {
        sink.report(Rule::coverage, {},
                    "the VM was never replaced: run for longer (--duration), or replace it more often (a "
                    "shorter --churn)");
    }
    judge_targets(observation, tally, sink);
    judge_sources(observation, sink);
    judge_loss(observation, tally, sink);
    if (observation.plan.until_covered) {
        judge_arrivals(observation, sink);
    }
    if (observation.plan.profile && observation.samples == 0) {
        sink.report(Rule::coverage, {}, "no NMI was sampled for the profile: run for longer (--duration)");
    }
}

void Coverage::judge_swaps(const Observation& observation, const Tally& tally, FindingSink& sink) {
    std::uint64_t swaps = tally.swaps;
    std::uint64_t grace_periods = tally.grace_periods;
    std::uint64_t overlaps = tally.overlaps;
    if (observation.plan.observe == plan::Observe::counters) {
        swaps = grace_periods = overlaps = 0;
        for (const VcpuObservation& vcpu : observation.vcpus) {
            swaps += vcpu.counters.swaps;
            grace_periods += vcpu.counters.grace_periods;
            overlaps += vcpu.counters.overlaps;
        }
    }
    if (swaps == 0) {
        sink.report(Rule::coverage, {}, "no swap was completed: run for longer (--duration)");
    }
    if (grace_periods == 0) {
        sink.report(Rule::coverage, {}, "no grace period ended: run for longer (--duration)");
    }
    if (overlaps != 0) {
        return;
    }
    if (observation.vcpus.size() < 2) {
        sink.report(
            Rule::coverage, {},
            "a single vCPU can never run a handler while that handler is retired: take more (--vcpus 2)");
    } else {
        sink.report(
            Rule::coverage, {},
            "no handler was running while it was retired: run for longer (--duration) or with more NMIs "
            "(--pace)");
    }
}

void Coverage::judge_unloads(const Observation& observation, const Tally& tally, FindingSink& sink) {
    std::uint64_t unloaded = tally.unloaded;
    if (observation.plan.observe == plan::Observe::counters) {
        unloaded = observation.vcpus[plan::updater_vcpu].counters.unloaded;
    }
    if (observation.plan.cycle == abi::Cycle::unload && unloaded == 0) {
        sink.report(Rule::coverage, {}, "no handler's code was destroyed: run for longer (--duration)");
    }
}

void Coverage::judge_deferred(const Observation& observation, const Tally& tally, FindingSink& sink) {
    std::uint64_t freed = tally.freed;
    std::uint64_t grace_periods = tally.grace_periods;
    if (observation.plan.observe == plan::Observe::counters) {
        freed = observation.vcpus[plan::updater_vcpu].counters.freed;
        grace_periods = observation.vcpus[plan::updater_vcpu].counters.grace_periods;
    }
    if (observation.plan.cycle == abi::Cycle::deferred && freed <= grace_periods) {
        sink.report(Rule::coverage, {},
                    "no more blocks were freed than grace periods ended: run for longer (--duration)");
    }
}

void Coverage::judge_hotplug(const Observation& observation, const Tally& tally, FindingSink& sink) {
    const bool events = observation.plan.observe == plan::Observe::events;
    const Counters& hotplugged = observation.vcpus.back().counters;
    if ((events ? tally.onlines : hotplugged.onlines) < 2) {
        sink.report(Rule::coverage, {}, "no vCPU went offline and came back: run for longer (--duration)");
    }
    if (events && tally.onlines_in_grace_period == 0) {
        sink.report(Rule::coverage, {},
                    "no vCPU came online during a grace period: run for longer (--duration)");
    }
    if ((events ? tally.offline_nmis : hotplugged.nmi_offline) == 0) {
        sink.report(Rule::coverage, {}, "no NMI came to an offline vCPU: run for longer (--duration)");
    }
}

void Coverage::judge_targets(const Observation& observation, const Tally& tally, FindingSink& sink) {
    std::string unhandled;
    bool may_be_idle = false;  // false if only the updater's vCPU is left, which is never idle
    std::uint64_t idle_nmis = 0;
    for (unsigned vcpu = 0; vcpu < observation.vcpus.size(); ++vcpu) {
        const VcpuObservation& seen = observation.vcpus[vcpu];
        idle_nmis += seen.counters.nmi_idle;
        may_be_idle |=
            seen.target && vcpu != plan::updater_vcpu && (observation.plan.work & abi::work_idle) != 0;
        if (seen.target && seen.counters.nmi_exits == 0) {
            unhandled += fmt::format("{}{}", unhandled.empty() ? "" : ", ", vcpu);
        }
    }
    if (observation.plan.observe == plan::Observe::events) {
        idle_nmis = tally.idle_nmis;
    }
    if (may_be_idle && idle_nmis == 0) {
        sink.report(Rule::coverage, {}, "no NMI came to an idle vCPU: run for longer (--duration)");
    }
    if (!unhandled.empty()) {
        sink.report(Rule::coverage, {},
                    "no NMI was handled on vCPU {}: run for longer (--duration) or choose other --targets",
                    unhandled);
    }
}

void Coverage::judge_sources(const Observation& observation, FindingSink& sink) {
    for (const SourceAccount& account : observation.sources) {
        if (account.requested == 0) {
            sink.report(Rule::coverage, {},
                        "{} made no NMI: ask for more (--duration, --nmis), or leave it out (--source)",
                        plan::name(account.source));
        }
    }
}

void Coverage::judge_arrivals(const Observation& observation, FindingSink& sink) {
    std::size_t missed = 0;
    for (const ArrivalsIn& in : observation.arrivals) {
        missed += in.by_instruction.size() - in.reached();
    }
    if (observation.arrivals.empty()) {
        sink.report(Rule::coverage, {},
                    "the image has none of the functions that are to be covered: leave out --until");
    } else if (!observation.covered) {
        sink.report(Rule::coverage, {},
                    "NMIs still arrived at further instructions, and had not at {} yet: run for longer "
                    "(--duration)",
                    missed);
    }
}

void Coverage::judge_loss(const Observation& observation, const Tally& tally, FindingSink& sink) {
    const std::uint64_t lost = observation.events_lost;
    const std::uint64_t all = lost + tally.facts;
    // In counters mode the only events are trips, and the rule abi-conformance detects a lost one.
    if (observation.plan.observe == plan::Observe::events && lost > all / 100) {
        sink.report(Rule::coverage, {},
                    "{} of {} events were lost, more than 1 %: slow down (--pace) or use --observe counters",
                    lost, all);
    }
}

}  // namespace nmistorm::oracle::rules
