// SPDX-License-Identifier: GPL-2.0-or-later
#include "oracle/tally.h"

#include "oracle/timeline.h"

namespace nmistorm::oracle {

void Tally::count(const Event& event, const Timeline& before) {
    ++events;
    switch (event.kind) {
        case abi::EventKind::nmi_enter:
            idle_nmis += (event.flags & abi::nmi_from_idle) != 0;
            offline_nmis += (event.flags & abi::nmi_from_offline) != 0;
            break;
        case abi::EventKind::nmi_call: {
            // It loaded the callback before the store that retired it, but reports that only now.
            const Generation* running = before.data_of(event.a);
            overlaps += running != nullptr && running->retired && !running->waited && !running->freed;
            break;
        }
        case abi::EventKind::nmi_leave:
            ++handled;
            break;
        case abi::EventKind::retire:
            for (unsigned vcpu = 0; vcpu < before.vcpus() && event.b != 0; ++vcpu) {
                const auto& section = before.nmi(vcpu);
                overlaps += section && section->call != 0 && section->callback == event.a;
            }
            break;
        case abi::EventKind::gp_end:
            ++grace_periods;
            grace_period_ticks.record(std::uint64_t{event.b} * 64);
            break;
        case abi::EventKind::free: {
            ++freed;
            const Generation* freed_now = before.generations().find(event.b);
            swaps += freed_now != nullptr && freed_now->published && freed_now->waited && !freed_now->freed;
            break;
        }
        case abi::EventKind::cpu_online:
            ++onlines;
            onlines_in_grace_period += before.grace_period().has_value();
            break;
        case abi::EventKind::unload: {
            const Generation* unloaded_now = before.generations().find(event.b);
            unloaded += unloaded_now != nullptr && unloaded_now->waited && !unloaded_now->unloaded;
            break;
        }
        default:
            break;
    }
}

}  // namespace nmistorm::oracle
