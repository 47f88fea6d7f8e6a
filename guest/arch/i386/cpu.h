// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "arch/x86.h"

/// Full memory barrier: a locked add to the stack, as in Linux (arch/x86/include/asm/barrier.h). MFENCE needs
/// SSE2.
inline void smp_mb() {
    __asm__ volatile("lock; addl $0, -4(%%esp)" ::: "memory", "cc");
}
