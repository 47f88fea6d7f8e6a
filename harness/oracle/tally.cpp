// SPDX-License-Identifier: GPL-2.0-or-later
#include "oracle/tally.h"

#include "oracle/world.h"

namespace nmistorm::oracle {

void Tally::count(const fact::NmiEntered& entered, const World&) {
    ++facts;
    idle_nmis += entered.from_idle;
    offline_nmis += entered.from_offline;
}

void Tally::count(const fact::CallbackLoaded& loaded, const World& before) {
    ++facts;
    // It loaded the callback before the store that retired it, but reports that only now.
    const Publication* running = before.publication(loaded.callback);
    overlaps += running != nullptr && running->generation != 0 && running->retired && !running->waited &&
                !before.freed(running->generation);
}

void Tally::count(const fact::NmiLeft&, const World&) {
    ++facts;
    ++handled;
}

void Tally::count(const fact::Retired& retired, const World& before) {
    ++facts;
    for (unsigned vcpu = 0; vcpu < before.vcpus() && retired.generation != 0; ++vcpu) {
        const auto& section = before.nmi(vcpu);
        overlaps += section && section->loaded && section->callback == retired.callback;
    }
}

void Tally::count(const fact::GracePeriodEnded& ended, const World&) {
    ++facts;
    ++grace_periods;
    grace_period_ticks.record(ended.ticks);
}

void Tally::count(const fact::Freed& freed_now, const World& before) {
    ++facts;
    ++freed;
    const Publication* publication =
        freed_now.generation ? before.publication_with(*freed_now.generation) : nullptr;
    swaps += publication != nullptr && publication->published && publication->waited &&
             !before.freed(freed_now.generation);
}

void Tally::count(const fact::WentOnline&, const World& before) {
    ++facts;
    ++onlines;
    onlines_in_grace_period += before.in_grace_period();
}

void Tally::count(const fact::CodeDestroyed& destroyed, const World& before) {
    ++facts;
    const Publication* publication = before.publication(destroyed.callback);
    unloaded += publication != nullptr && publication->waited && !publication->unloaded;
}

}  // namespace nmistorm::oracle
