// SPDX-License-Identifier: GPL-2.0-or-later
#include "oracle/rules/count.h"

namespace nmistorm::oracle::rules {

void Count::on(const fact::NmiTaken&, const Context& context) {
    Seen& seen = seen_.at(context.at.vcpu);
    ++seen.taken;
    if (complete_) {
        seen.next_count = static_cast<std::uint32_t>(seen.taken);
    }
}

void Count::on(const fact::NmiEntered& entered, const Context& context) {
    Seen& seen = seen_.at(context.at.vcpu);
    ++seen.enters;
    seen.from_idle += entered.from_idle;
    seen.from_offline += entered.from_offline;
    if (!entered.count) {
        return;
    }
    if (seen.next_count && *entered.count != *seen.next_count) {
        context.report(Rule::count, {context.at.vcpu, GuestVirt{entered.ip}, {}},
                       "vCPU {}: nmi_count is {} in a handler where {} is right", context.at.vcpu,
                       *entered.count, *seen.next_count);
    }
    if (seen.taken == 0 || !complete_) {
        seen.next_count = *entered.count + 1;
    }
}

void Count::on(const fact::CallbackLoaded&, const Context& context) {
    ++seen_.at(context.at.vcpu).calls;
}

void Count::on(const fact::NmiLeft& left, const Context& context) {
    Seen& seen = seen_.at(context.at.vcpu);
    ++seen.leaves;
    seen.answered += left.answered;
    seen.defaulted += left.defaulted;
    seen.by_dummy += left.defaulted && context.world.dummy() == left.callback;
    seen.by_unknown += left.defaulted && !context.world.dummy();
    if (left.answered == left.defaulted) {
        context.report(Rule::count, {context.at.vcpu, GuestVirt{left.callback}, left.generation},
                       "vCPU {}: the callback {} and default_do_nmi() {}", context.at.vcpu,
                       left.answered ? "answered the NMI" : "did not answer the NMI",
                       left.defaulted ? "ran all the same" : "did not run either");
    }
    if (left.callbacks.value_or(1) != 1) {
        context.report(Rule::count, {context.at.vcpu, GuestVirt{left.callback}, left.generation},
                       "vCPU {}: {} callbacks ran for one NMI", context.at.vcpu, *left.callbacks);
    }
}

void Count::gap() {
    complete_ = false;
    for (Seen& seen : seen_) {
        seen.next_count.reset();
    }
}

void Count::on(const Sample& sample, FindingSink& sink) {
    const auto& [vcpu, counters] = sample;
    // While NMIs continue, each count may lag behind the next one but never lead it.
    const auto compare = [&, cpu = vcpu](std::uint64_t less, const char* name, std::uint64_t more,
                                         const char* of) {
        if (less > more) {
            sink.report(Rule::count, {.vcpu = cpu}, "vCPU {}: {} NMIs {} but only {} {}", cpu, less, name,
                        more, of);
        }
    };
    const std::uint64_t unanswered = counters.nmi_dummy + counters.nmi_declined;
    compare(counters.nmi_exits, "left", counters.nmi_answered + counters.nmi_defaulted,
            "answered or given the default action");
    compare(counters.nmi_defaulted, "given the default action", unanswered, "left to it by their callback");
    compare(counters.nmi_answered + unanswered, "answered or left to the default action",
            counters.nmi_callbacks, "seen by a callback");
    compare(counters.nmi_callbacks, "seen by a callback", counters.nmi_count, "counted in nmi_count");
    compare(counters.nmi_count, "counted in nmi_count", counters.nmi_entries, "entered");
}

void Count::on(const AtRest& rest, FindingSink& sink) const {
    const std::uint64_t taken = seen_.at(rest.vcpu).taken;
    const Concern concern{.vcpu = rest.vcpu, .at = rest.ip};
    if (rest.counters.nmi_entries != taken) {
        sink.report(Rule::count, concern, "vCPU {}: {} NMIs taken but {} entered", rest.vcpu, taken,
                    rest.counters.nmi_entries);
    }
    compare_counters(concern, rest.counters, true, sink);
}

void Count::finish(const Observation& observation, const Tally&, FindingSink& sink) const {
    const bool all_facts =
        complete_ && observation.plan.observe == plan::Observe::events && observation.events_lost == 0;
    for (unsigned vcpu = 0; vcpu < observation.vcpus.size(); ++vcpu) {
        const bool exact = observation.settled && !oracle::exited_fatally(observation, vcpu);
        compare_counters({.vcpu = vcpu}, observation.vcpus[vcpu].counters, exact, sink);
        if (exact && all_facts) {
            compare_facts(vcpu, observation.vcpus[vcpu].counters, sink);
        }
    }
}

void Count::compare_counters(const Concern& concern, const Counters& counters, bool exact,
                             FindingSink& sink) {
    const auto compare = [&](std::uint64_t count, const char* what) {
        const std::uint64_t under_way = exact ? 0 : 1;
        if (count > counters.nmi_entries || counters.nmi_entries - count > under_way) {
            sink.report(Rule::count, concern, "vCPU {}: {} NMIs entered but {} {}", *concern.vcpu,
                        counters.nmi_entries, count, what);
        }
    };
    compare(counters.nmi_count, "counted in nmi_count");
    compare(counters.nmi_callbacks, "seen by a callback");
    compare(counters.nmi_answered + counters.nmi_dummy + counters.nmi_declined,
            "answered or left to the default action");
    compare(counters.nmi_answered + counters.nmi_defaulted, "answered or given the default action");
    compare(counters.nmi_exits, "left");
}

void Count::compare_facts(unsigned vcpu, const Counters& counters, FindingSink& sink) const {
    const auto compare = [&](std::uint64_t counter, std::uint64_t events, const char* name) {
        if (counter != events) {
            sink.report(Rule::count, {.vcpu = vcpu}, "vCPU {}: {} is {} but the events say {}", vcpu, name,
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
