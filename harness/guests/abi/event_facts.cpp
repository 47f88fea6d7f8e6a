// SPDX-License-Identifier: GPL-2.0-or-later
#include "guests/abi/event_facts.h"

#include <algorithm>

#include <fmt/format.h>

#include "guests/trip.h"
#include "plan/run_plan.h"

namespace nmistorm::guests {

namespace fact = oracle::fact;

std::optional<oracle::Fact> fact_of(const Event& event) {
    using abi::EventKind;
    constexpr std::uint64_t ticks_per_unit = 64;  // abi/event.h, gp_end
    const auto has = [&event](abi::NmiFlags flag) { return (event.flags & flag) != 0; };
    switch (event.kind) {
        case EventKind::nmi_enter:
            return fact::NmiEntered{event.a, has(abi::nmi_from_idle), has(abi::nmi_from_offline), event.b};
        case EventKind::nmi_call:
            return fact::CallbackLoaded{event.a};
        case EventKind::nmi_leave:
            return fact::NmiLeft{.callback = event.a,
                                 .generation = event.b,
                                 .answered = has(abi::nmi_answered),
                                 .defaulted = has(abi::nmi_defaulted),
                                 .callbacks = event.flags >> abi::nmi_callbacks_shift};
        case EventKind::publish:
            return fact::Published{event.a, event.b};
        case EventKind::retire:
            return fact::Retired{event.a, event.b};
        case EventKind::gp_begin:
            return fact::GracePeriodBegan{event.a};
        case EventKind::gp_end:
            return fact::GracePeriodEnded{event.a, event.b * ticks_per_unit};
        case EventKind::alloc:
            return fact::Allocated{.block = event.a, .generation = event.b};
        case EventKind::free:
            return fact::Freed{event.a, event.b};
        case EventKind::reader_enter:
            return fact::ReaderBegan{event.a};
        case EventKind::reader_leave:
            return fact::ReaderEnded{event.a};
        case EventKind::trip:
            if (const auto trip = trip_of(event.flags)) {
                return fact::Tripped{*trip, event.a, event.b};
            }
            return {};
        case EventKind::done:
            return fact::UpdaterDone{};
        case EventKind::unload:
            return fact::CodeDestroyed{event.a, event.b};
        case EventKind::cpu_online:
            return fact::WentOnline{};
        case EventKind::cpu_offline:
            return fact::WentOffline{};
        case EventKind::slot:
            return fact::SlotLeft{.generation = event.b, .vcpu = event.flags, .uses = event.a};
        case EventKind::none:
            break;
    }
    return {};
}

void EventFacts::event(const Event& event) {
    check(event);
    if (const auto fact = fact_of(event)) {
        output_.fact({.order = event.order, .vcpu = event.vcpu}, *fact);
    }
}

void EventFacts::gap() {
    std::ranges::fill(online_, std::nullopt);
}

void EventFacts::check_nmi_flags(const Event& event, unsigned flags) const {
    if ((flags & ~abi::nmi_flags_mask) != 0) {
        output_.malformed(
            fmt::format("vCPU {} wrote an NMI event with flags {:#x}", event.vcpu, event.flags));
    }
}

void EventFacts::check_updater(const Event& event) const {
    if (event.vcpu != plan::updater_vcpu) {
        output_.malformed(fmt::format("vCPU {} wrote an event of kind {}, which only the updater may write",
                                      event.vcpu, static_cast<unsigned>(event.kind)));
    }
}

void EventFacts::check(const Event& event) {
    using abi::EventKind;
    switch (event.kind) {
        case EventKind::trip:
            if (!trip_of(event.flags)) {
                output_.malformed(no_such_trip(event.vcpu, event.flags));
            }
            break;
        case EventKind::nmi_enter:
        case EventKind::nmi_call:
            check_nmi_flags(event, event.flags);
            break;
        case EventKind::nmi_leave:
            check_nmi_flags(event, event.flags & ((1U << abi::nmi_callbacks_shift) - 1));
            break;
        case EventKind::cpu_online:
        case EventKind::cpu_offline: {
            const bool online = event.kind == EventKind::cpu_online;
            if (online_.at(event.vcpu) == online) {
                output_.malformed(fmt::format("vCPU {} said twice in a row that it went {}", event.vcpu,
                                              online ? "online" : "offline"));
            }
            online_.at(event.vcpu) = online;
            break;
        }
        case EventKind::slot:
            if (event.flags >= online_.size()) {
                output_.malformed(fmt::format("vCPU {} told of a slot of vCPU {}, which does not exist",
                                              event.vcpu, event.flags));
            }
            check_updater(event);
            break;
        case EventKind::done:
        case EventKind::publish:
        case EventKind::retire:
        case EventKind::gp_begin:
        case EventKind::gp_end:
        case EventKind::alloc:
        case EventKind::free:
        case EventKind::unload:
            check_updater(event);
            break;
        default:
            break;
    }
}

}  // namespace nmistorm::guests
