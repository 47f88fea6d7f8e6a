// SPDX-License-Identifier: GPL-2.0-or-later
#include "work/schedule.h"

#include <cpu.h>

#include "rcu/preempt.h"
#include "rcu/rcu_sched.h"

void schedule() {
    if (preempt_count() == 0) {
        rcu_sched_qs();
    }
}

void cpu_idle() {
    if (preempt_count() != 0) {
        return;
    }
    rcu_idle_enter();
    halt();
    rcu_idle_exit();
}

void wait_for_all_online() {
    for (uint32_t cpu = 0; cpu < boot->nr_cpus; ++cpu) {
        while (smp_load_acquire(&per_cpu(cpu)->page.state) == shared::CpuState::offline) {
            cpu_relax();
        }
    }
}
