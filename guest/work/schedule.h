// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

/// A scheduling point, which is a quiescent state for RCU-sched. With preemption disabled it does nothing:
/// such a call is a bug of the caller, as in Linux. Also sends the NMIs that the host asks for.
void schedule();

/// Halts until the next NMI, while RCU is not watching. Returns at once if preemption is disabled, since the
/// CPU is then inside a reader.
void cpu_idle();

/// Whether this CPU starts late and goes offline now and then (shared::Boot::hotplug).
bool is_hotplugged();

/// Tells the host and the other CPUs that this CPU is online. Call rcu_cpu_starting() before.
void cpu_is_online();

/// Takes this CPU offline, halts until some NMIs have come, and takes it back online. Call it with preemption
/// enabled.
void cpu_offline();

/// Spins until every CPU that starts with this one is online, so that no swap races with the boot.
void wait_for_all_online();
