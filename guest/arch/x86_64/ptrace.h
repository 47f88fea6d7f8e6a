// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stddef.h>

/// The interrupted registers as nmi_entry.S pushes them (Linux: arch/x86/include/asm/ptrace.h).
struct pt_regs {
    unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di;
    unsigned long error_code;  ///< or 0 if the vector has none
    unsigned long ip, cs, flags, sp, ss;
};
static_assert(offsetof(pt_regs, di) == 14 * 8 && offsetof(pt_regs, error_code) == 15 * 8);
static_assert(offsetof(pt_regs, ip) == 16 * 8 && offsetof(pt_regs, ss) == 20 * 8 &&
              sizeof(pt_regs) == 21 * 8);

inline unsigned long kernel_stack_pointer(const pt_regs* regs) {
    return regs->sp;
}
