// SPDX-License-Identifier: GPL-2.0-or-later
#include "history.h"

#include "guests/abi/event_facts.h"

namespace nmistorm::oracle::test {

using abi::EventKind;

History& History::add(unsigned vcpu, EventKind kind, std::uint16_t flags, std::uint32_t a, std::uint32_t b) {
    steps_.emplace_back(Event{next_++, vcpu, kind, flags, a, b});
    return *this;
}

History& History::alloc(std::uint32_t block, std::uint32_t generation) {
    return add(0, EventKind::alloc, 0, block, generation);
}
History& History::publish(std::uint32_t callback, std::uint32_t generation) {
    return add(0, EventKind::publish, 0, callback, generation);
}
History& History::retire(std::uint32_t callback, std::uint32_t generation) {
    return add(0, EventKind::retire, 0, callback, generation);
}
History& History::gp_begin(std::uint32_t number) {
    return add(0, EventKind::gp_begin, 0, number, 0);
}
History& History::gp_end(std::uint32_t number, std::uint32_t length) {
    return add(0, EventKind::gp_end, 0, number, length);
}
History& History::free(std::uint32_t block, std::uint32_t generation) {
    return add(0, EventKind::free, 0, block, generation);
}
History& History::slot(unsigned vcpu, std::uint32_t generation, std::uint32_t uses) {
    return add(0, EventKind::slot, static_cast<std::uint16_t>(vcpu), uses, generation);
}
History& History::unload(std::uint32_t callback, std::uint32_t generation) {
    return add(0, EventKind::unload, 0, callback, generation);
}
History& History::reader_enter(unsigned vcpu, std::uint32_t generation) {
    return add(vcpu, EventKind::reader_enter, 0, generation, 0);
}
History& History::reader_leave(unsigned vcpu, std::uint32_t generation) {
    return add(vcpu, EventKind::reader_leave, 0, generation, 0);
}
History& History::nmi_enter(unsigned vcpu, std::uint32_t callback, std::uint16_t flags) {
    return nmi_begin(vcpu, flags).nmi_call(vcpu, callback);
}

History& History::nmi_begin(unsigned vcpu, std::uint16_t flags) {
    return add(vcpu, EventKind::nmi_enter, flags, 0x2000, ++nmi_counts_[vcpu]);
}

History& History::nmi_call(unsigned vcpu, std::uint32_t callback) {
    return add(vcpu, EventKind::nmi_call, 0, callback, 0);
}
History& History::nmi_leave(unsigned vcpu, std::uint32_t callback, std::uint32_t generation) {
    return nmi_leave_with(vcpu, callback, generation,
                          callback == dummy ? abi::nmi_defaulted : abi::nmi_answered);
}
History& History::nmi_leave_with(unsigned vcpu, std::uint32_t callback, std::uint32_t generation,
                                 std::uint16_t flags, unsigned callbacks) {
    return add(vcpu, EventKind::nmi_leave,
               static_cast<std::uint16_t>(flags | callbacks << abi::nmi_callbacks_shift), callback,
               generation);
}
History& History::nmi(unsigned vcpu, std::uint32_t callback, std::uint32_t generation) {
    return nmi_enter(vcpu, callback).nmi_leave(vcpu, callback, generation);
}
History& History::trip(unsigned vcpu, abi::Trip trip, std::uint32_t value, std::uint32_t generation) {
    return add(vcpu, EventKind::trip, static_cast<std::uint16_t>(trip), value, generation);
}
History& History::cpu_online(unsigned vcpu) {
    return add(vcpu, EventKind::cpu_online, 0, 0, 0);
}
History& History::cpu_offline(unsigned vcpu) {
    return add(vcpu, EventKind::cpu_offline, 0, 0, 0);
}
History& History::done() {
    return add(0, EventKind::done, 0, 0, 0);
}

History& History::gap(std::uint64_t lost) {
    steps_.emplace_back(Gap{lost});
    next_ += lost;
    return *this;
}

History History::without(std::size_t first, std::size_t count) const {
    History rest = *this;
    const auto begin = rest.steps_.begin() + static_cast<std::ptrdiff_t>(first);
    *begin = Gap{count};
    rest.steps_.erase(begin + 1, begin + static_cast<std::ptrdiff_t>(count));
    return rest;
}

History clean_history() {
    return History()
        .nmi_enter(1, dummy, abi::nmi_from_idle)
        .nmi_leave(1, dummy, 0)
        .alloc(block_a, 1)
        .publish(counting, 1)
        .nmi(0, counting, 1)
        .nmi_enter(1, counting)
        .publish(dummy, 0)
        .retire(counting, 1)
        .gp_begin(1)
        .nmi_leave(1, counting, 1)
        .gp_end(1)
        .free(block_a, 1);
}

Observation observed(const History& history, unsigned vcpus) {
    Observation seen;
    seen.plan.vcpus = vcpus;
    seen.vcpus.resize(vcpus);
    seen.finished = true;
    for (const History::Step& step : history.steps()) {
        if (const auto* gap = std::get_if<History::Gap>(&step)) {
            seen.events_lost += gap->lost;
            continue;
        }
        const Event& event = std::get<Event>(step);
        Counters& counters = seen.vcpus.at(event.vcpu).counters;
        counters.nmi_entries += event.kind == EventKind::nmi_enter;
        counters.nmi_count += event.kind == EventKind::nmi_enter;
        counters.nmi_idle += (event.kind == EventKind::nmi_enter && (event.flags & abi::nmi_from_idle) != 0);
        counters.nmi_offline +=
            (event.kind == EventKind::nmi_enter && (event.flags & abi::nmi_from_offline) != 0);
        counters.onlines += event.kind == EventKind::cpu_online;
        counters.trips += event.kind == EventKind::trip;
        if (event.kind == EventKind::nmi_leave) {
            ++counters.nmi_exits;
            counters.nmi_callbacks += event.flags >> abi::nmi_callbacks_shift;
            counters.nmi_answered += (event.flags & abi::nmi_answered) != 0;
            counters.nmi_defaulted += (event.flags & abi::nmi_defaulted) != 0;
            const bool unanswered = (event.flags & abi::nmi_answered) == 0;
            counters.nmi_dummy += unanswered && event.a == dummy;
            counters.nmi_declined += unanswered && event.a != dummy;
        }
    }
    seen.settled = true;
    for (VcpuObservation& vcpu : seen.vcpus) {
        const std::uint64_t entries = vcpu.counters.nmi_entries;
        seen.settled &= entries == vcpu.counters.nmi_exits;
        vcpu.delivery = {entries, entries, entries, entries, entries, 0, entries};
        vcpu.target = true;
    }
    return seen;
}

std::vector<Finding> judged(const History& history, const Observation& observation, Tally* tally) {
    Judge judge(observation.plan.vcpus);
    Observation all_seen = observation;
    guests::EventFacts facts(
        observation.plan.vcpus,
        {.fact = [&judge](const At& at, const Fact& fact) { judge.take(at, fact); },
         .malformed =
             [&all_seen](std::string sentence) { all_seen.malformed.push_back(std::move(sentence)); }});
    History all = history;
    if (observation.finished) {
        all.done();
    }
    for (const History::Step& step : all.steps()) {
        if (std::holds_alternative<History::Gap>(step)) {
            facts.gap();
            judge.take(Gap{});
        } else {
            facts.event(std::get<Event>(step));
        }
    }
    std::vector<Finding> findings = judge.finish(all_seen);
    if (tally != nullptr) {
        *tally = judge.tally();
    }
    return findings;
}

std::set<std::string> broken(const History& history, const Observation& observation) {
    std::set<std::string> names;
    for (const Finding& finding : judged(history, observation)) {
        names.emplace(name(finding.rule));
    }
    return names;
}

std::set<std::string> broken(const History& history) {
    return broken(history, observed(history));
}

}  // namespace nmistorm::oracle::test
