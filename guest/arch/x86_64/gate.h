// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stdint.h>

#include "compiler.h"

// Interrupt stacks in the TSS that the host makes (harness/guests/abi/boot_x86_64.cpp).
inline constexpr uint32_t nmi_stack = 1;
inline constexpr uint32_t exception_stack = 2;

/// Reads the TSS at @p tss and writes to both of its interrupt stacks, as NMI delivery does.
inline void touch_interrupt_stacks(uint32_t tss) {
    constexpr uint32_t ist1 = 0x24;  // SDM 3A, figure 8-11
    for (uint32_t ist = nmi_stack; ist <= exception_stack; ++ist) {
        const auto* entry = reinterpret_cast<const uint32_t*>(uintptr_t{tss} + ist1 + (ist - nmi_stack) * 8);
        const uintptr_t top = READ_ONCE(*entry);
        WRITE_ONCE(*reinterpret_cast<uint32_t*>(top - sizeof(uint32_t)), 0);
    }
}

/// 64-bit interrupt gate (SDM 3A, figure 6-8) in 32-bit words.
struct gate {
    uint32_t offset_low_selector;
    uint32_t offset_middle_attributes;
    uint32_t offset_high;
    uint32_t reserved;

    /// Makes the gate lead to @p handler, on the TSS's interrupt stack @p ist.
    void set(uint32_t code_selector, uint32_t handler, uint32_t ist) {
        constexpr uint32_t present_interrupt_gate = 0x8e00;
        WRITE_ONCE(offset_low_selector, code_selector << 16 | (handler & 0xffff));
        WRITE_ONCE(offset_middle_attributes, (handler & 0xffff0000) | present_interrupt_gate | ist);
    }
};
static_assert(sizeof(gate) == 16);
