// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <x86intrin.h>

#include <stdint.h>

#include "percpu.h"

/// guest/arch/*/cpu.h for the host: a "CPU" is whatever percpu the calling thread says it is.
namespace fake {

inline thread_local percpu* cpu = nullptr;

/// Called where the guest spins; lets other CPUs get on.
inline thread_local void (*on_relax)() = nullptr;

inline uint32_t fence = 0;

}  // namespace fake

inline percpu* this_cpu() {
    return fake::cpu;
}
inline int smp_processor_id() {
    return fake::cpu->number;
}

// A read-modify-write, which ThreadSanitizer understands; it does not understand fences.
inline void smp_mb() {
    __atomic_fetch_add(&fake::fence, 0, __ATOMIC_SEQ_CST);
}
inline uint32_t xadd(uint32_t* location, uint32_t value) {
    return __atomic_fetch_add(location, value, __ATOMIC_SEQ_CST);
}
inline void this_cpu_add(uint32_t& location, uint32_t value) {
    __atomic_store_n(&location, __atomic_load_n(&location, __ATOMIC_RELAXED) + value, __ATOMIC_RELAXED);
}
inline void this_cpu_inc(uint32_t& location) {
    this_cpu_add(location, 1);
}
inline void cpu_relax() {
    if (fake::on_relax != nullptr) {
        fake::on_relax();
    }
}
inline uint64_t rdtsc() {
    return __rdtsc();
}
