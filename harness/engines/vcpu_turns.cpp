// SPDX-License-Identifier: GPL-2.0-or-later
#include "engines/vcpu_turns.h"

#include <algorithm>

#include "base/around.h"

namespace nmistorm::engines {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

/// The longest that a guest runs between two looks at its rings, since what it writes must fit into half a
/// ring; and at whether NMIs are to come again.
constexpr nanoseconds longest = 5ms;
/// The shortest: a timer that fires all the time leaves the guest, and this thread, no time.
constexpr nanoseconds shortest = plan::slice_min;

}  // namespace

VcpuTurns::VcpuTurns(const plan::RunPlan& plan, const guests::Guest& guest, sources::NmiQueue& queue)
    : plan_(plan), guest_(guest), queue_(queue), vcpus_(plan.vcpus) {
    for (unsigned cpu = 0; cpu < plan.vcpus; ++cpu) {
        std::seed_seq mixed{static_cast<std::uint32_t>(plan.seed),
                            static_cast<std::uint32_t>(plan.seed >> 32), cpu, 1U};
        vcpus_[cpu].random.seed(mixed);
    }
}

void VcpuTurns::inject(sources::Pacer* pacer) {
    pacer_.store(pacer);
    for (unsigned cpu = 0; cpu < vcpus_.size(); ++cpu) {
        queue_.forget(cpu);
        machine_->vcpu(cpu).kick();
    }
}

void VcpuTurns::set_slice(unsigned cpu, nanoseconds length) {
    vcpus_[cpu].length.store(length.count(), std::memory_order_relaxed);
}

nanoseconds VcpuTurns::draw(PerVcpu& mine) {
    return around(nanoseconds(mine.length.load(std::memory_order_relaxed)), mine.random);
}

/// Injects what is due at the end of a slice. Returns what is left of the slice, or of the next one.
nanoseconds VcpuTurns::inject(unsigned cpu, kvm::Vcpu& vcpu, sources::Pacer& pacer) {
    PerVcpu& mine = vcpus_[cpu];
    const auto now = Clock::now();
    if (now >= mine.slice_ends) {
        pacer.inject(cpu, vcpu, now);
        nanoseconds slice = pacer.target(cpu)->due() - now;
        // A guest for which NMIs come too fast must not lose the time between them, too.
        if (plan_.pace.kind != plan::Pace::Kind::rate || slice <= 0ns) {
            slice = draw(mine);
        }
        slice = std::max(slice, shortest);
        mine.slice_ends = now + slice;
        mine.slices.record(static_cast<std::uint64_t>(slice.count()));
    }
    return std::max<nanoseconds>(mine.slice_ends - now, shortest);
}

machine::Turn VcpuTurns::before_run(unsigned cpu, kvm::Vcpu& vcpu) {
    PerVcpu& mine = vcpus_[cpu];
    const bool events = plan_.observe == plan::Observe::events;
    if (events && guest_.must_wait(cpu)) {
        mine.holds += mine.held.exchange(true) ? 0 : 1;
        wakeup_.wake();
        return {.slice = {}, .hold = true};
    }
    mine.held.store(false);
    nanoseconds slice = events ? longest : 0ns;
    sources::Pacer* pacer = pacer_.load();
    if (pacer != nullptr && relieved_.load()) {
        slice = longest;
    } else if (pacer != nullptr && pacer->target(cpu) != nullptr && !pacer->target(cpu)->exhausted()) {
        const nanoseconds left = inject(cpu, vcpu, *pacer);
        slice = events ? std::min(left, longest) : left;
    }
    queue_.before_run(cpu, vcpu);
    return {.slice = slice, .hold = false};
}

void VcpuTurns::release() {
    for (unsigned cpu = 0; cpu < vcpus_.size(); ++cpu) {
        if (vcpus_[cpu].held.load()) {
            machine_->vcpu(cpu).kick();
        }
    }
}

std::uint64_t VcpuTurns::holds() const {
    std::uint64_t holds = 0;
    for (const PerVcpu& each : vcpus_) {
        holds += each.holds;
    }
    return holds;
}

oracle::Histogram VcpuTurns::slices() const {
    oracle::Histogram sum;
    for (const PerVcpu& each : vcpus_) {
        sum += each.slices;
    }
    return sum;
}

}  // namespace nmistorm::engines
