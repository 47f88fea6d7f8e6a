// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/trace.h"

#include <gtest/gtest.h>

#include "machine.h"

namespace {

TEST(Trace, gives_events_of_all_cpus_and_rings_one_dense_order) {
    FakeMachine machine(2);
    trace_task(shared::EventKind::retire, 10, 11);
    FakeMachine::as(1,
                    [] { trace(*this_cpu(), shared::RingOf::nmi, shared::EventKind::nmi_enter, 1, 20, 21); });
    trace(*this_cpu(), shared::RingOf::nmi, shared::EventKind::nmi_leave, 2, 30, 31);
    EXPECT_EQ(FakeMachine::drain(0, shared::RingOf::task).at(0).seq, 0U);
    EXPECT_EQ(FakeMachine::drain(1, shared::RingOf::nmi).at(0).seq, 1U);
    const shared::Event last = FakeMachine::drain(0, shared::RingOf::nmi).at(0);
    EXPECT_EQ(last.seq, 2U);
    EXPECT_EQ(last.kind, shared::EventKind::nmi_leave);
    EXPECT_EQ(last.flags, 2U);
    EXPECT_EQ(last.a, 30U);
    EXPECT_EQ(last.b, 31U);
}

TEST(Trace, drops_and_counts_what_a_full_ring_cannot_take_and_leaves_its_place_in_the_order) {
    constexpr uint32_t size = 16;
    FakeMachine machine(1, size);
    for (uint32_t i = 0; i < size + 3; ++i) {
        trace_task(shared::EventKind::retire, i, 0);
    }
    EXPECT_EQ(per_cpu(0)->page.rings[0].lost, 3U);
    EXPECT_EQ(FakeMachine::drain(0, shared::RingOf::task).size(), size);
    trace_task(shared::EventKind::retire, 0, 0);
    EXPECT_EQ(FakeMachine::drain(0, shared::RingOf::task).at(0).seq, size + 3);
}

TEST(Trace, writes_nothing_but_tripwires_without_events) {
    FakeMachine machine(1);
    this_cpu()->events = 0;
    trace_task(shared::EventKind::retire, 1, 2);
    trace_trip(shared::RingOf::nmi, shared::Trip::registers, 3, 0);
    EXPECT_TRUE(FakeMachine::drain(0, shared::RingOf::task).empty());
    EXPECT_EQ(FakeMachine::drain(0, shared::RingOf::nmi).size(), 1U);
    EXPECT_EQ(per_cpu(0)->page.counters.trips, 1U);
}

}  // namespace
