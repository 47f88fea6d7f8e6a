// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "rcu/preempt.h"
#include "rcu/rcu_sched.h"

/// NMI entry: disables preemption as a hardware interrupt does, and tells RCU (Linux:
/// include/linux/hardirq.h). Returns whether RCU was not watching the interrupted CPU, since it was idle or
/// offline. NMI-safe.
inline bool nmi_enter() {
    preempt_count_add(NMI_OFFSET);
    return rcu_nmi_enter();
}

inline void nmi_exit() {
    rcu_nmi_exit();
    preempt_count_sub(NMI_OFFSET);
}
