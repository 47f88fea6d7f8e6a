// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cpu.h>

#include "compiler.h"

/// xorshift32 (Marsaglia, 2003). An NMI may interrupt it and call it. Then a number comes twice, which does
/// no harm.
inline uint32_t next_random() {
    percpu* cpu = this_cpu();
    uint32_t x = READ_ONCE(cpu->random);
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    WRITE_ONCE(cpu->random, x);
    return x;
}

/// A random number of TSC ticks from 0 to @p most, uniformly distributed.
inline uint64_t ticks_up_to(uint32_t most) {
    return (static_cast<uint64_t>(next_random()) * most) >> 32;
}

/// Spends a random number of TSC ticks from 0 to @p most, and calls @p meanwhile again and again. It counts
/// time, not instructions, since an emulated CPU may be a thousand times slower than a real one. Returns at
/// once if @p most is 0. NMI-safe if @p meanwhile is.
template <typename Meanwhile>
inline void dwell(uint32_t most, Meanwhile meanwhile) {
    if (most == 0) {
        return;
    }
    const uint64_t ticks = ticks_up_to(most);
    const uint64_t begin = rdtsc();
    while (rdtsc() - begin < ticks) {
        meanwhile();
        cpu_relax();
    }
}
inline void dwell(uint32_t most) {
    dwell(most, [] {});
}
