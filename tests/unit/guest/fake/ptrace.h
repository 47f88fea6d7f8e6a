// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

/// guest/arch/*/ptrace.h for the host: what portable code reads of it.
struct pt_regs {
    unsigned long ip;
};

inline unsigned long kernel_stack_pointer(const pt_regs*) {
    return 0;
}
