// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stddef.h>

/// The interrupted registers as nmi_entry.S pushes them. From ring 0 to ring 0 the CPU pushes no stack
/// pointer (SDM 3A, figure 6-4), so the stack of the interrupted code begins right after the struct.
struct pt_regs {
    unsigned long di, si, bp, bx, dx, cx, ax;
    unsigned long error_code;  ///< or 0 if the vector has none
    unsigned long ip, cs, flags;
};
static_assert(offsetof(pt_regs, ax) == 6 * 4 && offsetof(pt_regs, error_code) == 7 * 4);
static_assert(offsetof(pt_regs, ip) == 8 * 4 && sizeof(pt_regs) == 11 * 4);

inline unsigned long kernel_stack_pointer(const pt_regs* regs) {
    return reinterpret_cast<unsigned long>(regs + 1);
}
