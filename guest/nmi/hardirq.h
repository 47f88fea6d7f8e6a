// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "rcu/preempt.h"
#include "rcu/rcu_sched.h"

/// NMI entry: disables preemption as an irq would and tells RCU (include/linux/hardirq.h). Returns
/// whether the NMI interrupted an idle CPU. NMI-safe.
inline bool nmi_enter() {
    preempt_count_add(NMI_OFFSET);
    return rcu_nmi_enter();
}

inline void nmi_exit() {
    rcu_nmi_exit();
    preempt_count_sub(NMI_OFFSET);
}
