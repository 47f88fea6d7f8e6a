// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "fault/fault.h"
#include "fault/nmi_stack.h"
#include "handlers/nmi_data.h"
#include "rcu/rcu_sched.h"
#include "work/dwell.h"

/// Dwells while it uses its data, so that it is often running when it is retired.
inline __attribute__((always_inline)) int long_running(nmi_data* data, nmi_callback_t self, pt_regs*) {
    const uint32_t tag = nmi_data_begin(data, self);
    if constexpr (fault == Fault::early_iret) {
        planted();
        turn_nmi_stack();
        iret_to_caller();
    }
    if constexpr (fault == Fault::waits_in_handler) {
        planted();
        wait_for_all_cpus();
    }
    dwell(boot->dwell_handler);
    nmi_data_end(data, self, tag);
    return 1;
}
