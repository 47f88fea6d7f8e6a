// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stdint.h>

#include "compiler.h"

/// RCU-sched: a reader only disables preemption. The updater waits until every CPU has passed a scheduling
/// point or been idle; no reader that began before is left then.

/// Initial value of dynticks and qs_count. It is odd, since the CPU is busy. It is close to the wrap-around,
/// so that every run crosses it; Linux initialises jiffies and gp_seq in the same way.
inline constexpr uint32_t rcu_counter_start = 0U - 31;
static_assert(rcu_counter_start % 2 == 1);

/// Publishes @p value: a CPU that reads it with rcu_dereference_sched(), with which the release pairs, sees
/// what was written before.
template <typename T, typename U>
inline void rcu_assign_pointer(T& pointer, U value) {
    smp_store_release(&pointer, static_cast<T>(value));
}

/// Fetches a published pointer once. The acquire pairs with the release in rcu_assign_pointer(). It replaces
/// the address dependency on which Linux relies, and is the same plain load on x86.
template <typename T>
inline T rcu_dereference_sched(const T& pointer) {
    return smp_load_acquire(&pointer);
}

/// Reports that this CPU passed a scheduling point. Call it with preemption enabled.
void rcu_sched_qs();

/// Called before and after HLT. Between the two, RCU does not wait for this CPU, except for its NMIs, which
/// call rcu_nmi_enter().
void rcu_idle_enter();
void rcu_idle_exit();

/// RCU treats a CPU that is offline, or has not started, as idle: a grace period waits only for its NMIs. A
/// CPU calls rcu_cpu_starting() before its first reader and rcu_report_dead() after its last one. The names
/// are those of Linux 4.20, kernel/rcu/tree.c.
void rcu_cpu_starting();
void rcu_report_dead();

/// The document's important note: NMI entry and exit tell RCU, as irq_enter() and irq_exit() do, so that a
/// grace period waits for a handler which interrupted an idle CPU. rcu_nmi_enter() returns whether RCU was
/// not watching the CPU. NMI-safe: no lock, no wait.
bool rcu_nmi_enter();
void rcu_nmi_exit();

/// Returns after every handler and preempt-disabled section that was running at the call has ended. It waits,
/// so do not call it from NMI context or with preemption disabled.
WATCHED void synchronize_sched();

/// The wait of synchronize_sched(), without its events.
void wait_for_all_cpus();
