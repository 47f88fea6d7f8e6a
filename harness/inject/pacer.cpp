// SPDX-License-Identifier: GPL-2.0-or-later
#include "inject/pacer.h"

#include <algorithm>
#include <limits>

namespace nmistorm::inject {
namespace {

using Kind = plan::Pace::Kind;

/// The number of requests that a vCPU may lag behind. Without this limit, if KVM_NMI cannot keep up with the
/// rate, each batch would take longer than the one before.
constexpr std::uint32_t most_waiting = 64;

std::uint32_t exits(const machine::Machine& machine, unsigned cpu) {
    return machine::load(machine.cpu_page(cpu).counters.nmi_exits);
}

}  // namespace

Pacer::Pacer(const plan::RunPlan& plan, machine::Machine& machine, KvmNmi& source)
    : machine_(machine), source_(source), pace_(plan.pace.kind) {
    const std::vector<unsigned> cpus = plan::target_vcpus(plan);
    const Clock::time_point now = Clock::now();
    for (std::size_t i = 0; i < cpus.size(); ++i) {
        std::uint64_t share = std::numeric_limits<std::uint64_t>::max();
        if (plan.nmis) {
            share = *plan.nmis / cpus.size() + (i < *plan.nmis % cpus.size() ? 1 : 0);
        }
        targets_.push_back(Target{.cpu = cpus[i],
                                  .stream = RequestStream(plan.pace, plan.seed, cpus[i]),
                                  .left = share,
                                  .exits_at_start = exits(machine, cpus[i])});
        plan_next(targets_.back(), now);
    }
}

void Pacer::plan_next(Target& target, Clock::time_point from) {
    target.next = target.stream.next();
    target.due = from + target.next.gap;
}

bool Pacer::answered(const Target& target) const {
    const std::uint32_t now = exits(machine_, target.cpu);
    if (pace_ == Kind::lockstep) {
        // The numbers must be equal: each request gives one NMI. If not, the watchdog reports what is wrong.
        return now - target.exits_at_start == static_cast<std::uint32_t>(target.requested);
    }
    return target.requested == 0 || (source_.idle(target.cpu) && now != target.exits_at_request);
}

bool Pacer::ready(const Target& target) const {
    switch (pace_) {
        case Kind::rate:
            return source_.waiting(target.cpu) < most_waiting;
        case Kind::max:
            return source_.idle(target.cpu);
        case Kind::lockstep:
        case Kind::burst:
            break;
    }
    return answered(target);
}

bool Pacer::poll(Clock::time_point now) {
    bool any = false;
    for (Target& target : targets_) {
        if (target.left == 0 || now < target.due || !ready(target)) {
            continue;
        }
        const auto nmis = static_cast<std::uint32_t>(std::min<std::uint64_t>(target.next.nmis, target.left));
        target.left -= nmis;
        target.requested += nmis;
        target.exits_at_request = exits(machine_, target.cpu);
        source_.request(machine_.vcpu(target.cpu), target.cpu, nmis);
        // A delay does not lower the average rate. The other paces measure gaps from the request.
        plan_next(target, pace_ == Kind::rate ? target.due : now);
        any = true;
    }
    return any;
}

bool Pacer::exhausted() const {
    return std::ranges::all_of(targets_, [](const Target& target) { return target.left == 0; });
}

bool Pacer::answered() const {
    return std::ranges::all_of(targets_, [this](const Target& target) { return answered(target); });
}

bool Pacer::answered(unsigned cpu) const {
    const Target* target = find(cpu);
    return target == nullptr || answered(*target);
}

std::uint64_t Pacer::requested(unsigned cpu) const {
    const Target* target = find(cpu);
    return target != nullptr ? target->requested : 0;
}

const Pacer::Target* Pacer::find(unsigned cpu) const {
    const auto found = std::ranges::find(targets_, cpu, &Target::cpu);
    return found != targets_.end() ? &*found : nullptr;
}

}  // namespace nmistorm::inject
