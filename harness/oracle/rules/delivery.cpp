// SPDX-License-Identifier: GPL-2.0-or-later
#include "oracle/rules/delivery.h"

namespace nmistorm::oracle::rules {

void Delivery::finish(const Observation& observation) {
    if (!observation.malformed.empty()) {
        return;  // KVM is not judged by the word of a guest whose word is worth nothing
    }
    const bool lockstep = observation.plan.pace.kind == plan::Pace::Kind::lockstep;
    for (unsigned vcpu = 0; vcpu < observation.vcpus.size(); ++vcpu) {
        const VcpuObservation& seen = observation.vcpus[vcpu];
        judge(vcpu, seen.delivery, seen.counters.nmi_entries);
        // A vCPU that stopped for good owes nothing.
        if (observation.settled && !oracle::died(observation, vcpu)) {
            judge_settled(vcpu, seen.delivery, lockstep);
        }
    }
    for (const Stall& stall : observation.stalls) {
        if (stall.what == Stall::What::delivery) {
            sink().report(
                Rule::delivery, {stall.vcpu, instruction(stall.ip), {}},
                "vCPU {} did not handle an accepted NMI in {:.1f} s although it ran with NMIs unmasked",
                stall.vcpu, stall.seconds);
        }
    }
}

void Delivery::judge(unsigned vcpu, const oracle::Delivery& delivery, std::uint64_t entries_since_boot) {
    const Concern concern{.vcpu = vcpu};
    if (delivery.accepted > delivery.requested) {
        sink().report(Rule::delivery, concern, "vCPU {}: {} NMIs accepted but only {} requested", vcpu,
                      delivery.accepted, delivery.requested);
    }
    if (delivery.surplus > 0) {
        sink().report(Rule::delivery, concern, "vCPU {}: {} NMIs handled beyond what requests can explain",
                      vcpu, delivery.surplus);
    }
    if (delivery.kvm_injections && entries_since_boot > *delivery.kvm_injections) {
        sink().report(Rule::delivery, concern, "vCPU {}: {} NMIs handled but KVM says it injected {}", vcpu,
                      entries_since_boot, *delivery.kvm_injections);
    }
}

void Delivery::judge_settled(unsigned vcpu, const oracle::Delivery& delivery, bool lockstep) {
    const Concern concern{.vcpu = vcpu};
    const std::uint64_t entries = delivery.entries;
    if (entries < delivery.at_least || entries > delivery.at_most) {
        sink().report(Rule::delivery, concern, "vCPU {}: {} NMIs handled where {} to {} are right", vcpu,
                      entries, delivery.at_least, delivery.at_most);
    }
    if (lockstep && (entries != delivery.accepted || delivery.accepted != delivery.requested)) {
        sink().report(Rule::delivery, concern,
                      "vCPU {}: in lockstep {} NMIs were requested, {} accepted, {} handled", vcpu,
                      delivery.requested, delivery.accepted, entries);
    }
}

}  // namespace nmistorm::oracle::rules
