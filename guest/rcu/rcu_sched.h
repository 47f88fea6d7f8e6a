// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stdint.h>

#include "compiler.h"

/// RCU-sched: readers disable preemption, which costs nothing else; an updater waits until every CPU
/// has passed a scheduling point or been idle, for no reader survives either.

/// Where dynticks and qs_count start: odd, for the CPU is busy, and so shortly before they wrap that every
/// run sees it, as Linux starts jiffies and gp_seq.
inline constexpr uint32_t rcu_counter_start = 0U - 31;
static_assert(rcu_counter_start % 2 == 1);

/// Publishes @p value: what was written before is seen by whoever dereferences it.
template <typename T, typename U>
inline void rcu_assign_pointer(T& pointer, U value) {
    smp_store_release(&pointer, static_cast<T>(value));
}

/// Fetches a published pointer once. Acquire stands for the dependency order that Linux relies on;
/// on x86 it is the same plain load.
template <typename T>
inline T rcu_dereference_sched(const T& pointer) {
    return smp_load_acquire(&pointer);
}

/// This CPU passed a scheduling point: call with preemption enabled.
void rcu_sched_qs();

/// Around HLT: between the two RCU ignores this CPU, except for NMIs that say otherwise.
void rcu_idle_enter();
void rcu_idle_exit();

/// Offline is idle for RCU, and so is a CPU that never started: no grace period waits for it, but for an NMI
/// that hits it. The first comes before all else that RCU must know of, the second after.
void rcu_cpu_starting();
void rcu_report_dead();

/// The document's important note: NMI entry and exit tell RCU, as irq_enter() and irq_exit() do, so
/// that a handler which interrupted an idle CPU is waited for. rcu_nmi_enter() says whether it did.
/// NMI-safe: no lock, no wait.
bool rcu_nmi_enter();
void rcu_nmi_exit();

/// Returns once every handler and preempt-disabled section that was running at the call has ended.
/// Not from NMI context, nor with preemption disabled: it waits.
WATCHED void synchronize_sched();

/// What synchronize_sched() does between its events.
void wait_for_all_cpus();
