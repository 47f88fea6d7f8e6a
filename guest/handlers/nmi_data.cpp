// SPDX-License-Identifier: GPL-2.0-or-later
#include "handlers/nmi_data.h"

#include "fault/fault.h"
#include "fault/stretch.h"
#include "mem/slab.h"
#include "trace/trace.h"

namespace {

// Fault::lock_in_handler: who writes to handler data holds the lock.
[[maybe_unused]] bool data_locked;

void lock_data() {
    if constexpr (fault == Fault::lock_in_handler) {
        planted();
        while (__atomic_exchange_n(&data_locked, true, __ATOMIC_ACQUIRE)) {
            cpu_relax();
        }
    }
}

void unlock_data() {
    if constexpr (fault == Fault::lock_in_handler) {
        smp_store_release(&data_locked, false);
    }
}

}  // namespace

void nmi_data_init(nmi_data* data, nmi_callback_t owner) {
    lock_data();
    WRITE_ONCE(data->generation, kgeneration(data));
    WRITE_ONCE(data->owner, address_of(owner));
    WRITE_ONCE(data->tail, shared::nmi_data_magic);
    for (uint32_t cpu = 0; cpu < boot->nr_cpus; ++cpu) {
        WRITE_ONCE(data->tags[cpu], 0);
    }
    WRITE_ONCE(data->magic, shared::nmi_data_magic);
    if constexpr (fault == Fault::lock_in_handler) {
        stretch();
    }
    unlock_data();
}

// From here on NMI context: reads and reports, nothing else.

namespace {

bool expect(uint32_t seen, uint32_t expected, shared::Trip trip, uint32_t generation) {
    if (seen == expected) {
        return true;
    }
    trace_trip(shared::RingOf::nmi, trip, seen, generation);
    return false;
}

}  // namespace

bool nmi_data_check(const nmi_data* data, nmi_callback_t self, uint32_t generation) {
    // In this order: where the magic is wrong the rest is too and says nothing more.
    return expect(READ_ONCE(data->magic), shared::nmi_data_magic, shared::Trip::data_magic, generation) &&
           expect(READ_ONCE(data->generation), generation, shared::Trip::data_generation, generation) &&
           expect(READ_ONCE(data->owner), address_of(self), shared::Trip::data_owner, generation) &&
           expect(READ_ONCE(data->tail), shared::nmi_data_magic, shared::Trip::data_tail, generation);
}

uint32_t nmi_data_begin(nmi_data* data, nmi_callback_t self) {
    percpu* cpu = this_cpu();
    const uint32_t generation = READ_ONCE(data->generation);
    cpu->run.callback = address_of(self);
    WRITE_ONCE(cpu->run.generation, generation);
    if (!nmi_data_check(data, self, generation)) {
        return 0;
    }
    lock_data();
    const uint32_t tag = READ_ONCE(data->tags[cpu->number]) + 1;
    WRITE_ONCE(data->tags[cpu->number], tag);
    unlock_data();
    return tag;
}

void nmi_data_end(nmi_data* data, nmi_callback_t self, uint32_t tag) {
    const percpu* cpu = this_cpu();
    if (tag != 0 && nmi_data_check(data, self, cpu->run.generation)) {
        expect(READ_ONCE(data->tags[cpu->number]), tag, shared::Trip::data_tag, cpu->run.generation);
    }
}
