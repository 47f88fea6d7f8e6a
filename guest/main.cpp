// SPDX-License-Identifier: GPL-2.0-or-later
// The first C++ code that a CPU runs. HACKING.md has the reading order.
#include <cpu.h>
#include "arch/idt.h"

#include <nmistorm/abi/image_note.h>

#include "fault/fault.h"
#include "panic.h"
#include "percpu.h"
#include "rcu/rcu_sched.h"
#include "work/updater.h"
#include "work/worker.h"

shared::Boot* boot;

namespace {

constexpr shared::ElfImageNote make_note() {
    shared::ElfImageNote note{};
    for (unsigned i = 0; i < sizeof(shared::note_owner); ++i) {
        note.name[i] = shared::note_owner[i];
    }
    note.desc.magic = shared::magic;
    note.desc.version = shared::version;
    const char* name = shared::fault_names[static_cast<unsigned>(fault)];
    for (unsigned i = 0; name[i] != '\0'; ++i) {
        note.desc.fault[i] = name[i];
    }
    return note;
}

__attribute__((used, section(".note.nmistorm"), aligned(4))) constexpr shared::ElfImageNote image_note =
    make_note();

void init_percpu(int number) {
    percpu* self = per_cpu(static_cast<uint32_t>(number));
    self->self = self;
    self->number = number;
    // Offline until rcu_cpu_starting(). If this CPU comes late, a grace period may be reading both.
    WRITE_ONCE(self->rcu.dynticks, rcu_counter_start - 1);
    WRITE_ONCE(self->rcu.qs_count, rcu_counter_start);
    self->random = boot->seed + static_cast<uint32_t>(number) * 0x9e3779b9;
    if (self->random == 0) {
        self->random = 1;  // xorshift never leaves 0
    }
    self->events = boot->events;
    self->ring_mask = boot->ring_events - 1;
    const uint32_t ring_bytes = boot->ring_events * static_cast<uint32_t>(sizeof(shared::Event));
    for (uint32_t ring = 0; ring < shared::rings_per_cpu; ++ring) {
        const uintptr_t index = static_cast<uint32_t>(number) * shared::rings_per_cpu + ring;
        self->rings[ring] = reinterpret_cast<shared::Event*>(boot->rings + index * ring_bytes);
    }
    const uint32_t sample_bytes = boot->sample_slots * static_cast<uint32_t>(sizeof(uint32_t));
    self->samples = reinterpret_cast<uint32_t*>(
        static_cast<uintptr_t>(boot->samples + static_cast<uint32_t>(number) * sample_bytes));
}

}  // namespace

/// start.S calls it, in the state that abi/boot.h describes.
extern "C" [[noreturn]] void start_cpu(shared::Boot* host, int number) {
    boot = host;
    init_percpu(number);
    rcu_cpu_starting();
    idt_load();
    if (boot->magic != shared::magic || boot->version != shared::version) {
        panic("host and guest disagree on the ABI");
    }
    if (number == 0) {
        run_updater();
    }
    run_worker();
}
