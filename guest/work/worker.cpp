// SPDX-License-Identifier: GPL-2.0-or-later
#include "work/worker.h"

#include "arch/registers.h"

#include "fault/fault.h"
#include "fault/stretch.h"
#include "nmi/nmi.h"
#include "rcu/preempt.h"
#include "rcu/rcu_sched.h"
#include "trace/trace.h"
#include "work/dwell.h"
#include "work/schedule.h"

namespace {

void work_busy() {
    dwell(boot->dwell_work);
}

/// A preempt-disabled section is an RCU-sched reader: no grace period may end while it lasts.
void work_preempt_disabled() {
    preempt_disable();
    trace_task(shared::EventKind::reader_enter, 0, 0);
    dwell(boot->dwell_work);
    if constexpr (fault == Fault::qs_in_preempt_off) {
        planted();
        stretch();
        rcu_sched_qs();
        stretch();
    }
    trace_task(shared::EventKind::reader_leave, 0, 0);
    this_cpu_inc(this_cpu()->page.counters.readers);
    preempt_enable();
}

void work_registers() {
    const uint64_t ticks = ticks_up_to(boot->dwell_work);
    const uint64_t begin = rdtsc();
    uint32_t changed;
    do {
        changed = hold_registers(next_random());
    } while (changed == 0 && rdtsc() - begin < ticks);
    if (changed != 0) {
        trace_trip(shared::RingOf::task, shared::Trip::registers, changed - 1, 0);
    }
}

/// A random kind of work of those that the host asked for.
uint32_t choose_work() {
    constexpr uint32_t kinds = 4;
    uint32_t kind = next_random() % kinds;
    while ((boot->work & (1u << kind)) == 0) {
        kind = (kind + 1) % kinds;
    }
    return 1u << kind;
}

}  // namespace

void run_worker() {
    cpu_is_online();
    wait_for_all_online();
    for (uint32_t round = 0; boot->work_rounds == 0 || round < boot->work_rounds; ++round) {
        if (is_hotplugged() && next_random() % 16 == 0) {
            cpu_offline();
        }
        switch (choose_work()) {
            case shared::work_busy:
                work_busy();
                break;
            case shared::work_preempt_disabled:
                work_preempt_disabled();
                break;
            case shared::work_registers:
                work_registers();
                break;
            default:
                cpu_idle();
                break;
        }
        schedule();
    }
    while (true) {
        cpu_idle();
    }
}
