// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cpu.h>

#include "compiler.h"
#include "percpu.h"

/// preempt_count as in Linux (include/linux/preempt.h): zero means that this CPU may pass a scheduling point.
/// Its low part counts preempt_disable(), and NMI_OFFSET is added while an NMI is handled.
inline constexpr uint32_t NMI_OFFSET = 1u << 20;

inline void preempt_count_add(uint32_t value) {
    this_cpu_add(this_cpu()->preempt_count, value);
    barrier();  // pairs with barrier() in preempt_count_sub(): the section stays between the two
}

inline void preempt_count_sub(uint32_t value) {
    barrier();  // pairs with barrier() in preempt_count_add()
    this_cpu_add(this_cpu()->preempt_count, 0 - value);
}

inline uint32_t preempt_count() {
    return READ_ONCE(this_cpu()->preempt_count);
}

/// These two delimit an RCU-sched read-side critical section. Their compiler barriers are those of
/// preempt_disable() and preempt_enable() in Linux 6.1, include/linux/preempt.h.
inline void preempt_disable() {
    preempt_count_add(1);
}
inline void preempt_enable() {
    preempt_count_sub(1);
}
