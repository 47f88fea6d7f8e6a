// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <nmistorm/abi/boot.h>

/// The ABI of host and guest. Not called "abi", since <cxxabi.h> defines that name when tests build this for
/// the host.
namespace shared = nmistorm::abi;

/// What RCU knows about one CPU (rcu/rcu_sched.h).
struct rcu_data {
    uint32_t dynticks;     ///< odd: RCU watches this CPU; even: idle or offline, which is quiescent
    uint32_t nmi_nesting;  ///< 1: this NMI made dynticks odd; 2: it was odd already; 0: no NMI
    uint32_t qs_count;     ///< incremented at every scheduling point
};

/// The running NMI handler, or the last one, as it reports itself. The event nmi_leave contains it.
struct nmi_run {
    uint32_t callback;    ///< its address; the dummy's until a handler writes its own
    uint32_t generation;  ///< of the data it uses; 0: none, or no handler runs
};

/// One CPU's memory, to which gs points. The host reads the part in abi/cpu_page.h.
struct percpu {
    shared::CpuPage page;
    percpu* self;  ///< this_cpu() loads it through gs
    int32_t number;
    uint32_t preempt_count;
    rcu_data rcu;
    nmi_run run;
    uint32_t offline;     ///< 1 from before rcu_report_dead() until after rcu_cpu_starting()
    uint32_t random;      ///< state of next_random()
    uint32_t ipis_taken;  ///< of page.ipis_wanted: how many some CPU has begun to send
    // Copies for trace(), which is most of an NMI: boot is one load more, and reloaded after each barrier.
    uint32_t events;     ///< boot->events
    uint32_t ring_mask;  ///< boot->ring_events - 1
    shared::Event* rings[shared::rings_per_cpu];
    uint32_t* samples;
};
static_assert(offsetof(percpu, page) == 0);
static_assert(sizeof(percpu) <= shared::cpu_page_stride);

/// The host's parameters. Every CPU sets it to the same value.
extern shared::Boot* boot;

inline percpu* per_cpu(uint32_t cpu) {
    return reinterpret_cast<percpu*>(static_cast<uintptr_t>(boot->cpu_pages) + cpu * shared::cpu_page_stride);
}
