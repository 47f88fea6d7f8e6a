// SPDX-License-Identifier: GPL-2.0-or-later
#include "drive/evidence.h"

#include <fmt/format.h>

#include <utility>

namespace nmistorm::drive {
namespace {

constexpr std::size_t malformed_max = 16;  // of the sentences kept: one is as good as a thousand

struct Field {
    std::uint32_t abi::Counters::*raw;
    std::uint64_t oracle::Counters::*wide;
};

/// In the order in which they are read: an NMI changes them from the last to the first, so that at any
/// moment exits <= answered + defaulted <= answered + dummy + declined <= count <= entries, and so it is for
/// what is read.
constexpr Field fields[] = {
    {&abi::Counters::nmi_exits, &oracle::Counters::nmi_exits},
    {&abi::Counters::nmi_answered, &oracle::Counters::nmi_answered},
    {&abi::Counters::nmi_defaulted, &oracle::Counters::nmi_defaulted},
    {&abi::Counters::nmi_dummy, &oracle::Counters::nmi_dummy},
    {&abi::Counters::nmi_declined, &oracle::Counters::nmi_declined},
    {&abi::Counters::nmi_idle, &oracle::Counters::nmi_idle},
    {&abi::Counters::nmi_offline, &oracle::Counters::nmi_offline},
    {&abi::Counters::nmi_count, &oracle::Counters::nmi_count},
    {&abi::Counters::nmi_entries, &oracle::Counters::nmi_entries},
    {&abi::Counters::readers, &oracle::Counters::readers},
    {&abi::Counters::swaps, &oracle::Counters::swaps},
    {&abi::Counters::grace_periods, &oracle::Counters::grace_periods},
    {&abi::Counters::freed, &oracle::Counters::freed},
    {&abi::Counters::overlaps, &oracle::Counters::overlaps},
    {&abi::Counters::trips, &oracle::Counters::trips},
    {&abi::Counters::unloaded, &oracle::Counters::unloaded},
    {&abi::Counters::onlines, &oracle::Counters::onlines},
    {&abi::Counters::nmi_nested, &oracle::Counters::nmi_nested},
};
static_assert(std::size(fields) * sizeof(std::uint32_t) == sizeof(abi::Counters));

}  // namespace

Evidence::Evidence(const plan::RunPlan& plan, machine::Machine& machine)
    : machine_(machine),
      judge_(plan),
      merge_(machine.vcpus(), outputs()),
      last_(machine.vcpus()),
      counters_(machine.vcpus()) {}

oracle::Merge::Output Evidence::outputs() {
    return {.event =
                [this](const oracle::Event& event) {
                    if (event.kind == abi::EventKind::gp_begin || event.kind == abi::EventKind::gp_end) {
                        in_grace_period_ = event.kind == abi::EventKind::gp_begin;
                    }
                    judge_.event(event);
                },
            .gap = [this](std::uint64_t lost) { judge_.gap(lost); },
            .malformed = [this](std::string sentence) { complain(std::move(sentence)); }};
}

void Evidence::complain(std::string sentence) {
    if (malformed_.size() < malformed_max) {
        malformed_.push_back(std::move(sentence));
    }
}

void Evidence::drain() {
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

void Evidence::drain_samples(unsigned cpu) {
    samples_.clear();
    if (!machine_.samples(cpu).drain(samples_)) {
        complain(fmt::format("vCPU {}: the head of its samples moved by more than their buffer holds", cpu));
    }
    profile_.add(samples_);
}

std::uint64_t Evidence::samples_lost() const {
    std::uint64_t lost = 0;
    for (unsigned cpu = 0; cpu < machine_.vcpus(); ++cpu) {
        lost += machine_.samples(cpu).lost();
    }
    return lost;
}

void Evidence::sample() {
    for (unsigned cpu = 0; cpu < machine_.vcpus(); ++cpu) {
        const abi::Counters& now = machine_.cpu_page(cpu).counters;
        for (const Field& field : fields) {
            const std::uint32_t value = machine::load(now.*field.raw);
            counters_[cpu].*field.wide += value - last_[cpu].*field.raw;
            last_[cpu].*field.raw = value;
        }
        judge_.sample(cpu, counters_[cpu]);
    }
}

void Evidence::finish() {
    drain();
    merge_.finish();
    sample();
}

oracle::Counters Evidence::total() const {
    oracle::Counters sum;
    for (const oracle::Counters& each : counters_) {
        for (const Field& field : fields) {
            sum.*field.wide += each.*field.wide;
        }
    }
    return sum;
}

}  // namespace nmistorm::drive
