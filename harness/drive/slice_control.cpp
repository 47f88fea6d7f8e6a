// SPDX-License-Identifier: GPL-2.0-or-later
#include "drive/slice_control.h"

#include <algorithm>
#include <utility>

namespace nmistorm::drive {
namespace {

constexpr auto tune_every = std::chrono::milliseconds(25);

}  // namespace

SliceControl::SliceControl(const plan::RunPlan& plan, const machine::Machine& machine, VcpuTurns& turns)
    : plan_(plan), machine_(machine), turns_(turns), updaters_(plan.seed), others_(plan.seed + 1) {
    apply();
}

void SliceControl::apply() {
    for (unsigned cpu = 0; cpu < machine_.vcpus(); ++cpu) {
        const SliceTuner& tuner = cpu == plan::updater_vcpu ? updaters_ : others_;
        turns_.set_slice(cpu, plan_.slice.value_or(tuner.length()));
    }
}

SliceControl::Counts SliceControl::read(Clock::time_point now) const {
    const abi::Counters& updater = machine_.cpu_page(plan::updater_vcpu).counters;
    Counts counts{
        .at = now, .overlaps = machine::load(updater.overlaps), .swaps = machine::load(updater.swaps)};
    for (unsigned cpu = 0; cpu < machine_.vcpus(); ++cpu) {
        counts.handled += machine::load(machine_.cpu_page(cpu).counters.nmi_exits);
    }
    return counts;
}

/// What a slice is for is overlaps; until there are any, that both the guest and its handlers get on.
void SliceControl::tune(Clock::time_point now) {
    if (plan_.slice || now - last_.at < tune_every) {
        return;
    }
    const Counts before = std::exchange(last_, read(now));
    if (before.at == Clock::time_point{}) {
        return;
    }
    const double points = 100.0 * (last_.overlaps - before.overlaps) +
                          std::min(last_.swaps - before.swaps, last_.handled - before.handled);
    updaters_.used(points, now - before.at);
    others_.used(points, now - before.at);
    apply();
}

}  // namespace nmistorm::drive
