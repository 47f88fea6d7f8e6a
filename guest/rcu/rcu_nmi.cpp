// SPDX-License-Identifier: GPL-2.0-or-later
#include <cpu.h>

#include "fault/fault.h"
#include "fault/stretch.h"
#include "percpu.h"
#include "rcu/preempt.h"
#include "rcu/rcu_sched.h"

// As rcu_nmi_enter() and rcu_nmi_exit() in Linux 4.20, kernel/rcu/tree.c. In Linux 6.1 they are
// ct_nmi_enter() and ct_nmi_exit() in kernel/context_tracking.c. This is NMI context: no lock, no wait. An
// NMI may interrupt rcu_idle_enter() or rcu_idle_exit(), but each changes dynticks by one atomic instruction,
// so the NMI comes before or after the change.

namespace {

bool watching(const rcu_data& rcu) {
    return (READ_ONCE(rcu.dynticks) & 1) != 0;
}

}  // namespace

bool rcu_nmi_enter() {
    rcu_data& rcu = this_cpu()->rcu;
    if constexpr (fault == Fault::nmi_not_watched) {
        planted();
        return !watching(rcu);
    }
    if constexpr (fault == Fault::nmi_toggles_watching) {
        planted();
        xadd(&rcu.dynticks, 1);
        rcu.nmi_nesting = 1;
        stretch();
        return watching(rcu);  // odd now, so the CPU was idle
    }
    if (watching(rcu)) {
        rcu.nmi_nesting = 2;
        return false;
    }
    // Full barrier: if the updater does not see this change, this NMI sees what the updater unpublished
    // before. Pairs with the first smp_mb() in wait_for_all_cpus(). As the atomic_add_return() in
    // rcu_dynticks_eqs_exit() of Linux 4.20.
    xadd(&rcu.dynticks, 1);
    rcu.nmi_nesting = 1;
    return true;
}

void rcu_nmi_exit() {
    rcu_data& rcu = this_cpu()->rcu;
    const bool was_idle = rcu.nmi_nesting == 1;
    rcu.nmi_nesting = 0;
    if (was_idle) {
        // Full barrier: if the updater sees this change, all accesses of this NMI are over. Pairs with the
        // smp_load_acquire() of dynticks in take_snapshot(). As the atomic_add_return() in
        // rcu_dynticks_eqs_enter() of Linux 4.20.
        xadd(&rcu.dynticks, 1);
    }
    if constexpr (fault == Fault::qs_in_nmi) {
        planted();
        const bool in_reader = preempt_count() > NMI_OFFSET;
        if (in_reader) {
            stretch();
        }
        rcu_sched_qs();
        if (in_reader) {
            stretch();
        }
    }
}
