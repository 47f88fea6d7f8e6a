// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

/// What every CPU but the updater's does between NMIs, in random order for ever: busy preemptible
/// code, RCU-sched readers of its own, register patterns that no NMI may change, and idle.
[[noreturn]] void run_worker();
