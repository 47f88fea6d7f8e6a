// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "handlers/handlers.h"
#include "machine.h"
#include "rcu/preempt.h"
#include "rcu/rcu_sched.h"

extern "C" void do_nmi(struct pt_regs* regs, long error_code);

namespace {

std::atomic<bool> over;

void yield() {
    std::this_thread::yield();
}

/// What a CPU of the guest does between NMIs, and its NMIs, each in turn.
void run_cpu(uint32_t number) {
    FakeMachine::become(number);
    fake::on_relax = yield;
    pt_regs regs{0};
    while (!over) {
        do_nmi(&regs, 0);
        preempt_disable();
        do_nmi(&regs, 0);
        preempt_enable();
        rcu_sched_qs();
        rcu_idle_enter();
        do_nmi(&regs, 0);
        rcu_idle_exit();
        rcu_report_dead();
        do_nmi(&regs, 0);
        rcu_cpu_starting();
        FakeMachine::drain(number, shared::RingOf::nmi);
        yield();
    }
}

// Handlers on one set of threads, swaps on another, with real memory ordering: ThreadSanitizer checks the
// guest's own code, and the tripwires check the data.
TEST(Guest, swaps_handlers_under_threads_that_run_them_without_a_tripwire) {
    constexpr uint32_t cpus = 4;
    constexpr uint32_t swaps = 2000;
    FakeMachine machine(cpus);
    unset_nmi_callback();
    over = false;
    std::vector<std::thread> threads;
    for (uint32_t cpu = 1; cpu < cpus; ++cpu) {
        threads.emplace_back(run_cpu, cpu);
    }
    fake::on_relax = yield;
    for (uint32_t turn = 0; turn < swaps; ++turn) {
        const handler& next = handlers[turn % handler_copies][turn % handler_kinds];
        auto data = static_cast<nmi_data*>(kmalloc(nmi_data_size(cpus)));
        nmi_data_init(data, next.callback);
        rcu_assign_pointer(*next.data, data);
        set_nmi_callback(next.callback);
        yield();
        unset_nmi_callback();
        synchronize_sched();
        kfree(data);
        FakeMachine::drain(0, shared::RingOf::task);
    }
    over = true;
    for (std::thread& thread : threads) {
        thread.join();
    }
    uint32_t answered = 0;
    for (uint32_t cpu = 0; cpu < cpus; ++cpu) {
        EXPECT_EQ(per_cpu(cpu)->page.counters.trips, 0U);
        answered += per_cpu(cpu)->page.counters.nmi_answered;
    }
    EXPECT_EQ(per_cpu(0)->page.counters.freed, swaps);
    EXPECT_GT(answered, 0U) << "no handler ever ran";
}

}  // namespace
