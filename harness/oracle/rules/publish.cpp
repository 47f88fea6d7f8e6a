// SPDX-License-Identifier: GPL-2.0-or-later
#include "oracle/rules/publish.h"

namespace nmistorm::oracle::rules {

void Publish::event(const Event& event) {
    switch (event.kind) {
        case abi::EventKind::publish:
            published(event);
            break;
        case abi::EventKind::nmi_call:
            called(event);
            break;
        case abi::EventKind::nmi_leave:
            left(event);
            break;
        case abi::EventKind::trip:
            tripped(event);
            break;
        default:
            break;
    }
}

void Publish::published(const Event& event) {
    const Generation* data = event.b == 0 ? nullptr : timeline().generations().find(event.b);
    if (data != nullptr && data->freed) {
        sink().report(Rule::publish, {event.vcpu, GuestVirt{event.a}, event.b},
                      "generation {} was published although it had been freed", event.b);
    }
}

void Publish::called(const Event& event) {
    const Concern concern{event.vcpu, GuestVirt{event.a}, {}};
    if (event.a == 0) {
        sink().report(Rule::publish, concern, "vCPU {} loaded a null callback", event.vcpu);
        return;
    }
    const bool published = event.a == timeline().dummy() || timeline().data_of(event.a) != nullptr;
    if (!published && timeline().callbacks_known()) {
        sink().report(Rule::publish, concern, "vCPU {} loaded callback {:#x}, which was never published",
                      event.vcpu, event.a);
    }
}

void Publish::left(const Event& event) {
    const auto& nmi = timeline().nmi(event.vcpu);
    if (!nmi || nmi->call == 0) {
        return;
    }
    const Concern concern{event.vcpu, GuestVirt{event.a}, event.b};
    if (event.a != nmi->callback) {
        sink().report(Rule::publish, concern, "vCPU {} loaded callback {:#x} but ran {:#x}", event.vcpu,
                      nmi->callback, event.a);
        return;
    }
    if (!nmi->generation || *nmi->generation == event.b) {
        return;
    }
    // Freed data may hold anything; the rule reclaim reports a free under the handler.
    const Generation* own = timeline().generations().find(*nmi->generation);
    const bool reclaimed = event.b == abi::poison_free || (own != nullptr && own->freed);
    if (!reclaimed) {
        sink().report(Rule::publish, concern,
                      "vCPU {}: callback {:#x} was published with generation {} but used {:#x}", event.vcpu,
                      event.a, *nmi->generation, event.b);
    }
}

void Publish::tripped(const Event& event) {
    const char* what = nullptr;
    switch (static_cast<abi::Trip>(event.flags)) {
        case abi::Trip::data_magic:
            what = "magic";
            break;
        case abi::Trip::data_owner:
            what = "owner";
            break;
        case abi::Trip::data_tail:
            what = "tail";
            break;
        case abi::Trip::data_generation:
            if (event.b == abi::poison_inuse) {
                sink().report(Rule::publish, {event.vcpu, {}, event.a},
                              "vCPU {}: the data of generation {} was initialised under its handler",
                              event.vcpu, event.a);
            }
            return;
        default:
            return;
    }
    if (event.a != abi::poison_free) {  // otherwise the rule reclaim reports it
        sink().report(Rule::publish, {event.vcpu, {}, event.b},
                      "vCPU {}: a handler read {:#x} for the {} of its data{}", event.vcpu, event.a, what,
                      event.a == abi::poison_inuse ? ": not yet initialised" : "");
    }
}

}  // namespace nmistorm::oracle::rules
