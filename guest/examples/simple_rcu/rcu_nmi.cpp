// SPDX-License-Identifier: GPL-2.0-or-later
#include <cpu.h>

#include "percpu.h"
#include "rcu/rcu_sched.h"

// NMI context: no lock, no wait. A CPU counts as busy while it runs an NMI, even if the NMI interrupted idle.
// The xadd() on entry pairs with the first smp_mb() in synchronize_sched(), the one on exit with the
// smp_load_acquire() in wait_for().

bool rcu_nmi_enter() {
    rcu_data& rcu = this_cpu()->rcu;
    const bool idle = (READ_ONCE(rcu.dynticks) & 1) == 0;
    rcu.nmi_nesting = idle ? 1 : 2;
    if (idle) {
        xadd(&rcu.dynticks, 1);
    }
    return idle;
}

void rcu_nmi_exit() {
    rcu_data& rcu = this_cpu()->rcu;
    if (rcu.nmi_nesting == 1) {
        xadd(&rcu.dynticks, 1);
    }
    rcu.nmi_nesting = 0;
}
