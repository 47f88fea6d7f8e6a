// SPDX-License-Identifier: GPL-2.0-or-later
#include "inject/pacer.h"

#include <algorithm>
#include <limits>

namespace nmistorm::inject {
namespace {

std::uint32_t exits(const machine::Machine& machine, unsigned cpu) {
    return machine::load(machine.cpu_page(cpu).counters.nmi_exits);
}

}  // namespace

Pacer::Pacer(const plan::RunPlan& plan, machine::Machine& machine, KvmNmi& source)
    : machine_(machine), source_(source), by_cpu_(machine.vcpus()) {
    const std::vector<unsigned> cpus = plan::target_vcpus(plan);
    for (std::size_t i = 0; i < cpus.size(); ++i) {
        std::uint64_t share = std::numeric_limits<std::uint64_t>::max();
        if (plan.nmis) {
            share = *plan.nmis / cpus.size() + (i < *plan.nmis % cpus.size() ? 1 : 0);
        }
        by_cpu_[cpus[i]] = &targets_.emplace_back(plan, cpus[i], share, exits(machine, cpus[i]));
    }
}

bool Pacer::answered(const Target& target) const {
    return target.answered(exits(machine_, target.cpu()), source_.waiting(target.cpu()));
}

bool Pacer::poll(Clock::time_point now) {
    bool any = false;
    for (Target& target : targets_) {
        const unsigned cpu = target.cpu();
        if (const auto nmis = target.take(now, exits(machine_, cpu), source_.waiting(cpu)); nmis != 0) {
            source_.request(machine_.vcpu(cpu), cpu, nmis);
            any = true;
        }
    }
    return any;
}

void Pacer::inject(unsigned cpu, kvm::Vcpu& vcpu, Clock::time_point now) {
    if (Target* target = by_cpu_[cpu]; target != nullptr) {
        if (const auto nmis = target->take(now, exits(machine_, cpu), 0); nmis != 0) {
            source_.queue(cpu, vcpu, nmis);
        }
    }
}

bool Pacer::exhausted() const {
    return std::ranges::all_of(targets_, [](const Target& target) { return target.exhausted(); });
}

bool Pacer::answered() const {
    return std::ranges::all_of(targets_, [this](const Target& target) { return answered(target); });
}

bool Pacer::answered(unsigned cpu) const {
    return by_cpu_[cpu] == nullptr || answered(*by_cpu_[cpu]);
}

std::uint64_t Pacer::requested(unsigned cpu) const {
    return by_cpu_[cpu] != nullptr ? by_cpu_[cpu]->requested() : 0;
}

}  // namespace nmistorm::inject
