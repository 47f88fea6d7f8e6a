// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <nmistorm/abi/boot.h>

/// What host and guest share; not "abi", which <cxxabi.h> takes where tests build this for the host.
namespace shared = nmistorm::abi;

/// What RCU knows of one CPU (rcu/rcu_sched.h).
struct rcu_data {
    uint32_t dynticks;     ///< odd: RCU watches this CPU; even: idle or offline, which is quiescent
    uint32_t nmi_nesting;  ///< 1: this NMI made dynticks odd; 2: it was odd already; 0: no NMI
    uint32_t qs_count;     ///< rises with every scheduling point
};

/// What the NMI handler that runs, or ran last, says of itself: the evidence in nmi_leave.
struct nmi_run {
    uint32_t callback;    ///< its own address; the dummy's until a handler says otherwise
    uint32_t generation;  ///< of the data it uses; 0: none, or no handler runs
};

/// One CPU's memory. gs points to it; see abi/cpu_page.h for the part that the host reads.
struct percpu {
    shared::CpuPage page;
    percpu* self;  ///< how this_cpu() finds the struct through gs
    int32_t number;
    uint32_t preempt_count;
    rcu_data rcu;
    nmi_run run;
    uint32_t offline;  ///< 1 from before rcu_report_dead() until after rcu_cpu_starting()
    uint32_t random;   ///< state of next_random()
    shared::Event* rings[shared::rings_per_cpu];
    uint32_t* samples;
};
static_assert(offsetof(percpu, page) == 0);
static_assert(sizeof(percpu) <= shared::cpu_page_stride);

/// What the host said at the start. Every CPU sets it, all to the same.
extern shared::Boot* boot;

inline percpu* per_cpu(uint32_t cpu) {
    return reinterpret_cast<percpu*>(static_cast<uintptr_t>(boot->cpu_pages) + cpu * shared::cpu_page_stride);
}
