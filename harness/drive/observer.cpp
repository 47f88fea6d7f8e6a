// SPDX-License-Identifier: GPL-2.0-or-later
#include "drive/observer.h"

#include <fmt/format.h>

#include <utility>

namespace nmistorm::drive {
namespace {

constexpr std::size_t malformed_max = 16;  // sentences that are kept; a few are enough

}  // namespace

Observer::Observer(const plan::RunPlan& plan, machine::Machine& machine, Record record)
    : machine_(machine),
      record_(std::move(record)),
      judge_(plan.vcpus),
      facts_(machine.vcpus(), facts()),
      merge_(machine.vcpus(), events()),
      counters_(machine.vcpus()) {}

guests::Merge::Output Observer::events() {
    return {.event =
                [this](const guests::Event& event) {
                    if (event.kind == abi::EventKind::gp_begin || event.kind == abi::EventKind::gp_end) {
                        in_grace_period_ = event.kind == abi::EventKind::gp_begin;
                    }
                    facts_.event(event);
                },
            .gap =
                [this](std::uint64_t) {
                    facts_.gap();
                    note(oracle::Gap{});
                },
            .malformed = [this](std::string sentence) { complain(std::move(sentence)); }};
}

guests::EventFacts::Output Observer::facts() {
    return {.fact =
                [this](const oracle::At& at, const oracle::Fact& fact) {
                    if (record_) {
                        record_(oracle::Recorded{at, fact});
                    }
                    judge_.take(at, fact);
                },
            .malformed = [this](std::string sentence) { complain(std::move(sentence)); }};
}

void Observer::note(const oracle::Record& record) {
    if (record_) {
        record_(record);
    }
    judge_.take(record);
}

void Observer::complain(std::string sentence) {
    if (malformed_.size() < malformed_max) {
        malformed_.push_back(std::move(sentence));
    }
}

void Observer::drain() {
    for (unsigned cpu = 0; cpu < machine_.vcpus(); ++cpu) {
        for (const auto which : {abi::RingOf::task, abi::RingOf::nmi}) {
            machine::EventReader& ring = machine_.ring(cpu, which);
            const unsigned index = cpu * abi::rings_per_cpu + static_cast<unsigned>(which);
            buffer_.clear();
            if (!ring.drain(buffer_)) {
                complain(fmt::format("vCPU {}: the head of its {} ring moved by more than the ring holds",
                                     cpu, which == abi::RingOf::nmi ? "NMI" : "task"));
            }
            merge_.set_lost(index, ring.lost());
            merge_.push(index, buffer_);
        }
        drain_samples(cpu);
    }
}

void Observer::drain_samples(unsigned cpu) {
    samples_.clear();
    if (!machine_.samples(cpu).drain(samples_)) {
        complain(fmt::format("vCPU {}: the head of its samples moved by more than their buffer holds", cpu));
    }
    profile_.add(samples_);
}

std::uint64_t Observer::samples_lost() const {
    std::uint64_t lost = 0;
    for (unsigned cpu = 0; cpu < machine_.vcpus(); ++cpu) {
        lost += machine_.samples(cpu).lost();
    }
    return lost;
}

void Observer::sample() {
    for (unsigned cpu = 0; cpu < machine_.vcpus(); ++cpu) {
        if (const auto wrong = counters_[cpu].read(machine_.cpu_page(cpu).counters)) {
            complain(fmt::format("vCPU {}: {}", cpu, *wrong));
        }
        note(oracle::Sample{cpu, counters(cpu)});
    }
}

void Observer::finish() {
    drain();
    merge_.finish();
    sample();
}

oracle::Counters Observer::total() const {
    oracle::Counters sum;
    for (const CounterReader& each : counters_) {
        sum += each.counters();
    }
    return sum;
}

}  // namespace nmistorm::drive
