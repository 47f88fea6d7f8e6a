// SPDX-License-Identifier: GPL-2.0-or-later
#include "rcu/rcu_sched.h"

#include <cpu.h>

#include "fault/fault.h"
#include "percpu.h"
#include "trace/trace.h"

void rcu_sched_qs() {
    rcu_data& rcu = this_cpu()->rcu;
    // If the updater sees the new count, all sections before this point are over. Pairs with the
    // smp_load_acquire() of qs_count in take_snapshot().
    smp_store_release(&rcu.qs_count, rcu.qs_count + 1);
    // Pairs with the first smp_mb() in wait_for_all_cpus(): a section that begins after the store must not
    // read before it, or the updater could take the store for the end of that section. x86 lets loads pass
    // older stores (SDM 3A, 8.2.3.4). An NMI between the store and the barrier needs no barrier of its own,
    // since NMI delivery drains the store buffer (SDM 3A, 11.10).
    smp_mb();
}

// The changes of dynticks below are full barriers, as the atomic_add_return()s in rcu_dynticks_eqs_enter()
// and rcu_dynticks_eqs_exit() of Linux 4.20, kernel/rcu/tree.c.

void rcu_idle_enter() {
    // If the updater sees this change, all sections before it are over. Pairs with the smp_load_acquire() of
    // dynticks in take_snapshot().
    xadd(&this_cpu()->rcu.dynticks, 1);
}

void rcu_idle_exit() {
    // If the updater still sees this CPU idle, the sections after this see what the updater unpublished
    // before it looked. Pairs with the first smp_mb() in wait_for_all_cpus().
    xadd(&this_cpu()->rcu.dynticks, 1);
}

// As rcu_idle_exit(), with the same pairing: a grace period that found this CPU offline had unpublished the
// handler before it looked, so this CPU does not read what that grace period reclaims once it is online.
void rcu_cpu_starting() {
    xadd(&this_cpu()->rcu.dynticks, 1);
}

// As rcu_idle_enter(), with the same pairing.
void rcu_report_dead() {
    xadd(&this_cpu()->rcu.dynticks, 1);
}

namespace {

/// The state of a CPU when the updater looked at it.
struct snapshot {
    uint32_t dynticks;
    uint32_t qs_count;
};

/// The acquire of dynticks pairs with the xadd() in rcu_idle_enter(), rcu_report_dead() and rcu_nmi_exit();
/// that of qs_count pairs with the smp_store_release() in rcu_sched_qs(). What the other CPU read before is
/// read before the updater goes on. As rcu_dynticks_snap() in Linux 6.1, kernel/rcu/tree.c; its smp_mb() is
/// in wait_for_all_cpus().
snapshot take_snapshot(uint32_t cpu) {
    const rcu_data& rcu = per_cpu(cpu)->rcu;
    return {smp_load_acquire(&rcu.dynticks), smp_load_acquire(&rcu.qs_count)};
}

/// Whether @p cpu was idle at the snapshot, or has been idle or passed a scheduling point since. The counters
/// wrap, so they are compared only for equality.
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
    // Orders the unpublication before the loads of the snapshots. If a snapshot does not contain a change
    // that a CPU makes to its counter, what that CPU reads after the change is not the old handler. Pairs
    // with the xadd() in rcu_idle_exit(), rcu_cpu_starting() and rcu_nmi_enter(), and with the smp_mb() in
    // rcu_sched_qs(). As the smp_mb() in rcu_dynticks_snap() of Linux 6.1, kernel/rcu/tree.c.
    smp_mb();
    const uint32_t self = static_cast<uint32_t>(smp_processor_id());
    constexpr uint32_t batch = 64;  // whose snapshots fit on a stack
    for (uint32_t first = 0; first < watched; first += batch) {
        const uint32_t end = watched - first < batch ? watched : first + batch;
        snapshot before[batch];
        for (uint32_t cpu = first; cpu < end; ++cpu) {
            before[cpu - first] = take_snapshot(cpu);
        }
        for (uint32_t cpu = first; cpu < end; ++cpu) {
            // This CPU runs this function, so it is in no reader, and an NMI that interrupts it ends before
            // it goes on.
            [[maybe_unused]] uint32_t looks = 1;
            while (cpu != self && !quiescent_since(cpu, before[cpu - first])) {
                if constexpr (fault == Fault::gp_gives_up) {
                    planted();
                    if (++looks > 8) {
                        break;
                    }
                }
                cpu_relax();
            }
        }
    }
    // Orders the last snapshot before the caller's kfree(). Pairs with the xadd() in rcu_idle_enter(),
    // rcu_report_dead() and rcu_nmi_exit(), and with the smp_store_release() in rcu_sched_qs().
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
        // Compares the numbers without regard to wrap-around: at the wrap and after it this waits for
        // nothing.
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
