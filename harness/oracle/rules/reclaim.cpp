// SPDX-License-Identifier: GPL-2.0-or-later
#include "oracle/rules/reclaim.h"

#include <utility>

namespace nmistorm::oracle::rules {

void Reclaim::event(const Event& event) {
    switch (event.kind) {
        case abi::EventKind::nmi_call: {
            const Generation* latest = timeline().data_of(event.a);
            // If a grace period came in between, the rule freshness is broken instead.
            if (latest != nullptr && (latest->freed || latest->unloaded) && !latest->waited) {
                sink().report(Rule::reclaim, {event.vcpu, GuestVirt{event.a}, latest->number},
                              "vCPU {} entered a handler whose {} {} was {} without a grace period",
                              event.vcpu, latest->unloaded ? "code of generation" : "generation",
                              latest->number, latest->unloaded ? "destroyed" : "freed");
            }
            break;
        }
        case abi::EventKind::nmi_leave:
            got_away(event.vcpu);
            left(event);
            break;
        case abi::EventKind::reader_enter: {
            const Generation* read = event.a == 0 ? nullptr : timeline().generations().find(event.a);
            if (read != nullptr && read->freed) {
                sink().report(Rule::reclaim, {event.vcpu, {}, event.a},
                              "a reader on vCPU {} found generation {}, which was freed", event.vcpu,
                              event.a);
            }
            break;
        }
        case abi::EventKind::free:
            freed(event);
            break;
        case abi::EventKind::unload:
            unloaded(event);
            break;
        case abi::EventKind::trip:
            tripped(event);
            break;
        default:
            break;
    }
}

void Reclaim::freed(const Event& event) {
    for (unsigned vcpu = 0; vcpu < timeline().vcpus() && event.b != 0; ++vcpu) {
        const auto& nmi = timeline().nmi(vcpu);
        if (nmi && nmi->generation == event.b) {
            sink().report(Rule::reclaim, {vcpu, GuestVirt{nmi->callback}, event.b},
                          "generation {} was freed while its handler ran on vCPU {}", event.b, vcpu);
        }
        const auto& reader = timeline().reader(vcpu);
        if (reader && reader->generation == event.b) {
            sink().report(Rule::reclaim, {vcpu, {}, event.b},
                          "generation {} was freed while vCPU {} was reading it", event.b, vcpu);
        }
    }
}

// Not reported at once: the place where the handler is caught tells more, and it cannot get far.
void Reclaim::unloaded(const Event& event) {
    for (unsigned vcpu = 0; vcpu < timeline().vcpus() && event.b != 0; ++vcpu) {
        const auto& nmi = timeline().nmi(vcpu);
        if (nmi && nmi->generation == event.b) {
            in_destroyed_code_.at(vcpu) = Concern{vcpu, GuestVirt{nmi->callback}, event.b};
        }
    }
}

void Reclaim::caught(const Event& event) {
    const std::optional<std::uint32_t> said = event.b == 0 ? std::nullopt : std::optional(event.b);
    const auto known = std::exchange(in_destroyed_code_.at(event.vcpu), std::nullopt);
    sink().report(Rule::reclaim, {event.vcpu, GuestVirt{event.a}, known ? known->generation : said},
                  "vCPU {} ran into destroyed code at {:#x}", event.vcpu, event.a);
}

void Reclaim::got_away(unsigned vcpu) {
    if (const auto concern = std::exchange(in_destroyed_code_.at(vcpu), std::nullopt)) {
        sink().report(Rule::reclaim, *concern,
                      "the code of generation {} was destroyed while it ran on vCPU {}", *concern->generation,
                      vcpu);
    }
}

void Reclaim::finish(const Observation& observation) {
    for (unsigned vcpu = 0; vcpu < observation.vcpus.size(); ++vcpu) {
        got_away(vcpu);
    }
}

void Reclaim::left(const Event& event) {
    if (event.b == 0) {
        return;
    }
    const Concern concern{event.vcpu, GuestVirt{event.a}, event.b};
    const auto& nmi = timeline().nmi(event.vcpu);
    const bool is_own = nmi && nmi->generation == event.b;
    const Generation* used = timeline().generations().find(event.b);
    if (used != nullptr && used->freed) {
        const bool reported_at_free = is_own && nmi->call < *used->freed;
        if (!reported_at_free) {
            sink().report(Rule::reclaim, concern, "a handler on vCPU {} used generation {}, which was freed",
                          event.vcpu, event.b);
        }
    } else if (event.b == abi::poison_free && used == nullptr && !is_own) {
        sink().report(Rule::reclaim, concern,
                      "a handler on vCPU {} found poison of freed memory for its generation", event.vcpu);
    }
}

void Reclaim::tripped(const Event& event) {
    const Concern concern{event.vcpu, {}, event.b};
    switch (static_cast<abi::Trip>(event.flags)) {
        case abi::Trip::data_generation:
            if (event.b == abi::poison_inuse) {
                break;  // initialised while the handler ran: the rule publish reports it
            }
            sink().report(Rule::reclaim, concern,
                          "vCPU {}: data of generation {} became {:#x} under its handler", event.vcpu,
                          event.b, event.a);
            break;
        case abi::Trip::data_tag:
            sink().report(Rule::reclaim, concern,
                          "vCPU {}: the tag left in data of generation {} became {:#x}", event.vcpu, event.b,
                          event.a);
            break;
        case abi::Trip::code:
            caught(event);
            break;
        case abi::Trip::data_magic:
        case abi::Trip::data_owner:
        case abi::Trip::data_tail:
            if (event.a == abi::poison_free) {
                sink().report(Rule::reclaim, concern,
                              "vCPU {}: a handler read poison of freed memory in generation {}", event.vcpu,
                              event.b);
            }
            break;
        default:
            break;
    }
}

}  // namespace nmistorm::oracle::rules
