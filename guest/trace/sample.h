// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cpu.h>

#include "compiler.h"
#include "percpu.h"

/// Puts @p ip into this CPU's sample buffer. Never waits: if the buffer is full, the sample is dropped and
/// counted. Only NMI handlers may call it, since they do not interrupt each other. The barriers pair as in
/// trace.h.
inline void sample(uint32_t ip) {
    percpu* cpu = this_cpu();
    shared::RingControl& ring = cpu->page.samples;
    const uint32_t head = ring.head;
    if (head - smp_load_acquire(&ring.tail) >= boot->sample_slots) {
        this_cpu_inc(ring.lost);
        return;
    }
    WRITE_ONCE(cpu->samples[head & (boot->sample_slots - 1)], ip);
    smp_store_release(&ring.head, head + 1);
}
