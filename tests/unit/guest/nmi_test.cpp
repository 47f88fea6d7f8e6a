// SPDX-License-Identifier: GPL-2.0-or-later
#include "nmi/nmi.h"

#include <gtest/gtest.h>

#include "handlers/handlers.h"
#include "machine.h"
#include "rcu/preempt.h"
#include "rcu/rcu_sched.h"

extern "C" void do_nmi(struct pt_regs* regs, long error_code);

namespace {

constexpr uint32_t low(auto pointer) {
    return static_cast<uint32_t>(reinterpret_cast<uintptr_t>(pointer));
}

void nmi(unsigned long ip = 0x1234) {
    pt_regs regs{ip};
    do_nmi(&regs, 0);
}

const shared::Counters& counters(uint32_t cpu = 0) {
    return per_cpu(cpu)->page.counters;
}

/// Gives @p which its data and makes it the current handler.
nmi_data* publish(const handler& which) {
    auto data = static_cast<nmi_data*>(kmalloc(nmi_data_size(boot->nr_cpus)));
    nmi_data_init(data, which.callback);
    rcu_assign_pointer(*which.data, data);
    set_nmi_callback(which.callback);
    return data;
}

constexpr uint16_t one_callback = 1 << shared::nmi_callbacks_shift;  // in the flags of nmi_leave

const handler& counting_handler = handlers[0][0];
const handler& long_handler = handlers[0][1];
const handler& declining_handler = handlers[0][2];
const handler& sampling_handler = handlers[0][3];

TEST(DoNmi, takes_the_default_action_for_the_dummy) {
    FakeMachine machine(1);
    unset_nmi_callback();
    nmi();
    EXPECT_EQ(counters().nmi_count, 1U);
    EXPECT_EQ(counters().nmi_defaulted, 1U);
    EXPECT_EQ(counters().nmi_dummy, 1U);
    EXPECT_EQ(counters().nmi_declined, 0U);
    EXPECT_EQ(counters().nmi_answered, 0U);
    EXPECT_EQ(counters().nmi_callbacks, 1U);
    const auto events = FakeMachine::drain(0, shared::RingOf::nmi);
    ASSERT_EQ(events.size(), 3U);
    EXPECT_EQ(events[0].kind, shared::EventKind::nmi_enter);
    EXPECT_EQ(events[0].a, 0x1234U);
    EXPECT_EQ(events[0].b, 1U);
    EXPECT_EQ(events[1].kind, shared::EventKind::nmi_call);
    EXPECT_EQ(events[1].a, low(dummy_nmi_callback));
    EXPECT_EQ(events[2].kind, shared::EventKind::nmi_leave);
    EXPECT_EQ(events[2].flags, shared::nmi_defaulted | one_callback);
    EXPECT_EQ(events[2].a, low(dummy_nmi_callback));
    EXPECT_EQ(events[2].b, 0U);
}

TEST(DoNmi, takes_no_default_action_where_the_callback_answered) {
    FakeMachine machine(1);
    for (const handler* which : {&counting_handler, &long_handler, &sampling_handler}) {
        nmi_data* data = publish(*which);
        nmi();
        const auto events = FakeMachine::drain(0, shared::RingOf::nmi);
        ASSERT_EQ(events.size(), 3U);
        EXPECT_EQ(events[1].a, low(which->callback));
        EXPECT_EQ(events[2].a, low(which->callback));
        EXPECT_EQ(events[2].b, kgeneration(data));
        EXPECT_EQ(events[2].flags, shared::nmi_answered | one_callback);
        EXPECT_EQ(data->tags[0], 1U);
    }
    EXPECT_EQ(counters().nmi_answered, 3U);
    EXPECT_EQ(counters().nmi_callbacks, 3U);
    EXPECT_EQ(counters().nmi_defaulted, 0U);
    unset_nmi_callback();
}

TEST(DoNmi, takes_the_default_action_where_the_callback_declined) {
    FakeMachine machine(1);
    publish(declining_handler);
    nmi();
    EXPECT_EQ(counters().nmi_defaulted, 1U);
    EXPECT_EQ(counters().nmi_dummy, 0U);
    EXPECT_EQ(counters().nmi_declined, 1U);
    EXPECT_EQ(counters().nmi_callbacks, 1U);
    EXPECT_EQ(FakeMachine::drain(0, shared::RingOf::nmi).at(2).flags, shared::nmi_defaulted | one_callback);
    unset_nmi_callback();
}

TEST(NmiData, tells_what_each_cpus_handlers_left_in_it_if_events_are_asked_for) {
    FakeMachine machine(2);
    nmi_data* data = publish(counting_handler);
    nmi();
    FakeMachine::as(1, [] { nmi(), nmi(); });
    FakeMachine::drain(0, shared::RingOf::task);
    nmi_data_report(data);
    const auto events = FakeMachine::drain(0, shared::RingOf::task);
    ASSERT_EQ(events.size(), 2U);
    for (uint16_t cpu = 0; cpu < 2; ++cpu) {
        EXPECT_EQ(events[cpu].kind, shared::EventKind::slot);
        EXPECT_EQ(events[cpu].flags, cpu);
        EXPECT_EQ(events[cpu].a, cpu + 1U);
        EXPECT_EQ(events[cpu].b, kgeneration(data));
    }
    this_cpu()->events = 0;
    nmi_data_report(data);
    EXPECT_TRUE(FakeMachine::drain(0, shared::RingOf::task).empty());
    unset_nmi_callback();
}

TEST(SamplingHandler, notes_what_its_nmis_interrupted_on_each_cpu) {
    FakeMachine machine(2);
    publish(sampling_handler);
    nmi(0x1111);
    FakeMachine::as(1, [] { nmi(0x2222); });
    nmi(0x3333);
    EXPECT_EQ(per_cpu(0)->page.samples.head, 2U);
    EXPECT_EQ(per_cpu(0)->samples[0], 0x1111U);
    EXPECT_EQ(per_cpu(0)->samples[1], 0x3333U);
    EXPECT_EQ(per_cpu(1)->page.samples.head, 1U);
    EXPECT_EQ(per_cpu(1)->samples[0], 0x2222U);
    unset_nmi_callback();
}

TEST(SamplingHandler, drops_and_counts_what_a_full_buffer_cannot_take) {
    FakeMachine machine(1);
    publish(sampling_handler);
    shared::RingControl& ring = per_cpu(0)->page.samples;
    for (uint32_t ip = 0; ip < FakeMachine::sample_slots + 3; ++ip) {
        nmi(ip);
    }
    EXPECT_EQ(ring.head, FakeMachine::sample_slots);
    EXPECT_EQ(ring.lost, 3U);
    EXPECT_EQ(per_cpu(0)->samples[0], 0U);
    ring.tail = 1;  // the host took one
    nmi(0x77);
    EXPECT_EQ(ring.head, FakeMachine::sample_slots + 1);
    EXPECT_EQ(per_cpu(0)->samples[0], 0x77U);
    EXPECT_EQ(ring.lost, 3U);
    unset_nmi_callback();
}

TEST(DoNmi, says_when_it_interrupted_an_idle_cpu) {
    FakeMachine machine(1);
    unset_nmi_callback();
    rcu_idle_enter();
    nmi();
    rcu_idle_exit();
    nmi();
    const auto events = FakeMachine::drain(0, shared::RingOf::nmi);
    EXPECT_EQ(events.at(0).flags, shared::nmi_from_idle);
    EXPECT_EQ(events.at(3).flags, 0U);
    EXPECT_EQ(counters().nmi_idle, 1U);
}

TEST(DoNmi, tells_an_offline_cpu_from_an_idle_one) {
    FakeMachine machine(1);
    unset_nmi_callback();
    per_cpu(0)->offline = 1;
    nmi();  // before it returns: RCU still watches
    rcu_report_dead();
    nmi();
    rcu_cpu_starting();
    nmi();
    const auto events = FakeMachine::drain(0, shared::RingOf::nmi);
    EXPECT_EQ(events.at(0).flags, 0U);
    EXPECT_EQ(events.at(3).flags, shared::nmi_from_offline);
    EXPECT_EQ(events.at(6).flags, 0U);
    EXPECT_EQ(counters().nmi_offline, 1U);
    EXPECT_EQ(counters().nmi_idle, 0U);
}

TEST(DoNmi, counts_for_its_own_cpu_and_leaves_everything_else_as_it_was) {
    FakeMachine machine(2);
    unset_nmi_callback();
    FakeMachine::as(1, [] { nmi(); });
    EXPECT_EQ(counters(0).nmi_count, 0U);
    EXPECT_EQ(counters(1).nmi_count, 1U);
    EXPECT_EQ(per_cpu(1)->preempt_count, 0U);
    EXPECT_EQ(per_cpu(1)->rcu.nmi_nesting, 0U);
}

shared::Event trip_of(nmi_data* data, void (*spoil)(nmi_data*)) {
    spoil(data);
    nmi();
    for (const shared::Event& event : FakeMachine::drain(0, shared::RingOf::nmi)) {
        if (event.kind == shared::EventKind::trip) {
            return event;
        }
    }
    return {};
}

TEST(Handler, reports_data_that_is_not_what_was_published_with_it) {
    FakeMachine machine(1);
    struct Case {
        void (*spoil)(nmi_data*);
        shared::Trip trip;
        uint32_t value;
    };
    const Case cases[] = {
        {[](nmi_data* data) { kfree(data); }, shared::Trip::data_magic, shared::poison_free},
        {[](nmi_data* data) { data->magic = shared::poison_inuse; }, shared::Trip::data_magic,
         shared::poison_inuse},
        {[](nmi_data* data) { data->owner = 77; }, shared::Trip::data_owner, 77},
        {[](nmi_data* data) { data->tail = 78; }, shared::Trip::data_tail, 78},
    };
    for (const Case& each : cases) {
        const shared::Event event = trip_of(publish(counting_handler), each.spoil);
        EXPECT_EQ(event.flags, static_cast<uint16_t>(each.trip));
        EXPECT_EQ(event.a, each.value);
    }
    unset_nmi_callback();
}

/// One use of fresh data, which @p meanwhile changes between the handler's two checks.
shared::Event trip_between(void (*meanwhile)(nmi_data*)) {
    nmi_data* data = publish(counting_handler);
    const uint32_t tag = nmi_data_begin(data, counting_handler.callback);
    meanwhile(data);
    nmi_data_end(data, counting_handler.callback, tag);
    const auto events = FakeMachine::drain(0, shared::RingOf::nmi);
    return events.empty() ? shared::Event{} : events.at(0);
}

TEST(Handler, reports_data_that_changed_while_it_ran) {
    FakeMachine machine(1);
    EXPECT_EQ(trip_between([](nmi_data*) {}).kind, shared::EventKind::none);
    EXPECT_EQ(trip_between([](nmi_data* data) { kfree(data); }).a, shared::poison_free);
    EXPECT_EQ(trip_between([](nmi_data* data) { ++data->generation; }).flags,
              static_cast<uint16_t>(shared::Trip::data_generation));
    EXPECT_EQ(trip_between([](nmi_data* data) { data->tags[0] = 0; }).flags,
              static_cast<uint16_t>(shared::Trip::data_tag));
    unset_nmi_callback();
}

}  // namespace
