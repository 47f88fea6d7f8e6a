// SPDX-License-Identifier: GPL-2.0-or-later
#include "arch/idt.h"

#include <cpu.h>
#include <gate.h>

#include "arch/vectors.h"
#include "percpu.h"

extern "C" char nmi_entry[];
extern "C" char exception_entries[];

namespace {

constexpr unsigned nmi_vector = 2;
constexpr uint32_t code_selector = 0x8;  // in the GDT that the host makes (harness/guests/abi/boot.h)

alignas(16) gate idt[EXCEPTION_VECTORS];

struct __attribute__((packed)) descriptor_table_register {
    uint16_t limit;
    uintptr_t base;
};
static_assert(offsetof(descriptor_table_register, base) == 2);  // SDM 3A, figure 2-6

/// Touches the memory that the CPU uses to deliver an NMI, except for the IDT, which was just written. The
/// emulated SVM of QEMU 7.2 (TCG) loses an NMI whose delivery faults in nested paging.
void touch_what_delivery_needs() {
    descriptor_table_register gdtr;
    __asm__ volatile("sgdt %0" : "=m"(gdtr));
    READ_ONCE(*reinterpret_cast<const uint32_t*>(gdtr.base + code_selector));
    touch_interrupt_stacks(boot->tss + static_cast<uint32_t>(smp_processor_id()) * shared::tss_stride);
}

}  // namespace

void idt_load() {
    // Every CPU writes the same values, since another CPU may be taking NMIs through this table.
    for (unsigned vector = 0; vector < EXCEPTION_VECTORS; ++vector) {
        if (vector == nmi_vector) {
            idt[vector].set(code_selector, address_of(nmi_entry), nmi_stack);
        } else {
            idt[vector].set(code_selector, address_of(exception_entries) + vector * EXCEPTION_STUB_SIZE,
                            exception_stack);
        }
    }

    const descriptor_table_register idtr = {sizeof(idt) - 1, reinterpret_cast<uintptr_t>(idt)};
    __asm__ volatile("lidt %0" ::"m"(idtr) : "memory");
    touch_what_delivery_needs();
}
