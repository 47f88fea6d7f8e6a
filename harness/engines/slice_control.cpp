// SPDX-License-Identifier: GPL-2.0-or-later
#include "engines/slice_control.h"

#include <algorithm>
#include <utility>

namespace nmistorm::engines {
namespace {

constexpr auto tune_every = std::chrono::milliseconds(25);

}  // namespace

SliceControl::SliceControl(const plan::RunPlan& plan, const guests::Guest& guest, VcpuTurns& turns)
    : plan_(plan), guest_(guest), turns_(turns), updaters_(plan.seed), others_(plan.seed + 1) {
    apply();
}

void SliceControl::apply() {
    for (unsigned cpu = 0; cpu < plan_.vcpus; ++cpu) {
        const SliceTuner& tuner = cpu == plan::updater_vcpu ? updaters_ : others_;
        turns_.set_slice(cpu, plan_.slice.value_or(tuner.length()));
    }
}

SliceControl::Counts SliceControl::read(Clock::time_point now) const {
    Counts counts{.at = now, .work = guest_.work()};
    for (unsigned cpu = 0; cpu < plan_.vcpus; ++cpu) {
        counts.handled += guest_.nmis(cpu).exits;
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
    const double points = 100.0 * (last_.work.overlaps - before.work.overlaps) +
                          std::min(last_.work.swaps - before.work.swaps, last_.handled - before.handled);
    updaters_.used(points, now - before.at);
    others_.used(points, now - before.at);
    apply();
}

}  // namespace nmistorm::engines
