// SPDX-License-Identifier: GPL-2.0-or-later
#include "work/schedule.h"

#include <cpu.h>

#include "rcu/preempt.h"
#include "rcu/rcu_sched.h"
#include "trace/trace.h"
#include "work/dwell.h"
#include "work/ipi.h"

void schedule() {
    if (preempt_count() == 0) {
        rcu_sched_qs();
    }
    send_ipis();
}

void cpu_idle() {
    if (preempt_count() != 0) {
        return;
    }
    rcu_idle_enter();
    halt();
    rcu_idle_exit();
}

namespace {

uint32_t last_cpu() {
    return boot->nr_cpus - 1;
}

}  // namespace

bool is_hotplugged() {
    return boot->hotplug != 0 && this_cpu()->number == static_cast<int32_t>(last_cpu());
}

void cpu_is_online() {
    percpu* self = this_cpu();
    if (is_hotplugged()) {
        trace_task(shared::EventKind::cpu_online, 0, 0);
        this_cpu_inc(self->page.counters.onlines);
    }
    // Pairs with the smp_load_acquire() in wait_for_all_online(), and with the host's load-acquire of the
    // state.
    smp_store_release(&self->page.state, shared::CpuState::online);
}

void cpu_offline() {
    constexpr uint32_t most_nmis = 4;
    percpu* self = this_cpu();
    trace_task(shared::EventKind::cpu_offline, 0, 0);
    // Pairs with the host's load-acquire of the state.
    smp_store_release(&self->page.state, shared::CpuState::dead);
    WRITE_ONCE(self->offline, 1);
    rcu_report_dead();

    const uint32_t nmis = 1 + next_random() % most_nmis;
    const uint32_t before = READ_ONCE(self->page.counters.nmi_entries);
    while (READ_ONCE(self->page.counters.nmi_entries) - before < nmis) {
        halt();
    }
    dwell(boot->dwell_work);  // so that it comes back at any time, not only right after an NMI

    rcu_cpu_starting();
    WRITE_ONCE(self->offline, 0);
    cpu_is_online();
}

void wait_for_all_online() {
    const uint32_t started = boot->hotplug != 0 ? last_cpu() : boot->nr_cpus;
    for (uint32_t cpu = 0; cpu < started; ++cpu) {
        // Pairs with the smp_store_release() in cpu_is_online().
        while (smp_load_acquire(&per_cpu(cpu)->page.state) == shared::CpuState::offline) {
            cpu_relax();
        }
    }
}
