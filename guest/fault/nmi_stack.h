// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "compiler.h"
#include "percpu.h"

/// For Fault::early_iret on x86-64, where a nested NMI would overwrite the stack of the one that it
/// interrupted, since both start at the same top. Moves the top down by 1 KiB for the next NMI, and wraps
/// around after four, so that the guest survives and reports the nesting.
inline void turn_nmi_stack() {
    if constexpr (sizeof(void*) == 8) {
        constexpr uint32_t ist1 = 0x24;  // SDM 3A, figure 8-11
        const uint32_t tss = boot->tss + static_cast<uint32_t>(this_cpu()->number) * shared::tss_stride;
        auto* top = reinterpret_cast<uint32_t*>(static_cast<uintptr_t>(tss + ist1));
        const uint32_t last = *top - 1;  // byte of the page, the first time
        WRITE_ONCE(*top, ((last & ~0xfffU) | ((last - 1024) & 0xfffU)) + 1);
    }
}
