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

}  // namespace

void run_worker() {
    smp_store_release(&this_cpu()->page.state, shared::CpuState::online);
    wait_for_all_online();
    while (true) {
        switch (next_random() % 4) {
            case 0:
                work_busy();
                break;
            case 1:
                work_preempt_disabled();
                break;
            case 2:
                work_registers();
                break;
            default:
                cpu_idle();
                break;
        }
        schedule();
    }
}
