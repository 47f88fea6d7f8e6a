// SPDX-License-Identifier: GPL-2.0-or-later
#include "oracle/rules/delivery.h"

#include "plan/names.h"

namespace nmistorm::oracle::rules {

void Delivery::finish(const Observation& observation, const Tally&, FindingSink& sink) {
    if (!observation.malformed.empty()) {
        return;  // the counts of a guest that does not follow the ABI say nothing about KVM
    }
    for (const SourceAccount& account : observation.sources) {
        judge(account, observation.settled, sink);
    }
    const bool lockstep = observation.plan.pace.kind == plan::Pace::Kind::lockstep;
    for (unsigned vcpu = 0; vcpu < observation.vcpus.size(); ++vcpu) {
        const VcpuObservation& seen = observation.vcpus[vcpu];
        judge(vcpu, seen, sink);
        // A vCPU that stopped for good need not handle any more NMIs.
        if (observation.settled && !oracle::exited_fatally(observation, vcpu)) {
            judge_settled(vcpu, seen, lockstep, sink);
        }
    }
    for (const Stall& stall : observation.stalls) {
        if (stall.what == Stall::What::delivery) {
            sink.report(
                Rule::delivery, {stall.vcpu, instruction(stall.ip), {}},
                "vCPU {} did not handle an accepted NMI in {:.1f} s although it ran with NMIs unmasked",
                stall.vcpu, stall.seconds);
        }
    }
}

/// No source's NMI may be refused: the guest keeps its APICs enabled.
void Delivery::judge(const SourceAccount& account, bool settled, FindingSink& sink) {
    if (account.accepted > account.requested || (settled && account.accepted < account.requested)) {
        sink.report(Rule::delivery, {}, "{}: {} NMIs requested but {} accepted", plan::name(account.source),
                    account.requested, account.accepted);
    }
}

// The upper bounds require that NMIs are masked while one is handled. If one began inside another, they were
// not masked, and the rule nesting reports that.

void Delivery::judge(unsigned vcpu, const VcpuObservation& seen, FindingSink& sink) {
    const Concern concern{.vcpu = vcpu};
    const oracle::Delivery& delivery = seen.delivery;
    const std::uint64_t entries_since_boot = seen.counters.nmi_entries;
    if (delivery.accepted > delivery.requested) {
        sink.report(Rule::delivery, concern, "vCPU {}: {} NMIs accepted but only {} requested", vcpu,
                    delivery.accepted, delivery.requested);
    }
    if (delivery.surplus > 0 && seen.counters.nmi_nested == 0) {
        sink.report(Rule::delivery, concern, "vCPU {}: {} NMIs handled beyond what requests can explain",
                    vcpu, delivery.surplus);
    }
    if (delivery.kvm_injections && entries_since_boot > *delivery.kvm_injections) {
        sink.report(Rule::delivery, concern, "vCPU {}: {} NMIs handled but KVM says it injected {}", vcpu,
                    entries_since_boot, *delivery.kvm_injections);
    }
}

void Delivery::judge_settled(unsigned vcpu, const VcpuObservation& seen, bool lockstep, FindingSink& sink) {
    const Concern concern{.vcpu = vcpu};
    const oracle::Delivery& delivery = seen.delivery;
    const std::uint64_t entries = delivery.entries;
    const bool too_many = entries > delivery.at_most && seen.counters.nmi_nested == 0;
    if (entries < delivery.at_least || too_many) {
        sink.report(Rule::delivery, concern, "vCPU {}: {} NMIs handled where {} to {} are right", vcpu,
                    entries, delivery.at_least, delivery.at_most);
    }
    if (lockstep && (entries != delivery.accepted || delivery.accepted != delivery.requested)) {
        sink.report(Rule::delivery, concern,
                    "vCPU {}: in lockstep {} NMIs were requested, {} accepted, {} handled", vcpu,
                    delivery.requested, delivery.accepted, entries);
    }
}

}  // namespace nmistorm::oracle::rules
