// SPDX-License-Identifier: GPL-2.0-or-later
#include "arch/idt.h"

#include <gate.h>

extern "C" char nmi_entry[];
extern "C" char exception_entries[];

namespace {

constexpr unsigned vectors = 32;
constexpr unsigned nmi_vector = 2;
constexpr unsigned stub_size = 16;
constexpr uint32_t code_selector = 0x8;  // of the host's GDT (machine/boot.h)

alignas(16) gate idt[vectors];

}  // namespace

void idt_load() {
    // Each gate gets its one final value: another CPU may be taking NMIs through this table.
    for (unsigned vector = 0; vector < vectors; ++vector) {
        if (vector == nmi_vector) {
            idt[vector].set(code_selector, address_of(nmi_entry), nmi_stack);
        } else {
            idt[vector].set(code_selector, address_of(exception_entries) + vector * stub_size,
                            exception_stack);
        }
    }

    const struct __attribute__((packed)) {
        uint16_t limit;
        uintptr_t base;
    } idtr = {sizeof(idt) - 1, reinterpret_cast<uintptr_t>(idt)};
    __asm__ volatile("lidt %0" ::"m"(idtr) : "memory");
}
