// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cpu.h>

#include "compiler.h"
#include "percpu.h"

RARE inline void trace_lost(shared::RingControl& ring) {
    this_cpu_inc(ring.lost);
}

/// Writes one event into the ring of @p cpu, which is this CPU, for the calling context (abi/ring.h). Never
/// waits: if the ring is full, the event is dropped and counted. NMI-safe on the NMI ring.
inline void trace_always(percpu& cpu, shared::RingOf which, shared::EventKind kind, uint16_t flags,
                         uint32_t a, uint32_t b) {
    const uint32_t index = static_cast<uint32_t>(which);
    shared::RingControl& ring = cpu.page.rings[index];

    // Full barrier: the event's place in the order is after what this CPU did before and before what it does
    // next. Pairs with the same xadd() on the other CPUs.
    const uint32_t seq = xadd(&boot->next_seq, 1);
    const uint32_t head = ring.head;
    // Pairs with the host's store-release of `tail` after it copied the slot
    // (harness/guests/abi/ring_reader.cpp).
    if (head - smp_load_acquire(&ring.tail) > cpu.ring_mask) {
        return trace_lost(ring);
    }
    shared::Event& event = cpu.rings[index][head & cpu.ring_mask];
    event.seq = seq;
    event.kind = kind;
    event.flags = flags;
    event.a = a;
    event.b = b;
    // Pairs with the host's load-acquire of `head` before it copies the slot.
    smp_store_release(&ring.head, head + 1);
}

/// The same if the host asked for all events (`--observe events`).
inline void trace(percpu& cpu, shared::RingOf which, shared::EventKind kind, uint16_t flags, uint32_t a,
                  uint32_t b) {
    if (cpu.events != 0) {
        trace_always(cpu, which, kind, flags, a, b);
    }
}

/// For code outside NMI context.
inline void trace_task(shared::EventKind kind, uint32_t a, uint32_t b) {
    trace(*this_cpu(), shared::RingOf::task, kind, 0, a, b);
}

/// Reports a tripwire, with `--observe counters` as well.
RARE inline void trace_trip(shared::RingOf which, shared::Trip trip, uint32_t value, uint32_t generation) {
    percpu& cpu = *this_cpu();
    this_cpu_inc(cpu.page.counters.trips);
    trace_always(cpu, which, shared::EventKind::trip, static_cast<uint16_t>(trip), value, generation);
}
