// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "percpu.h"
#include "rcu/rcu_sched.h"

/// What guest/main.cpp does for a CPU before rcu_cpu_starting().
inline void init_percpu(uint32_t number) {
    percpu* cpu = per_cpu(number);
    cpu->self = cpu;
    cpu->number = static_cast<int32_t>(number);
    WRITE_ONCE(cpu->rcu.dynticks, rcu_counter_start - 1);
    WRITE_ONCE(cpu->rcu.qs_count, rcu_counter_start);
    cpu->random = boot->seed + number * 0x9e3779b9;
    if (cpu->random == 0) {
        cpu->random = 1;
    }
    cpu->events = boot->events;
    cpu->ring_mask = boot->ring_events - 1;
    cpu->samples =
        reinterpret_cast<uint32_t*>(uintptr_t{boot->samples}) + uintptr_t{number} * boot->sample_slots;
    for (uint32_t ring = 0; ring < shared::rings_per_cpu; ++ring) {
        const uintptr_t index = number * shared::rings_per_cpu + ring;
        cpu->rings[ring] =
            reinterpret_cast<shared::Event*>(uintptr_t{boot->rings}) + index * boot->ring_events;
    }
}
