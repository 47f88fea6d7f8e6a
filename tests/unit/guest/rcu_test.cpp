// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include "machine.h"
#include "nmi/hardirq.h"
#include "rcu/preempt.h"
#include "rcu/rcu_sched.h"

namespace {

unsigned relaxed;

/// What happens while the updater waits: at its check number `look`, CPU `cpu` does `action`.
struct {
    unsigned look;
    uint32_t cpu;
    void (*action)();
} meanwhile;

/// Runs a grace period in which @p cpu does @p action at check number @p look. Returns the number of checks.
unsigned looks_if(unsigned look, uint32_t cpu, void (*action)()) {
    meanwhile = {look, cpu, action};
    relaxed = 0;
    fake::on_relax = [] {
        if (++relaxed == meanwhile.look) {
            FakeMachine::as(meanwhile.cpu, meanwhile.action);
        }
    };
    synchronize_sched();
    return relaxed;
}

TEST(SynchronizeSched, returns_at_once_where_no_other_cpu_exists) {
    FakeMachine machine(1);
    synchronize_sched();
    EXPECT_EQ(per_cpu(0)->page.counters.grace_periods, 1U);
}

TEST(SynchronizeSched, waits_until_a_busy_cpu_has_passed_a_scheduling_point) {
    FakeMachine machine(2);
    EXPECT_EQ(looks_if(3, 1, rcu_sched_qs), 3U);
}

TEST(SynchronizeSched, waits_for_each_of_many_cpus) {
    constexpr uint32_t cpus = 200;
    for (const uint32_t busy : {1U, 63U, 64U, 127U, 128U, cpus - 1}) {
        FakeMachine machine(cpus);
        for (uint32_t cpu = 1; cpu < cpus; ++cpu) {
            if (cpu != busy) {
                FakeMachine::as(cpu, rcu_idle_enter);
            }
        }
        EXPECT_EQ(looks_if(3, busy, rcu_sched_qs), 3U) << busy;
    }
}

TEST(SynchronizeSched, is_not_satisfied_by_a_scheduling_point_from_before_it) {
    FakeMachine machine(2);
    FakeMachine::as(1, rcu_sched_qs);
    EXPECT_EQ(looks_if(3, 1, rcu_sched_qs), 3U);
}

TEST(SynchronizeSched, does_not_wait_for_an_idle_cpu) {
    FakeMachine machine(2);
    FakeMachine::as(1, rcu_idle_enter);
    fake::on_relax = [] { FAIL() << "waited"; };
    synchronize_sched();
}

TEST(SynchronizeSched, is_satisfied_by_a_cpu_that_was_idle_meanwhile_and_is_busy_again) {
    FakeMachine machine(2);
    EXPECT_EQ(looks_if(2, 1,
                       [] {
                           rcu_idle_enter();
                           rcu_idle_exit();
                       }),
              2U);
}

TEST(SynchronizeSched, waits_for_an_nmi_that_interrupted_an_idle_cpu) {
    FakeMachine machine(2);
    FakeMachine::as(1, [] {
        rcu_idle_enter();
        EXPECT_TRUE(nmi_enter());
    });
    EXPECT_EQ(looks_if(4, 1, nmi_exit), 4U);
}

TEST(SynchronizeSched, takes_no_nmi_on_a_busy_cpu_for_a_quiescent_state) {
    FakeMachine machine(2);
    relaxed = 0;
    fake::on_relax = [] {
        ++relaxed;
        if (relaxed < 5) {
            FakeMachine::as(1, [] {
                EXPECT_FALSE(nmi_enter());
                nmi_exit();
            });
        } else {
            FakeMachine::as(1, rcu_sched_qs);
        }
    };
    synchronize_sched();
    EXPECT_EQ(relaxed, 5U);
}

TEST(SynchronizeSched, is_right_where_the_counters_wrap) {
    for (const uint32_t start : {UINT32_MAX - 1, UINT32_MAX}) {
        FakeMachine machine(2);
        per_cpu(1)->rcu.qs_count = start;
        per_cpu(1)->rcu.dynticks = UINT32_MAX;  // odd: busy
        EXPECT_EQ(looks_if(3, 1, rcu_sched_qs), 3U);
    }
}

TEST(SynchronizeSched, waits_for_every_cpu_the_last_one_included) {
    constexpr uint32_t cpus = 5;
    for (uint32_t slow = 1; slow < cpus; ++slow) {
        FakeMachine machine(cpus);
        for (uint32_t cpu = 1; cpu < cpus; ++cpu) {
            if (cpu != slow) {
                FakeMachine::as(cpu, rcu_idle_enter);
            }
        }
        EXPECT_EQ(looks_if(2, slow, rcu_sched_qs), 2U) << "CPU " << slow;
    }
}

TEST(SynchronizeSched, does_not_wait_for_a_cpu_that_is_offline_or_never_started) {
    FakeMachine machine(3);
    FakeMachine::as(1, rcu_report_dead);
    per_cpu(2)->rcu = {};
    fake::on_relax = [] { FAIL() << "it waits"; };
    synchronize_sched();
    FakeMachine::as(1, rcu_cpu_starting);
    EXPECT_EQ(per_cpu(1)->rcu.dynticks % 2, 1U);
}

TEST(SynchronizeSched, waits_for_a_cpu_that_came_online_before_it) {
    FakeMachine machine(2);
    per_cpu(1)->rcu = {};
    FakeMachine::as(1, [] {
        rcu_cpu_starting();
        preempt_disable();
    });
    EXPECT_EQ(looks_if(3, 1, rcu_sched_qs), 3U);
}

TEST(SynchronizeSched, does_not_wait_for_a_reader_on_a_cpu_that_starts_in_the_middle_of_it) {
    FakeMachine machine(3);
    per_cpu(2)->rcu = {};
    relaxed = 0;
    fake::on_relax = [] {
        if (++relaxed == 1) {
            FakeMachine::as(2, [] {
                rcu_cpu_starting();
                preempt_disable();  // for good
            });
        } else if (relaxed == 3) {
            FakeMachine::as(1, rcu_sched_qs);
        }
    };
    synchronize_sched();
    EXPECT_EQ(relaxed, 3U);
}

TEST(SynchronizeSched, takes_a_cpu_that_goes_offline_for_quiescent) {
    FakeMachine machine(2);
    EXPECT_EQ(looks_if(2, 1, rcu_report_dead), 2U);
}

TEST(SynchronizeSched, waits_for_an_nmi_that_hit_an_offline_cpu) {
    FakeMachine machine(2);
    FakeMachine::as(1, [] {
        rcu_report_dead();
        EXPECT_TRUE(nmi_enter());
    });
    EXPECT_EQ(looks_if(4, 1, nmi_exit), 4U);
}

TEST(SynchronizeSched, brackets_itself_in_events_with_the_same_number) {
    FakeMachine machine(1);
    synchronize_sched();
    synchronize_sched();
    const auto events = FakeMachine::drain(0, shared::RingOf::task);
    ASSERT_EQ(events.size(), 4U);
    EXPECT_EQ(events[0].kind, shared::EventKind::gp_begin);
    EXPECT_EQ(events[1].kind, shared::EventKind::gp_end);
    EXPECT_EQ(events[0].a, 1U);
    EXPECT_EQ(events[1].a, 1U);
    EXPECT_EQ(events[2].a, 2U);
    EXPECT_EQ(events[3].a, 2U);
}

TEST(NmiEnter, leaves_dynticks_alone_on_a_busy_cpu) {
    FakeMachine machine(1);
    const uint32_t before = per_cpu(0)->rcu.dynticks;
    nmi_enter();
    EXPECT_EQ(per_cpu(0)->rcu.dynticks, before);
    nmi_exit();
    EXPECT_EQ(per_cpu(0)->rcu.dynticks, before);
}

TEST(NmiEnter, makes_rcu_watch_an_idle_cpu_until_its_exit) {
    FakeMachine machine(1);
    rcu_idle_enter();
    EXPECT_EQ(per_cpu(0)->rcu.dynticks % 2, 0U);
    nmi_enter();
    EXPECT_EQ(per_cpu(0)->rcu.dynticks % 2, 1U);
    nmi_exit();
    EXPECT_EQ(per_cpu(0)->rcu.dynticks % 2, 0U);
    rcu_idle_exit();
    EXPECT_EQ(per_cpu(0)->rcu.dynticks % 2, 1U);
}

TEST(NmiEnter, disables_preemption_and_nests_in_a_preempt_disabled_section) {
    FakeMachine machine(1);
    preempt_disable();
    nmi_enter();
    EXPECT_EQ(preempt_count(), NMI_OFFSET + 1);
    nmi_exit();
    EXPECT_EQ(preempt_count(), 1U);
    preempt_enable();
    EXPECT_EQ(preempt_count(), 0U);
}

}  // namespace
