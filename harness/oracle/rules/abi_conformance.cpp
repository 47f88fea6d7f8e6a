// SPDX-License-Identifier: GPL-2.0-or-later
#include "oracle/rules/abi_conformance.h"

namespace nmistorm::oracle::rules {

void AbiConformance::event(const Event& event) {
    switch (event.kind) {
        case abi::EventKind::trip:
            ++trips_.at(event.vcpu);
            if (event.flags == 0 || event.flags >= abi::trip_count) {
                sink().report(Rule::abi_conformance, {.vcpu = event.vcpu},
                              "vCPU {} reported tripwire {}, which does not exist", event.vcpu, event.flags);
            }
            break;
        case abi::EventKind::nmi_enter:
        case abi::EventKind::nmi_call:
        case abi::EventKind::nmi_leave:
            if ((event.flags & ~abi::nmi_flags_mask) != 0) {
                sink().report(Rule::abi_conformance, {.vcpu = event.vcpu},
                              "vCPU {} wrote an NMI event with flags {:#x}", event.vcpu, event.flags);
            }
            break;
        case abi::EventKind::cpu_online:
        case abi::EventKind::cpu_offline:
            if (timeline().online(event.vcpu) == (event.kind == abi::EventKind::cpu_online)) {
                sink().report(Rule::abi_conformance, {.vcpu = event.vcpu},
                              "vCPU {} said twice in a row that it went {}", event.vcpu,
                              event.kind == abi::EventKind::cpu_online ? "online" : "offline");
            }
            break;
        case abi::EventKind::done:
            done_ = true;
            [[fallthrough]];
        case abi::EventKind::publish:
        case abi::EventKind::retire:
        case abi::EventKind::gp_begin:
        case abi::EventKind::gp_end:
        case abi::EventKind::alloc:
        case abi::EventKind::free:
        case abi::EventKind::unload:
            if (event.vcpu != plan::updater_vcpu) {
                sink().report(Rule::abi_conformance, {.vcpu = event.vcpu},
                              "vCPU {} wrote an event of kind {}, which only the updater may write",
                              event.vcpu, static_cast<unsigned>(event.kind));
            }
            break;
        default:
            break;
    }
}

void AbiConformance::finish(const Observation& observation) {
    for (const std::string& sentence : observation.malformed) {
        sink().report(Rule::abi_conformance, {}, "{}", sentence);
    }
    if (observation.finished && !done_ && observation.plan.observe == plan::Observe::events &&
        observation.events_lost == 0) {
        sink().report(Rule::abi_conformance, {.vcpu = plan::updater_vcpu},
                      "the updater's state says that it is done, but no event says so");
    }
    // If the event of a tripwire was lost, a rule was still broken; it is only not known which.
    for (unsigned vcpu = 0; vcpu < observation.vcpus.size(); ++vcpu) {
        const std::uint64_t trips = observation.vcpus[vcpu].counters.trips;
        if (trips > trips_.at(vcpu)) {
            sink().report(Rule::abi_conformance, {.vcpu = vcpu},
                          "vCPU {} hit {} tripwires, of which {} were not reported", vcpu, trips,
                          trips - trips_.at(vcpu));
        }
    }
}

}  // namespace nmistorm::oracle::rules
