// SPDX-License-Identifier: GPL-2.0-or-later
#include "rcu/rcu_sched.h"

#include <cpu.h>

#include "percpu.h"
#include "trace/trace.h"

// A deliberately simple RCU-sched. Each CPU has one counter, dynticks. It is odd while the CPU may be in a
// handler or reader, and even while the CPU is idle. A scheduling point adds 2, as if the CPU had been idle
// for a moment. A grace period waits for each CPU in turn until its counter is even or has changed.

namespace {

#ifdef SIMPLE_RCU_BROKEN
// The bug: it should add 2. The CPU seems to be idle from here to the next scheduling point.
constexpr uint32_t scheduling_point = 1;
#else
constexpr uint32_t scheduling_point = 2;
#endif

/// The acquires pair with the xadd()s below: what @p cpu read before them is read before the updater goes on.
void wait_for(uint32_t cpu) {
    const uint32_t& dynticks = per_cpu(cpu)->rcu.dynticks;
    const uint32_t before = smp_load_acquire(&dynticks);
    while ((before & 1) != 0 && smp_load_acquire(&dynticks) == before) {
        cpu_relax();
    }
}

}  // namespace

// xadd() is a full barrier: all accesses before it are over, and none after it has begun. It pairs with the
// smp_load_acquire()s in wait_for() and with the first smp_mb() in synchronize_sched().

void rcu_sched_qs() {
    xadd(&this_cpu()->rcu.dynticks, scheduling_point);
}

void rcu_idle_enter() {
    xadd(&this_cpu()->rcu.dynticks, 1);
}

void rcu_idle_exit() {
    xadd(&this_cpu()->rcu.dynticks, 1);
}

void rcu_cpu_starting() {
    xadd(&this_cpu()->rcu.dynticks, 1);
}

void rcu_report_dead() {
    xadd(&this_cpu()->rcu.dynticks, 1);
}

void synchronize_sched() {
    // The host judges by the two events and the counter; see abi/event.h.
    shared::Counters& counters = this_cpu()->page.counters;
    const uint32_t number = counters.grace_periods + 1;
    const uint64_t begin = rdtsc();
    trace_task(shared::EventKind::gp_begin, number, 0);

    // A CPU that looks idle to wait_for() does not read the unpublished handler later. Pairs with the xadd()s
    // above and with that in rcu_nmi_enter().
    smp_mb();
    for (uint32_t cpu = 0; cpu < boot->nr_cpus; ++cpu) {
        if (static_cast<int>(cpu) != smp_processor_id()) {
            wait_for(cpu);
        }
    }
    smp_mb();  // orders wait_for() before the caller's kfree(); pairs with the same xadd()s

    trace_task(shared::EventKind::gp_end, number, static_cast<uint32_t>((rdtsc() - begin) >> 6));
    WRITE_ONCE(counters.grace_periods, number);
}
