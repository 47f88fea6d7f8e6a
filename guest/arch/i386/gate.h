// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stdint.h>

#include "compiler.h"

// i386 has no interrupt stacks: a handler runs on the stack of the code that it interrupted.
inline constexpr uint32_t nmi_stack = 0;
inline constexpr uint32_t exception_stack = 0;

inline void touch_interrupt_stacks(uint32_t /*tss*/) {}

/// 32-bit interrupt gate (SDM 3A, figure 6-2).
struct gate {
    uint32_t offset_low_selector;
    uint32_t offset_high_attributes;

    void set(uint32_t code_selector, uint32_t handler, uint32_t /*stack*/) {
        constexpr uint32_t present_interrupt_gate = 0x8e00;
        WRITE_ONCE(offset_low_selector, code_selector << 16 | (handler & 0xffff));
        WRITE_ONCE(offset_high_attributes, (handler & 0xffff0000) | present_interrupt_gate);
    }
};
static_assert(sizeof(gate) == 8);
