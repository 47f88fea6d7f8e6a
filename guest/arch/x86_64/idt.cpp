// SPDX-License-Identifier: GPL-2.0-or-later
#include "idt.h"

#include <stdint.h>

#include "compiler.h"

extern "C" char nmi_entry[];
extern "C" char exception_entries[];

namespace {

constexpr unsigned vectors = 32;
constexpr unsigned nmi_vector = 2;
constexpr unsigned stub_size = 16;
constexpr uint32_t code_selector = 0x8;  // machine/boot_x86_64.cpp
constexpr uint32_t nmi_ist = 1;
constexpr uint32_t exception_ist = 2;

/// 64-bit interrupt gate (SDM 3A, figure 6-8) in 32-bit words.
struct gate {
    uint32_t offset_low_selector;
    uint32_t offset_middle_attributes;
    uint32_t offset_high;
    uint32_t reserved;
};

alignas(16) gate idt[vectors];

void set_gate(unsigned vector, uint32_t handler, uint32_t ist) {
    constexpr uint32_t present_interrupt_gate = 0x8e00;
    WRITE_ONCE(idt[vector].offset_low_selector, code_selector << 16 | (handler & 0xffff));
    WRITE_ONCE(idt[vector].offset_middle_attributes, (handler & 0xffff0000) | present_interrupt_gate | ist);
}

}  // namespace

void idt_load() {
    // Each gate gets its one final value: another CPU may be taking NMIs through this table.
    for (unsigned vector = 0; vector < vectors; ++vector) {
        if (vector == nmi_vector) {
            set_gate(vector, address_of(nmi_entry), nmi_ist);
        } else {
            set_gate(vector, address_of(exception_entries) + vector * stub_size, exception_ist);
        }
    }

    const struct __attribute__((packed)) {
        uint16_t limit;
        uint64_t base;
    } idtr = {sizeof(idt) - 1, reinterpret_cast<uintptr_t>(idt)};
    __asm__ volatile("lidt %0" ::"m"(idtr) : "memory");
}
