// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "percpu.h"

/// The CPU's instructions that the guest needs and both architectures write in the same way. The others are
/// in arch/*/cpu.h. tests/unit/guest/fake has the same functions for the host.

inline percpu* this_cpu() {
    percpu* self;
    __asm__("mov %%gs:%c1, %0" : "=r"(self) : "i"(offsetof(percpu, self)));
    return self;
}

inline int smp_processor_id() {
    return this_cpu()->number;
}

/// Adds to a word that other CPUs read or change; full barrier. Returns the old value.
inline uint32_t xadd(uint32_t* location, uint32_t value) {
    __asm__ volatile("lock; xaddl %0, %1" : "+r"(value), "+m"(*location)::"memory", "cc");
    return value;
}

/// Adds to a word that only this CPU writes, in one instruction, so that an NMI comes before or after it.
inline void this_cpu_add(uint32_t& location, uint32_t value) {
    __asm__ volatile("addl %1, %0" : "+m"(location) : "ri"(value) : "cc");
}
inline void this_cpu_inc(uint32_t& location) {
    this_cpu_add(location, 1);
}

inline void cpu_relax() {
    __asm__ volatile("pause" ::: "memory");
}

/// Halts until the next NMI. Interrupts are always off.
inline void halt() {
    __asm__ volatile("hlt" ::: "memory");
}

inline uint64_t rdtsc() {
    uint32_t low;
    uint32_t high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return static_cast<uint64_t>(high) << 32 | low;
}

inline unsigned long read_cr2() {
    unsigned long cr2;
    __asm__ volatile("mov %%cr2, %0" : "=r"(cr2));
    return cr2;
}

/// Sends an NMI to the CPU whose x2APIC ID is @p id: by the ICR, which is one MSR (SDM 3A, 11.12.9).
inline void send_nmi(uint32_t id) {
    constexpr uint32_t x2apic_icr = 0x830;
    constexpr uint32_t delivery_mode_nmi = 4u << 8;
    __asm__ volatile("wrmsr" ::"c"(x2apic_icr), "a"(delivery_mode_nmi), "d"(id) : "memory");
}

inline void outb(uint16_t port, uint8_t value) {
    __asm__ volatile("outb %0, %1" ::"a"(value), "Nd"(port));
}
