// SPDX-License-Identifier: GPL-2.0-or-later
#include <cpu.h>

#include "fault/fault.h"
#include "fault/stretch.h"
#include "percpu.h"
#include "rcu/preempt.h"
#include "rcu/rcu_sched.h"

// Linux does the same in rcu_nmi_enter() and rcu_nmi_exit() (kernel/rcu/tree.c, 4.20). NMI context:
// no lock, no wait, nothing that an interrupted rcu_idle_enter() or rcu_idle_exit() could break:
// each changes dynticks by one atomic instruction, so an NMI comes before or after it.

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
        return watching(rcu);  // odd now: it was idle
    }
    if (watching(rcu)) {
        rcu.nmi_nesting = 2;
        return false;
    }
    xadd(&rcu.dynticks, 1);  // full barrier: the updater sees it before this NMI reads anything
    rcu.nmi_nesting = 1;
    return true;
}

void rcu_nmi_exit() {
    rcu_data& rcu = this_cpu()->rcu;
    const bool was_idle = rcu.nmi_nesting == 1;
    rcu.nmi_nesting = 0;
    if (was_idle) {
        xadd(&rcu.dynticks, 1);  // full barrier: all this NMI read comes before it
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
