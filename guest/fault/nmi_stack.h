// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "compiler.h"
#include "percpu.h"

/// For Fault::early_iret on x86-64, where an NMI that nests starts at the top of the same stack, too: makes
/// the next one start 1 KiB below, and the fourth there again, so that the guest lives to tell of it.
inline void turn_nmi_stack() {
    if constexpr (sizeof(void*) == 8) {
        constexpr uint32_t ist1 = 0x24;  // SDM 3A, figure 8-11
        const uint32_t tss = boot->tss + static_cast<uint32_t>(this_cpu()->number) * shared::tss_stride;
        auto* top = reinterpret_cast<uint32_t*>(static_cast<uintptr_t>(tss + ist1));
        const uint32_t last = *top - 1;  // of a page, at first
        WRITE_ONCE(*top, ((last & ~0xfffU) | ((last - 1024) & 0xfffU)) + 1);
    }
}
