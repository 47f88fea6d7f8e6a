// SPDX-License-Identifier: GPL-2.0-or-later
#include "oracle/rules/freshness.h"

namespace nmistorm::oracle::rules {

// Retired has its place after the store that replaced the callback. A handler that still loaded the old
// callback had begun before that store. So the grace period had to wait for it, and CallbackLoaded comes
// before GracePeriodEnded.
void Freshness::on(const fact::CallbackLoaded& loaded, const Context& context) {
    const Publication* latest = context.world.publication(loaded.callback);
    if (latest == nullptr || !latest->waited) {
        return;
    }
    const Concern concern{context.at.vcpu, GuestVirt{loaded.callback}, latest->generation};
    if (latest->generation) {
        context.report(
            Rule::freshness, concern,
            "vCPU {} entered a handler whose generation {} was retired before a grace period that has "
            "ended",
            context.at.vcpu, *latest->generation);
    } else {
        context.report(
            Rule::freshness, concern,
            "vCPU {} loaded callback {:#x}, which was retired before a grace period that has ended",
            context.at.vcpu, loaded.callback);
    }
}

}  // namespace nmistorm::oracle::rules
