// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

/// A scheduling point: quiescent for RCU-sched unless preemption is disabled, in which case, as in
/// Linux, it is a bug of the caller's and not a scheduling point.
void schedule();

/// Really halts until the next NMI, with RCU not watching; returns at once while preemption is
/// disabled, for then this CPU may not leave what it is in.
void cpu_idle();

/// Spins until every CPU is online, so that no swap can race with the boot.
void wait_for_all_online();
