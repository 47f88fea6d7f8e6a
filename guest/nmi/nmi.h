// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cpu.h>
#include <ptrace.h>

#include "compiler.h"
#include "percpu.h"

/// The dispatcher of the kernel document NMI-RCU, with the names of the document.

/// Returns 0 if it did nothing, so that the default action is taken. It runs in NMI context: it takes no
/// lock, allocates nothing, does not wait, and reads its data through rcu_dereference_sched().
typedef int (*nmi_callback_t)(struct pt_regs* regs, int cpu);

int dummy_nmi_callback(struct pt_regs* regs, int cpu);

/// Each callback calls it once, so that its runs are counted by other code than the NMIs. NMI-safe.
inline void count_callback() {
    this_cpu_inc(this_cpu()->page.counters.nmi_callbacks);
}

/// Registers a handler. Its data must be initialised before the call.
WATCHED void set_nmi_callback(nmi_callback_t callback);

/// Restores the dummy. A handler may still be running on another CPU: free its data only after
/// synchronize_sched().
WATCHED void unset_nmi_callback();

/// The machine-specific action for an NMI that no handler took. It only counts the NMI.
void default_do_nmi(struct pt_regs* regs);

/// This CPU's NMIs since boot.
inline uint32_t& nmi_count(int cpu) {
    return per_cpu(static_cast<uint32_t>(cpu))->page.counters.nmi_count;
}
