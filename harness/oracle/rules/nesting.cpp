// SPDX-License-Identifier: GPL-2.0-or-later
#include "oracle/rules/nesting.h"

namespace nmistorm::oracle::rules {

void Nesting::event(const Event& event) {
    if (event.kind == abi::EventKind::nmi_enter && timeline().nmi(event.vcpu)) {
        const NmiSection& outer = *timeline().nmi(event.vcpu);
        sink().report(Rule::nesting, {event.vcpu, GuestVirt{event.a}, {}},
                      "vCPU {} took an NMI at {:#x} inside the one it entered at event {}", event.vcpu,
                      event.a, outer.enter);
        nested_.insert(event.vcpu);
    }
    if (event.kind != abi::EventKind::trip) {
        return;
    }
    if (event.flags == static_cast<std::uint16_t>(abi::Trip::registers)) {
        sink().report(Rule::nesting, {.vcpu = event.vcpu}, "vCPU {}: register {} changed across an NMI",
                      event.vcpu, event.a);
    } else if (event.flags == static_cast<std::uint16_t>(abi::Trip::frame)) {
        sink().report(Rule::nesting, {event.vcpu, GuestVirt{event.a}, {}},
                      "vCPU {}: the interrupted frame changed while the handler ran", event.vcpu);
    }
}

// A handler inside another may destroy the records of both: events being written, or the other's stack. Then
// only the counter is left, and what other rules found is a consequence.
void Nesting::finish(const Observation& observation) {
    bool any = false;
    for (unsigned vcpu = 0; vcpu < observation.vcpus.size(); ++vcpu) {
        const std::uint64_t nested = observation.vcpus[vcpu].counters.nmi_nested;
        any |= nested != 0;
        if (nested != 0 && !nested_.contains(vcpu)) {
            sink().report(Rule::nesting, {.vcpu = vcpu},
                          "vCPU {}: {} NMI{} began before the one before had ended", vcpu, nested,
                          nested == 1 ? "" : "s");
        }
    }
    if (any) {
        sink().lead(Rule::nesting);
    }
}

}  // namespace nmistorm::oracle::rules
