// SPDX-License-Identifier: GPL-2.0-or-later
#include "nmi/nmi.h"

#include "fault/fault.h"
#include "fault/stretch.h"
#include "handlers/handlers.h"
#include "nmi/hardirq.h"
#include "rcu/rcu_sched.h"
#include "trace/trace.h"

// All code in this file except the two setters runs in NMI context. It must not take a lock, allocate, wait
// or touch the FPU. scripts/check compares the symbols that this file's object calls with a list of allowed
// ones.

int dummy_nmi_callback(struct pt_regs*, int) {
    count_callback();
    return 0;
}

static nmi_callback_t nmi_callback = dummy_nmi_callback;

void set_nmi_callback(nmi_callback_t callback) {
    if constexpr (fault == Fault::torn_publish) {
        planted();
        // Stores the two halves of the 32 bits in which callbacks differ. Handlers are so far from the dummy
        // (guest.lds) that a half of each makes an address that is in no section. The releases pair with
        // rcu_dereference_sched() in do_nmi().
        auto halves = reinterpret_cast<uint16_t*>(&nmi_callback);
        __atomic_store_n(&halves[0], static_cast<uint16_t>(address_of(callback)), __ATOMIC_RELEASE);
        stretch();
        __atomic_store_n(&halves[1], static_cast<uint16_t>(address_of(callback) >> 16), __ATOMIC_RELEASE);
        return;
    }
    rcu_assign_pointer(nmi_callback, callback);  // pairs with rcu_dereference_sched() in do_nmi()
}

void unset_nmi_callback() {
    if constexpr (fault == Fault::unset_keeps_callback) {
        planted();
        return;
    }
    if constexpr (fault == Fault::unset_to_null) {
        planted();
        set_nmi_callback(nullptr);
        return;
    }
    set_nmi_callback(dummy_nmi_callback);
}

void default_do_nmi(struct pt_regs*) {
    this_cpu_inc(this_cpu()->page.counters.nmi_defaulted);
}

namespace {

[[maybe_unused]] void count_nmi(int cpu) {
    if constexpr (fault == Fault::count_shared) {
        planted();
        cpu = 0;
    }
    this_cpu_inc(nmi_count(cpu));
}

RARE uint16_t count_offline() {
    this_cpu_inc(this_cpu()->page.counters.nmi_offline);
    return shared::nmi_from_offline;
}

/// Counts an NMI that interrupted a CPU which RCU was not watching, as one from idle or from offline.
uint16_t count_unwatched() {
    percpu* self = this_cpu();
    if (READ_ONCE(self->offline) != 0) {
        return count_offline();
    }
    this_cpu_inc(self->page.counters.nmi_idle);
    return shared::nmi_from_idle;
}

/// Calls the callback and, if it returns 0, the default action. Returns the flags of nmi_leave.
uint16_t call(nmi_callback_t callback, struct pt_regs* regs, int cpu) {
    shared::Counters& counters = this_cpu()->page.counters;
    if constexpr (fault == Fault::callback_skipped) {
        planted();
        if (nmi_count(cpu) % 4 == 1) {
            this_cpu_inc(counters.nmi_answered);
            return shared::nmi_answered;
        }
    }
    int answer = callback(regs, cpu);
    if constexpr (fault == Fault::callback_twice) {
        planted();
        if (answer == 0) {
            answer = callback(regs, cpu);
        }
    }
    if (answer != 0) {
        this_cpu_inc(counters.nmi_answered);
        if constexpr (fault == Fault::default_always) {
            planted();
            default_do_nmi(regs);
            return shared::nmi_answered | shared::nmi_defaulted;
        }
        return shared::nmi_answered;
    }
    this_cpu_inc(callback == dummy_nmi_callback ? counters.nmi_dummy : counters.nmi_declined);
    if constexpr (fault == Fault::default_skipped) {
        planted();
        return 0;
    }
    default_do_nmi(regs);
    return shared::nmi_defaulted;
}

}  // namespace

extern "C" void do_nmi(struct pt_regs* regs, long) {
    const bool from_idle = nmi_enter();

    const int cpu = smp_processor_id();
    percpu* self = this_cpu();
    const unsigned long ip = regs->ip;
    const unsigned long sp = kernel_stack_pointer(regs);
    [[maybe_unused]] const uint32_t count_before = nmi_count(cpu);
    if constexpr (fault != Fault::count_late) {
        count_nmi(cpu);
    }
    const uint16_t from = from_idle ? count_unwatched() : uint16_t{0};
    trace(*self, shared::RingOf::nmi, shared::EventKind::nmi_enter, from, static_cast<uint32_t>(ip),
          READ_ONCE(self->page.counters.nmi_count));

    self->run.callback = address_of(dummy_nmi_callback);  // until a handler writes its own
    WRITE_ONCE(self->run.generation, 0);                  // the updater reads it
    const uint32_t callbacks_before = self->page.counters.nmi_callbacks;
    // Pairs with rcu_assign_pointer() in set_nmi_callback().
    nmi_callback_t callback = rcu_dereference_sched(nmi_callback);
    trace(*self, shared::RingOf::nmi, shared::EventKind::nmi_call, 0, address_of(callback), 0);

    if constexpr (fault == Fault::double_fetch) {
        planted();
        stretch();
        callback = rcu_dereference_sched(nmi_callback);
    }
    const uint16_t flags = call(callback, regs, cpu);
    if constexpr (fault == Fault::count_late) {
        planted();
        WRITE_ONCE(nmi_count(cpu), count_before + 1);  // loses an NMI that nested in between
    }

    if (regs->ip != ip || kernel_stack_pointer(regs) != sp) {
        trace_trip(shared::RingOf::nmi, shared::Trip::frame, static_cast<uint32_t>(regs->ip), 0);
    }
    const uint32_t callbacks = self->page.counters.nmi_callbacks - callbacks_before;
    trace(*self, shared::RingOf::nmi, shared::EventKind::nmi_leave,
          static_cast<uint16_t>(flags | callbacks << shared::nmi_callbacks_shift), self->run.callback,
          self->run.generation);
    WRITE_ONCE(self->run.generation, 0);

    if constexpr (fault == Fault::nmi_exit_missing) {
        planted();
        if (flags == shared::nmi_defaulted && !from_idle) {
            return;
        }
    }
    nmi_exit();

    if constexpr (fault == Fault::read_after_exit) {
        planted();
        linger_in_data_of(callback);
    }
}
