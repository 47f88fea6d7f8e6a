// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>

#include "kvm/vcpu.h"

namespace nmistorm::machine {

/// A general register by its number in the ISA (SDM 2A, table 3-1): ax, cx, dx, bx, sp, bp, si, di, then r8
/// to r15. @p number is at most 15.
inline std::uint64_t general_register(const kvm_regs& regs, unsigned number) {
    switch (number) {
        case 0:
            return regs.rax;
        case 1:
            return regs.rcx;
        case 2:
            return regs.rdx;
        case 3:
            return regs.rbx;
        case 4:
            return regs.rsp;
        case 5:
            return regs.rbp;
        case 6:
            return regs.rsi;
        case 7:
            return regs.rdi;
        default:
            return (&regs.r8)[number - 8];
    }
}

}  // namespace nmistorm::machine
