// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "arch/x86.h"

/// Full memory barrier. A locked add to the stack, as in Linux: MFENCE came only with SSE2.
inline void smp_mb() {
    __asm__ volatile("lock; addl $0, -4(%%esp)" ::: "memory", "cc");
}
