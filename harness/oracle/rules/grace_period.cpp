// SPDX-License-Identifier: GPL-2.0-or-later
#include "oracle/rules/grace_period.h"

namespace nmistorm::oracle::rules {

// gp_begin takes its place before the first CPU is looked at, and nmi_enter takes its place after
// nmi_enter(). So a section with a lower order was already visible. nmi_leave comes before nmi_exit(), so a
// section that was waited for has its nmi_leave before gp_end. The same holds for readers.
void GracePeriod::event(const Event& event) {
    switch (event.kind) {
        case abi::EventKind::gp_end:
            ended(event);
            break;
        case abi::EventKind::reader_enter:
            if (timeline().online(event.vcpu) == false) {
                sink().report(
                    Rule::grace_period, {.vcpu = event.vcpu, .generation = event.a},
                    "a reader began on vCPU {} while that was offline, where no grace period waits for it",
                    event.vcpu);
            }
            break;
        case abi::EventKind::cpu_offline:
            if (const auto& reader = timeline().reader(event.vcpu)) {
                sink().report(Rule::grace_period, {.vcpu = event.vcpu, .generation = reader->generation},
                              "vCPU {} went offline in a reader, for which no grace period waits then",
                              event.vcpu);
            }
            break;
        default:
            break;
    }
}

void GracePeriod::ended(const Event& event) {
    const auto& ending = timeline().grace_period();
    if (!ending || ending->number != event.a) {
        if (timeline().grace_periods_known()) {
            sink().report(Rule::grace_period, {.vcpu = event.vcpu}, "grace period {} ended but had not begun",
                          event.a);
        }
        return;
    }
    for (unsigned vcpu = 0; vcpu < timeline().vcpus(); ++vcpu) {
        const auto& nmi = timeline().nmi(vcpu);
        if (nmi && nmi->enter < ending->begin) {
            sink().report(
                Rule::grace_period, {vcpu, instruction(nmi->callback), nmi->generation},
                "grace period {} ended while a handler that vCPU {} had entered before it began was "
                "still running",
                event.a, vcpu);
        }
        const auto& reader = timeline().reader(vcpu);
        if (reader && reader->enter < ending->begin) {
            sink().report(Rule::grace_period, {.vcpu = vcpu, .generation = reader->generation},
                          "grace period {} ended while a reader that vCPU {} had entered before it began was "
                          "still running",
                          event.a, vcpu);
        }
    }
}

}  // namespace nmistorm::oracle::rules
