// SPDX-License-Identifier: GPL-2.0-or-later
#include "sources/pacer.h"

#include <algorithm>
#include <iterator>
#include <limits>

namespace nmistorm::sources {

Pacer::Pacer(const plan::RunPlan& plan, const guests::Guest& guest, machine::Machine& machine,
             NmiQueue& queue)
    : guest_(guest), machine_(machine), queue_(queue), by_cpu_(machine.vcpus()) {
    const std::vector<unsigned> cpus = plan::target_vcpus(plan);
    for (std::size_t i = 0; i < cpus.size(); ++i) {
        std::uint64_t share = std::numeric_limits<std::uint64_t>::max();
        if (plan.nmis) {
            share = *plan.nmis / cpus.size() + (i < *plan.nmis % cpus.size() ? 1 : 0);
        }
        by_cpu_[cpus[i]] = &targets_.emplace_back(plan, cpus[i], share, guest.nmis(cpus[i]).exits);
    }
}

bool Pacer::answered(const Target& target) const {
    return target.answered(guest_.nmis(target.cpu()).exits, queue_.waiting(target.cpu()));
}

bool Pacer::poll(Clock::time_point now) {
    bool any = false;
    for (Target& target : targets_) {
        const unsigned cpu = target.cpu();
        if (const auto nmis = target.take(now, guest_.nmis(cpu).exits, queue_.waiting(cpu)); nmis != 0) {
            queue_.request(machine_.vcpu(cpu), cpu, nmis);
            any = true;
        }
    }
    return any;
}

void Pacer::inject(unsigned cpu, kvm::Vcpu& vcpu, Clock::time_point now) {
    if (Target* target = by_cpu_[cpu]; target != nullptr) {
        if (const auto nmis = target->take(now, guest_.nmis(cpu).exits, queue_.waiting(cpu)); nmis != 0) {
            queue_.make(cpu, vcpu, nmis);
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

std::vector<Requests> Pacer::requests() const {
    std::vector<Requests> all;
    std::ranges::transform(targets_, std::back_inserter(all), &Target::requests);
    return all;
}

std::uint64_t Pacer::requested(unsigned cpu) const {
    return by_cpu_[cpu] != nullptr ? by_cpu_[cpu]->requested() : 0;
}

}  // namespace nmistorm::sources
