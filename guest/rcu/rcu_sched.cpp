// SPDX-License-Identifier: GPL-2.0-or-later
#include "rcu/rcu_sched.h"

#include <cpu.h>

#include "fault/fault.h"
#include "percpu.h"
#include "trace/trace.h"

void rcu_sched_qs() {
    rcu_data& rcu = this_cpu()->rcu;
    smp_store_release(&rcu.qs_count, rcu.qs_count + 1);
    // A section that begins after this one's store must not read before it: else the updater could
    // take the store for the end of that section. x86 lets loads pass older stores (SDM 3A, 8.2.3.4). An
    // NMI between the two lines needs no barrier of its own: its delivery drains the store buffer (11.10).
    smp_mb();
}

void rcu_idle_enter() {
    xadd(&this_cpu()->rcu.dynticks, 1);
}

void rcu_idle_exit() {
    xadd(&this_cpu()->rcu.dynticks, 1);
}

// Full barriers both. A grace period that found this CPU offline had unpublished before it looked; so what
// this CPU reads once it is online is not what that grace period reclaims.
void rcu_cpu_starting() {
    xadd(&this_cpu()->rcu.dynticks, 1);
}

void rcu_report_dead() {
    xadd(&this_cpu()->rcu.dynticks, 1);
}

namespace {

/// What a CPU showed when the grace period began.
struct snapshot {
    uint32_t dynticks;
    uint32_t qs_count;
};

snapshot take_snapshot(uint32_t cpu) {
    const rcu_data& rcu = per_cpu(cpu)->rcu;
    return {smp_load_acquire(&rcu.dynticks), smp_load_acquire(&rcu.qs_count)};
}

/// Was @p cpu idle at the snapshot, or has it been idle or scheduled since? Counters are compared for
/// equality only: they wrap.
bool quiescent_since(uint32_t cpu, const snapshot& before) {
    snapshot now = take_snapshot(cpu);
    if constexpr (fault == Fault::gp_no_recheck) {
        planted();
        now = before;
    }
    bool was_idle = (before.dynticks & 1) == 0;
    if constexpr (fault == Fault::gp_stale_snapshot) {
        planted();
        static bool was_idle_once[shared::max_cpus];
        was_idle = was_idle_once[cpu] |= was_idle;
    }
    return was_idle || now.dynticks != before.dynticks || now.qs_count != before.qs_count;
}

}  // namespace

void wait_for_all_cpus() {
    uint32_t watched = boot->nr_cpus;
    if constexpr (fault == Fault::gp_misses_cpu) {
        planted();
        --watched;
    }
    if constexpr (fault == Fault::gp_own_cpu_only) {
        planted();
        watched = 1;  // the updater's
    }
    smp_mb();  // what was unpublished before is unpublished for whoever is not seen here
    snapshot before[shared::max_cpus];
    for (uint32_t cpu = 0; cpu < watched; ++cpu) {
        before[cpu] = take_snapshot(cpu);
    }
    const uint32_t self = static_cast<uint32_t>(smp_processor_id());
    for (uint32_t cpu = 0; cpu < watched; ++cpu) {
        // This CPU is in no reader: it is here. An NMI that interrupts it here ends before it goes on.
        while (cpu != self && !quiescent_since(cpu, before[cpu])) {
            cpu_relax();
        }
    }
    smp_mb();
}

namespace {

uint32_t elapsed_64_ticks(uint64_t begin) {
    const uint64_t ticks = (rdtsc() - begin) >> 6;
    return ticks >> 32 == 0 ? static_cast<uint32_t>(ticks) : UINT32_MAX;
}

}  // namespace

void synchronize_sched() {
    shared::Counters& counters = this_cpu()->page.counters;
    const uint32_t number = counters.grace_periods + 1;
    const uint64_t begin = rdtsc();
    trace_task(shared::EventKind::gp_begin, number, 0);

    if constexpr (fault == Fault::gp_counter_wrap) {
        planted();
        // Until one more has ended than had before, in mere numbers: at the wrap, then and ever after, none.
        static uint32_t ended = UINT32_MAX - 1;
        const uint32_t needed = ended + 1;
        while (ended < needed) {
            wait_for_all_cpus();
            ++ended;
        }
    } else {
        wait_for_all_cpus();
    }
    rcu_sched_qs();

    trace_task(shared::EventKind::gp_end, number, elapsed_64_ticks(begin));
    WRITE_ONCE(counters.grace_periods, number);
}
