// SPDX-License-Identifier: GPL-2.0-or-later
#include "oracle/rules/nesting.h"

namespace nmistorm::oracle::rules {

void Nesting::event(const Event& event) {
    if (event.kind == abi::EventKind::nmi_enter && timeline().nmi(event.vcpu)) {
        const NmiSection& outer = *timeline().nmi(event.vcpu);
        sink().report(Rule::nesting, {event.vcpu, GuestVirt{event.a}, {}},
                      "vCPU {} took an NMI at {:#x} inside the one it entered at event {}", event.vcpu,
                      event.a, outer.enter);
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

}  // namespace nmistorm::oracle::rules
