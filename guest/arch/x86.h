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

/// Replaces a word that is @p expected; full barrier. Returns whether it was; else @p expected is what it is.
inline bool cmpxchg(uint32_t* location, uint32_t& expected, uint32_t value) {
    return __atomic_compare_exchange_n(location, &expected, value, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
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

inline constexpr uint32_t icr_delivery_mode_nmi = 4u << 8;

/// Sends an NMI to the CPU whose APIC ID is @p id, from an APIC in x2APIC mode: the ICR is one MSR (SDM 3A,
/// 11.12.9).
inline void x2apic_send_nmi(uint32_t id) {
    constexpr uint32_t icr = 0x830;
    __asm__ volatile("wrmsr" ::"c"(icr), "a"(icr_delivery_mode_nmi), "d"(id) : "memory");
}

inline void write_xapic(uint32_t offset, uint32_t value) {
    *reinterpret_cast<volatile uint32_t*>(shared::xapic_base + offset) = value;
}

/// The same in xAPIC mode: the ICR is two registers, and the write of the lower one sends (SDM 3A, 11.6.1).
/// An NMI in between does not matter, since no handler sends one.
inline void xapic_send_nmi(uint32_t id) {
    constexpr uint32_t icr_low = 0x300;
    constexpr uint32_t icr_high = 0x310;
    write_xapic(icr_high, id << 24);
    write_xapic(icr_low, icr_delivery_mode_nmi);
}

inline void outb(uint16_t port, uint8_t value) {
    __asm__ volatile("outb %0, %1" ::"a"(value), "Nd"(port));
}
