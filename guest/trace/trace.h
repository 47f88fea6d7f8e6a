// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cpu.h>

#include "compiler.h"
#include "percpu.h"

/// Writes one event into this CPU's ring for the context it is called from (abi/ring.h). Never waits:
/// with the ring full the event is dropped and counted. Safe in NMI context on the NMI ring.
inline void trace_always(shared::RingOf which, shared::EventKind kind, uint16_t flags, uint32_t a,
                         uint32_t b) {
    percpu* cpu = this_cpu();
    const uint32_t index = static_cast<uint32_t>(which);
    shared::RingControl& ring = cpu->page.rings[index];

    const uint32_t seq = xadd(&boot->next_seq, 1);
    const uint32_t head = ring.head;
    if (head - smp_load_acquire(&ring.tail) >= boot->ring_events) {
        this_cpu_inc(ring.lost);
        return;
    }
    shared::Event& event = cpu->rings[index][head & (boot->ring_events - 1)];
    event.seq = seq;
    event.kind = kind;
    event.flags = flags;
    event.a = a;
    event.b = b;
    smp_store_release(&ring.head, head + 1);
}

/// The same where the host asked for all events (`--observe events`).
inline void trace(shared::RingOf which, shared::EventKind kind, uint16_t flags, uint32_t a, uint32_t b) {
    if (boot->events != 0) {
        trace_always(which, kind, flags, a, b);
    }
}

/// For code that is not in an NMI.
inline void trace_task(shared::EventKind kind, uint32_t a, uint32_t b) {
    trace(shared::RingOf::task, kind, 0, a, b);
}

/// A tripwire was hit; reported whatever the host observes.
inline void trace_trip(shared::RingOf which, shared::Trip trip, uint32_t value, uint32_t generation) {
    percpu* cpu = this_cpu();
    this_cpu_inc(cpu->page.counters.trips);
    trace_always(which, shared::EventKind::trip, static_cast<uint16_t>(trip), value, generation);
}
