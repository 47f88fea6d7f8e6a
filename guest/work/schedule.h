// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

/// A scheduling point: quiescent for RCU-sched unless preemption is disabled, in which case, as in
/// Linux, it is a bug of the caller's and not a scheduling point.
void schedule();

/// Really halts until the next NMI, with RCU not watching; returns at once while preemption is
/// disabled, for then this CPU may not leave what it is in.
void cpu_idle();

/// This CPU starts late and goes offline now and then (shared::Boot::hotplug).
bool is_hotplugged();

/// Tells host and RCU's readers-to-be that this CPU is online; rcu_cpu_starting() came before.
void cpu_is_online();

/// Takes this CPU offline, halted, until some NMIs have come, and back online. Call with preemption enabled.
void cpu_offline();

/// Spins until every CPU that starts with this one is online, so that no swap can race with the boot.
void wait_for_all_online();
