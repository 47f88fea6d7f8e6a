// SPDX-License-Identifier: GPL-2.0-or-later
#include "handlers/nmi_data.h"

#include "fault/fault.h"
#include "fault/stretch.h"
#include "mem/slab.h"
#include "trace/trace.h"

namespace {

// Fault::lock_in_handler: code that writes to handler data holds this lock.
[[maybe_unused]] bool data_locked;

void lock_data() {
    if constexpr (fault == Fault::lock_in_handler) {
        planted();
        // Pairs with the smp_store_release() in unlock_data().
        while (__atomic_exchange_n(&data_locked, true, __ATOMIC_ACQUIRE)) {
            cpu_relax();
        }
    }
}

void unlock_data() {
    if constexpr (fault == Fault::lock_in_handler) {
        smp_store_release(&data_locked, false);  // pairs with the exchange in lock_data()
    }
}

/// The CPU in whose slot @p cpu counts.
uint32_t slot_of(int32_t cpu) {
    const auto number = static_cast<uint32_t>(cpu);
    if constexpr (fault == Fault::data_wrong_slot) {
        planted();
        return number < 2 && boot->nr_cpus > 1 ? 1 - number : number;
    }
    return number;
}

}  // namespace

uint32_t nmi_data_cpus() {
    if constexpr (fault == Fault::data_too_small) {
        planted();
        return boot->nr_cpus - 1;
    }
    return boot->nr_cpus;
}

// The WRITE_ONCE()s pair with the READ_ONCE()s in nmi_data_check(). They give no order by themselves:
// rcu_assign_pointer() in publish() and rcu_dereference_sched() in the handler order them.
void nmi_data_init(nmi_data* data, nmi_callback_t owner) {
    lock_data();
    WRITE_ONCE(data->generation, kgeneration(data));
    WRITE_ONCE(data->owner, address_of(owner));
    WRITE_ONCE(data->tail, shared::nmi_data_magic);
    uint32_t slots = nmi_data_cpus();
    if constexpr (fault == Fault::data_stale_slot) {
        planted();
        --slots;
    }
    for (uint32_t cpu = 0; cpu < slots; ++cpu) {
        WRITE_ONCE(data->tags[cpu], 0);
    }
    WRITE_ONCE(data->magic, shared::nmi_data_magic);
    if constexpr (fault == Fault::lock_in_handler) {
        stretch();
    }
    unlock_data();
}

void nmi_data_report(const nmi_data* data) {
    percpu* self = this_cpu();
    for (uint32_t cpu = 0; cpu < boot->nr_cpus && self->events != 0; ++cpu) {
        trace(*self, shared::RingOf::task, shared::EventKind::slot, static_cast<uint16_t>(cpu),
              READ_ONCE(data->tags[cpu]), kgeneration(data));
    }
}

// The rest of the file runs in NMI context: it only reads, tags and reports.

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
    // The magic comes first: if it is wrong, the other words are wrong as well and tell nothing new.
    return expect(READ_ONCE(data->magic), shared::nmi_data_magic, shared::Trip::data_magic, generation) &&
           expect(READ_ONCE(data->generation), generation, shared::Trip::data_generation, generation) &&
           expect(READ_ONCE(data->owner), address_of(self), shared::Trip::data_owner, generation) &&
           expect(READ_ONCE(data->tail), shared::nmi_data_magic, shared::Trip::data_tail, generation);
}

uint32_t nmi_data_begin(nmi_data* data, nmi_callback_t self) {
    percpu* cpu = this_cpu();
    count_callback();
    const uint32_t generation = READ_ONCE(data->generation);
    cpu->run.callback = address_of(self);
    // Pairs with the READ_ONCE() in count_overlaps(), which counts a lower bound and needs no order.
    WRITE_ONCE(cpu->run.generation, generation);
    if (!nmi_data_check(data, self, generation)) {
        return 0;
    }
    lock_data();
    uint32_t& slot = data->tags[slot_of(cpu->number)];
    const uint32_t tag = READ_ONCE(slot) + 1;
    WRITE_ONCE(slot, tag);
    if constexpr (fault == Fault::data_out_of_bounds) {
        planted();
        WRITE_ONCE(data->tags[boot->nr_cpus], tag);
    }
    unlock_data();
    return tag;
}

void nmi_data_end(nmi_data* data, nmi_callback_t self, uint32_t tag) {
    const percpu* cpu = this_cpu();
    if (tag != 0 && nmi_data_check(data, self, cpu->run.generation)) {
        expect(READ_ONCE(data->tags[slot_of(cpu->number)]), tag, shared::Trip::data_tag, cpu->run.generation);
    }
}
