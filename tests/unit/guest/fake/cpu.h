// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stdint.h>
#include <time.h>

#include "percpu.h"

/// guest/arch/*/cpu.h for the host: the calling thread sets which percpu is its "CPU".
namespace fake {

inline thread_local percpu* cpu = nullptr;

/// Called where the guest spins; lets other CPUs make progress.
inline thread_local void (*on_relax)() = nullptr;

/// Called between any two of the functions below, so that an NMI may come there.
inline thread_local void (*on_instruction)() = nullptr;

/// What sending an NMI does.
inline thread_local void (*on_send_nmi)(uint32_t id) = nullptr;
/// The last NMI was sent as by an APIC in xAPIC mode.
inline thread_local bool sent_by_xapic = false;

/// What halt() does.
inline thread_local void (*on_halt)() = nullptr;

inline void instruction() {
    if (on_instruction != nullptr) {
        on_instruction();
    }
}

inline uint32_t fence = 0;

}  // namespace fake

inline percpu* this_cpu() {
    fake::instruction();
    return fake::cpu;
}
inline int smp_processor_id() {
    return this_cpu()->number;
}

// A read-modify-write, since ThreadSanitizer understands it but not fences.
inline void smp_mb() {
    fake::instruction();
    __atomic_fetch_add(&fake::fence, 0, __ATOMIC_SEQ_CST);
}
inline uint32_t xadd(uint32_t* location, uint32_t value) {
    fake::instruction();
    return __atomic_fetch_add(location, value, __ATOMIC_SEQ_CST);
}
inline bool cmpxchg(uint32_t* location, uint32_t& expected, uint32_t value) {
    fake::instruction();
    return __atomic_compare_exchange_n(location, &expected, value, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}
inline void this_cpu_add(uint32_t& location, uint32_t value) {
    fake::instruction();
    __atomic_store_n(&location, __atomic_load_n(&location, __ATOMIC_RELAXED) + value, __ATOMIC_RELAXED);
}
inline void this_cpu_inc(uint32_t& location) {
    this_cpu_add(location, 1);
}
inline void cpu_relax() {
    fake::instruction();
    if (fake::on_relax != nullptr) {
        fake::on_relax();
    }
}
inline uint64_t rdtsc() {
    fake::instruction();
    timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}
inline void x2apic_send_nmi(uint32_t id) {
    fake::instruction();
    fake::sent_by_xapic = false;
    fake::on_send_nmi(id);
}
inline void xapic_send_nmi(uint32_t id) {
    fake::instruction();
    fake::sent_by_xapic = true;
    fake::on_send_nmi(id);
}
inline void halt() {
    fake::on_halt();
}
