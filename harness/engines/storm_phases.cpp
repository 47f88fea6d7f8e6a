// SPDX-License-Identifier: GPL-2.0-or-later
// What happens in a storm, one phase after the other.
#include "engines/storm_run.h"

namespace nmistorm::engines {

std::vector<Phase> StormRun::phases() {
    std::vector<Phase> all = {boot()};
    if (plan_.hotplug) {
        all.push_back(start_last());
        all.push_back(boot());
    }
    all.insert(all.end(), {warm_up(), inject(), settle(), finish()});
    return all;
}

Phase StormRun::boot() {
    return {.over = [this] { return all_vcpus([this](unsigned cpu) { return up(cpu); }); }};
}

/// With --hotplug, starts the last vCPU while swaps continue: during a grace period, as far as the host
/// can see one, or after so many swaps that it is clear that it sees none.
Phase StormRun::start_last() {
    constexpr std::uint32_t swaps_enough = 16;
    return {.over = [this] { return observer_.in_grace_period() || guest_->work().swaps >= swaps_enough; },
            .begin = [this] { awaits_grace_period_ = true; },
            .end =
                [this] {
                    awaits_grace_period_ = false;
                    machine_.start_last();
                }};
}

/// Sends one NMI to each vCPU before counting, so that all pages that the delivery accesses are mapped.
/// TCG's emulated SVM loses an NMI whose delivery faults in nested paging: if none came and none is
/// pending, it sends another.
Phase StormRun::warm_up() {
    return {
        .over =
            [this] { return all_vcpus([this](unsigned cpu) { return handled_any(cpu) && settled(cpu); }); },
        .work =
            [this](Clock::time_point) {
                for (unsigned cpu = 0; cpu < machine_.vcpus(); ++cpu) {
                    if (!handled_any(cpu) && settled(cpu)) {
                        queue_.request(machine_.vcpu(cpu), cpu, 1);
                    }
                }
                return false;
            },
        .end =
            [this] {
                for (unsigned cpu = 0; cpu < machine_.vcpus(); ++cpu) {
                    queue_.begin_counting(cpu);
                }
            },
        .settling = true};
}

Phase StormRun::inject() {
    const bool own = plan_.injector == plan::Injector::own;
    return {.over =
                [this] {
                    return pacer_->exhausted() || (plan_.until_covered && covered()) ||
                           (plan_.duration && Clock::now() - first_request_ >= *plan_.duration);
                },
            .work =
                [this, own](Clock::time_point now) {
                    if (!churn_.poll(now)) {
                        return false;
                    }
                    if (own) {
                        slices_.tune(now);
                    }
                    return !own && !relieved_ && pacer_->poll(now);
                },
            .begin =
                [this, own] {
                    pacer_.emplace(plan_, *guest_, machine_, queue_);
                    storming_ = true;
                    guest_->read_counters();
                    entered_before_ = counters().nmi_entries;
                    series_ = oracle::Series(totals());
                    first_request_ = Clock::now();
                    churn_.begin(first_request_);
                    if (own) {
                        turns_.inject(&*pacer_);
                    }
                },
            .leave =
                [this, own] {
                    if (own) {
                        turns_.inject(nullptr);
                    }
                },
            .interrupt = Phase::Interrupt::ends_phase};
}

Phase StormRun::settle() {
    return {
        .over =
            [this] { return pacer_->answered() && all_vcpus([this](unsigned cpu) { return settled(cpu); }); },
        .end = [this] { settled_ = true; },
        .leave = [this] { settled_at_ = Clock::now(); },
        .interrupt = Phase::Interrupt::waits,
        .settling = true};
}

Phase StormRun::finish() {
    return {.over = [this] { return guest_->finished(); },
            .begin =
                [this] {
                    guest_->ask_to_finish();
                    watchdog_.expect_end();
                },
            .end = [this] { finished_ = true; },
            .interrupt = Phase::Interrupt::waits};
}

}  // namespace nmistorm::engines
