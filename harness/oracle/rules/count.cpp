// SPDX-License-Identifier: GPL-2.0-or-later
#include "oracle/rules/count.h"

namespace nmistorm::oracle::rules {

void Count::event(const Event& event) {
    if (event.kind == abi::EventKind::nmi_enter) {
        entered(event);
    } else if (event.kind == abi::EventKind::nmi_call) {
        ++seen_.at(event.vcpu).calls;
    }
    if (event.kind != abi::EventKind::nmi_leave) {
        return;
    }
    const bool answered = (event.flags & abi::nmi_answered) != 0;
    const bool defaulted = (event.flags & abi::nmi_defaulted) != 0;
    Seen& seen = seen_.at(event.vcpu);
    ++seen.leaves;
    seen.answered += answered;
    seen.defaulted += defaulted;
    seen.by_dummy += defaulted && timeline().dummy() == event.a;
    seen.by_unknown += defaulted && !timeline().dummy();
    if (answered == defaulted) {
        sink().report(Rule::count, {event.vcpu, GuestVirt{event.a}, event.b},
                      "vCPU {}: the callback {} and default_do_nmi() {}", event.vcpu,
                      answered ? "answered the NMI" : "did not answer the NMI",
                      defaulted ? "ran all the same" : "did not run either");
    }
}

void Count::entered(const Event& event) {
    Seen& seen = seen_.at(event.vcpu);
    ++seen.enters;
    seen.from_idle += (event.flags & abi::nmi_from_idle) != 0;
    seen.from_offline += (event.flags & abi::nmi_from_offline) != 0;
    if (seen.next_count && event.b != *seen.next_count) {
        sink().report(Rule::count, {event.vcpu, GuestVirt{event.a}, {}},
                      "vCPU {}: nmi_count is {} in a handler where {} is right", event.vcpu, event.b,
                      *seen.next_count);
    }
    seen.next_count = event.b + 1;
}

void Count::gap() {
    complete_ = false;
    for (Seen& seen : seen_) {
        seen.next_count.reset();
    }
}

void Count::sample(unsigned vcpu, const Counters& counters) {
    // While NMIs continue, each count may lag behind the next one but never lead it.
    const auto compare = [&](std::uint64_t less, const char* name, std::uint64_t more, const char* of) {
        if (less > more) {
            sink().report(Rule::count, {.vcpu = vcpu}, "vCPU {}: {} NMIs {} but only {} {}", vcpu, less, name,
                          more, of);
        }
    };
    const std::uint64_t unanswered = counters.nmi_dummy + counters.nmi_declined;
    compare(counters.nmi_exits, "left", counters.nmi_answered + counters.nmi_defaulted,
            "answered or given the default action");
    compare(counters.nmi_defaulted, "given the default action", unanswered, "left to it by their callback");
    compare(counters.nmi_answered + unanswered, "answered or left to the default action", counters.nmi_count,
            "counted in nmi_count");
    compare(counters.nmi_count, "counted in nmi_count", counters.nmi_entries, "entered");
}

void Count::finish(const Observation& observation) {
    const bool all_events =
        complete_ && observation.plan.observe == plan::Observe::events && observation.events_lost == 0;
    for (unsigned vcpu = 0; vcpu < observation.vcpus.size(); ++vcpu) {
        const bool exact = observation.settled && !oracle::exited_fatally(observation, vcpu);
        compare_counters(vcpu, observation.vcpus[vcpu].counters, exact);
        if (exact && all_events) {
            compare_events(vcpu, observation.vcpus[vcpu].counters);
        }
    }
}

void Count::compare_counters(unsigned vcpu, const Counters& counters, bool exact) {
    const auto compare = [&](std::uint64_t count, const char* what) {
        const std::uint64_t under_way = exact ? 0 : 1;
        if (count > counters.nmi_entries || counters.nmi_entries - count > under_way) {
            sink().report(Rule::count, {.vcpu = vcpu}, "vCPU {}: {} NMIs entered but {} {}", vcpu,
                          counters.nmi_entries, count, what);
        }
    };
    compare(counters.nmi_count, "counted in nmi_count");
    compare(counters.nmi_answered + counters.nmi_dummy + counters.nmi_declined,
            "answered or left to the default action");
    compare(counters.nmi_answered + counters.nmi_defaulted, "answered or given the default action");
    compare(counters.nmi_exits, "left");
}

void Count::compare_events(unsigned vcpu, const Counters& counters) {
    const auto compare = [&](std::uint64_t counter, std::uint64_t events, const char* name) {
        if (counter != events) {
            sink().report(Rule::count, {.vcpu = vcpu}, "vCPU {}: {} is {} but the events say {}", vcpu, name,
                          counter, events);
        }
    };
    const Seen& seen = seen_.at(vcpu);
    compare(counters.nmi_entries, seen.enters, "nmi_entries");
    compare(counters.nmi_entries, seen.calls, "nmi_entries");
    compare(counters.nmi_entries, seen.leaves, "nmi_entries");
    compare(counters.nmi_idle, seen.from_idle, "nmi_idle");
    compare(counters.nmi_offline, seen.from_offline, "nmi_offline");
    compare(counters.nmi_answered, seen.answered, "nmi_answered");
    compare(counters.nmi_defaulted, seen.defaulted, "nmi_defaulted");
    // The dummy's callback is not known before its first publication.
    if (seen.by_unknown == 0) {
        compare(counters.nmi_dummy, seen.by_dummy, "nmi_dummy");
        compare(counters.nmi_declined, seen.defaulted - seen.by_dummy, "nmi_declined");
    }
}

}  // namespace nmistorm::oracle::rules
