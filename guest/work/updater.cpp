// SPDX-License-Identifier: GPL-2.0-or-later
#include "work/updater.h"

#include "fault/fault.h"
#include "fault/stretch.h"
#include "handlers/handlers.h"
#include "mem/slab.h"
#include "nmi/nmi.h"
#include "panic.h"
#include "rcu/rcu_sched.h"
#include "trace/trace.h"
#include "work/dwell.h"
#include "work/ipi.h"
#include "work/schedule.h"

namespace {

/// A random handler of those that the host asked for. Consecutive turns choose from different copies.
const handler& choose(uint32_t turn) {
    const auto& copy = handlers[turn % handler_copies];
    uint32_t kind = next_random() % handler_kinds;
    while ((copy[kind].bit & boot->handlers) == 0) {
        kind = (kind + 1) % handler_kinds;
    }
    return copy[kind];
}

uint32_t generation_of(const handler& which) {
    return kgeneration(*which.data);
}

/// Allocates and initialises the handler's data, then makes it the current one.
void publish(const handler& next) {
    auto data = static_cast<nmi_data*>(kmalloc(nmi_data_size(nmi_data_cpus())));
    if constexpr (fault != Fault::publish_before_init) {
        nmi_data_init(data, next.callback);
    }
    // Pairs with rcu_dereference_sched() in the callback (NMI_HANDLER in handlers.cpp).
    rcu_assign_pointer(*next.data, data);
    trace_task(shared::EventKind::publish, address_of(next.callback), generation_of(next));
    set_nmi_callback(next.callback);
    if constexpr (fault == Fault::publish_before_init) {
        planted();
        stretch();
        nmi_data_init(data, next.callback);
    }
}

/// Counts the CPUs that are in a handler of the generation that was just retired. The oracle counts overlaps
/// from the events; this count serves runs without events.
void count_overlaps(uint32_t generation) {
    uint32_t& overlaps = this_cpu()->page.counters.overlaps;
    for (uint32_t cpu = 0; cpu < boot->nr_cpus; ++cpu) {
        // Pairs with the WRITE_ONCE() in nmi_data_begin(), without order.
        if (READ_ONCE(per_cpu(cpu)->run.generation) == generation) {
            this_cpu_inc(overlaps);
        }
    }
}

/// Frees the data of @p old, which no CPU runs any more.
void free_data(const handler& old) {
    if constexpr (fault == Fault::leak) {
        planted();
        if (this_cpu()->page.counters.swaps % 100 == 99) {
            return;
        }
    }
    nmi_data_report(*old.data);
    kfree(*old.data);
    if constexpr (fault == Fault::double_free) {
        planted();
        kfree(*old.data);
    }
}

/// Destroys the code of a retired handler. It must be loaded again before its next publication.
void unload(const handler& old, uint32_t generation) {
    trace_task(shared::EventKind::unload, address_of(old.callback), generation);
    module_unload(*old.code);
    this_cpu_inc(this_cpu()->page.counters.unloaded);
}

/// @p old is no longer the current handler.
void retire(const handler& old) {
    const uint32_t generation = generation_of(old);
    trace_task(shared::EventKind::retire, address_of(old.callback), generation);
    count_overlaps(generation);
}

/// Retires @p old, waits until no CPU runs it and frees its data.
void reclaim(const handler& old) {
    const uint32_t generation = generation_of(old);
    retire(old);
    if constexpr (fault == Fault::unload_early) {
        planted();
        if (boot->cycle == shared::Cycle::unload) {
            unload(old, generation);
        }
    }
    if constexpr (fault == Fault::skip_grace_period) {
        planted();
    } else {
        synchronize_sched();
    }
    if (boot->cycle == shared::Cycle::unload && fault != Fault::unload_early) {
        unload(old, generation);
    }
    free_data(old);
    this_cpu_inc(this_cpu()->page.counters.swaps);
}

bool stopping() {
    return READ_ONCE(boot->stop) != 0;  // the host stores it; nothing else depends on the order
}

/// The document's sequence.
void cycle_unset() {
    for (uint32_t turn = 0; !stopping(); ++turn) {
        const handler& current = choose(turn);
        publish(current);
        dwell(boot->dwell_published, send_ipis);
        unset_nmi_callback();
        reclaim(current);
        schedule();
    }
}

/// Publishes each handler directly over the previous one. The dummy is current only before the first handler
/// and after the last one.
void cycle_replace() {
    const handler* current = nullptr;
    for (uint32_t turn = 0; !stopping(); ++turn) {
        const handler& next = choose(turn);
        publish(next);
        if (current != nullptr) {
            reclaim(*current);
        }
        current = &next;
        dwell(boot->dwell_published, send_ipis);
        schedule();
    }
    if (current != nullptr) {
        unset_nmi_callback();
        reclaim(*current);
    }
}

/// For cycle_unload().
void init_modules() {
    for (const auto& copies : handlers) {
        for (const handler& each : copies) {
            module_init(*each.code, reinterpret_cast<void*>(each.callback));
        }
    }
}

/// As cycle_unset(), with handlers whose code is loaded and destroyed. The next handler is loaded while the
/// current one is published, so that the current one's grace period separates the load from the next
/// publication, as mem/module.h requires.
void cycle_unload() {
    const handler* current = &choose(0);
    module_load(*current->code);
    synchronize_sched();
    for (uint32_t turn = 1; !stopping(); ++turn) {
        publish(*current);
        const handler& next = choose(turn);
        module_load(*next.code);
        dwell(boot->dwell_published, send_ipis);
        unset_nmi_callback();
        reclaim(*current);
        current = &next;
        schedule();
    }
}

/// What is retired and waits for a grace period, which serves all of it. No handler is needed again before
/// its data is freed, since consecutive turns choose from different copies.
struct retired_list {
    const handler* each[handler_copies];
    uint32_t size;
};

void free_list(retired_list& list) {
    for (uint32_t i = 0; i < list.size; ++i) {
        free_data(*list.each[i]);
    }
    // All at once: a search takes the last swap for the end.
    this_cpu_add(this_cpu()->page.counters.swaps, list.size);
    list.size = 0;
}

/// Frees what is on the list after one grace period.
void reclaim_list(retired_list& list) {
    if (list.size == 0) {
        return;
    }
    if constexpr (fault == Fault::deferred_too_early) {
        planted();
        free_list(list);
        synchronize_sched();
        return;
    }
    if constexpr (fault == Fault::grace_period_reused) {
        planted();  // cycle_deferred() has waited already, before the last handler was retired
    } else {
        synchronize_sched();
    }
    free_list(list);
}

/// As cycle_unset(), but data is freed later, as one free after two calls of kfree_rcu() in Linux.
void cycle_deferred() {
    retired_list list;
    list.size = 0;
    for (uint32_t turn = 0; !stopping(); ++turn) {
        const handler& current = choose(turn);
        publish(current);
        dwell(boot->dwell_published, send_ipis);
        unset_nmi_callback();
        retire(current);
        list.each[list.size++] = &current;
        if constexpr (fault == Fault::grace_period_reused) {
            if (list.size == 1) {
                synchronize_sched();
            }
        }
        if (list.size == handler_copies) {
            reclaim_list(list);
        }
        schedule();
    }
    reclaim_list(list);
}

void run_cycle() {
    switch (boot->cycle) {
        case shared::Cycle::unset:
            return cycle_unset();
        case shared::Cycle::replace:
            return cycle_replace();
        case shared::Cycle::unload:
            return cycle_unload();
        case shared::Cycle::deferred:
            return cycle_deferred();
    }
    panic("unknown cycle");
}

}  // namespace

void run_updater() {
    slab_init(nmi_data_size(boot->nr_cpus));
    if (boot->cycle == shared::Cycle::unload) {
        init_modules();
    }
    trace_task(shared::EventKind::publish, address_of(dummy_nmi_callback), 0);
    cpu_is_online();
    wait_for_all_online();

    run_cycle();
    slab_check();
    trace_task(shared::EventKind::done, 0, 0);
    // Pairs with the host's load-acquire of the state.
    smp_store_release(&this_cpu()->page.state, shared::CpuState::done);
    while (true) {
        cpu_idle();
    }
}
