// SPDX-License-Identifier: GPL-2.0-or-later
#include "oracle/rules/freshness.h"

namespace nmistorm::oracle::rules {

// retire takes its place after the store that replaced the callback. A handler that still loaded the old
// callback had begun before that store. So the grace period had to wait for it, and its nmi_call comes before
// gp_end.
void Freshness::event(const Event& event) {
    if (event.kind != abi::EventKind::nmi_call) {
        return;
    }
    const Generation* latest = timeline().data_of(event.a);
    if (latest != nullptr && latest->waited) {
        sink().report(
            Rule::freshness, {event.vcpu, GuestVirt{event.a}, latest->number},
            "vCPU {} entered a handler whose generation {} was retired before a grace period that has "
            "ended",
            event.vcpu, latest->number);
    }
}

}  // namespace nmistorm::oracle::rules
