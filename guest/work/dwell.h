// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cpu.h>

#include "compiler.h"

/// xorshift32 (Marsaglia, 2003). An NMI may draw from the middle of a draw: then a number comes twice,
/// which nobody minds.
inline uint32_t next_random() {
    percpu* cpu = this_cpu();
    uint32_t x = READ_ONCE(cpu->random);
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    WRITE_ONCE(cpu->random, x);
    return x;
}

/// A number of TSC ticks between 0 and @p most, evenly spread.
inline uint64_t ticks_up_to(uint32_t most) {
    return (static_cast<uint64_t>(next_random()) * most) >> 32;
}

/// Spends between 0 and @p most TSC ticks, evenly spread. Time, not instructions: an emulated CPU and
/// a real one differ by a factor of a thousand. With @p most 0 it returns at once. NMI-safe.
inline void dwell(uint32_t most) {
    if (most == 0) {
        return;
    }
    const uint64_t ticks = ticks_up_to(most);
    const uint64_t begin = rdtsc();
    while (rdtsc() - begin < ticks) {
        cpu_relax();
    }
}
