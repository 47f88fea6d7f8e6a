// SPDX-License-Identifier: GPL-2.0-or-later
#include "rcu/rcu_sched.h"

#include <cpu.h>

#include "percpu.h"
#include "trace/trace.h"

// A deliberately simple RCU-sched. Each CPU has one counter, dynticks: odd while the CPU may be in a handler
// or reader, even while it is idle and in none. A scheduling point goes through even in one step. So a grace
// period waits, for one CPU after the other, until its counter is even or is not what it was.

namespace {

#ifdef SIMPLE_RCU_BROKEN
// One step short: from here to the next scheduling point the CPU seems to be idle.
constexpr uint32_t scheduling_point = 1;
#else
constexpr uint32_t scheduling_point = 2;
#endif

void wait_for(uint32_t cpu) {
    const uint32_t& dynticks = per_cpu(cpu)->rcu.dynticks;
    const uint32_t before = smp_load_acquire(&dynticks);
    while ((before & 1) != 0 && smp_load_acquire(&dynticks) == before) {
        cpu_relax();
    }
}

}  // namespace

// xadd() is a full barrier: what came before is over, and nothing that comes after has begun.

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

    smp_mb();  // what was unpublished before is unpublished for whoever is not seen here
    for (uint32_t cpu = 0; cpu < boot->nr_cpus; ++cpu) {
        if (static_cast<int>(cpu) != smp_processor_id()) {
            wait_for(cpu);
        }
    }
    smp_mb();

    trace_task(shared::EventKind::gp_end, number, static_cast<uint32_t>((rdtsc() - begin) >> 6));
    WRITE_ONCE(counters.grace_periods, number);
}
