// SPDX-License-Identifier: GPL-2.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "history.h"

namespace nmistorm::oracle::test {

using testing::ElementsAre;
using testing::IsEmpty;

namespace {

/// Changes one thing in what a clean run leaves behind, so that a rule is broken.
template <typename Change>
std::set<std::string> broken_by(Change change) {
    const History history = clean_history();
    Observation observation = observed(history);
    change(observation);
    return broken(history, observation);
}

/// @p history and then NMIs on vCPU 1 with the nmi_count values @p counts.
History counted(History history, std::initializer_list<std::uint32_t> counts) {
    for (const std::uint32_t count : counts) {
        history.add(1, abi::EventKind::nmi_enter, 0, 0x2000, count);
        history.nmi_call(1, dummy).nmi_leave(1, dummy, 0);
    }
    return history;
}

}  // namespace

TEST(Count, an_nmi_that_nmi_count_missed_is_a_violation) {
    EXPECT_THAT(broken_by([](Observation& o) { --o.vcpus[1].counters.nmi_count; }), ElementsAre("count"));
    EXPECT_THAT(broken_by([](Observation& o) { ++o.vcpus[0].counters.nmi_count; }), ElementsAre("count"));
}

TEST(Count, an_nmi_that_was_neither_answered_nor_defaulted_is_a_violation) {
    EXPECT_THAT(broken_by([](Observation& o) { --o.vcpus[1].counters.nmi_answered; }), ElementsAre("count"));
}

TEST(Count, default_actions_are_as_many_as_the_dummy_and_declining_handlers_ask_for) {
    EXPECT_THAT(broken_by([](Observation& o) { ++o.vcpus[1].counters.nmi_declined; }), ElementsAre("count"));
    EXPECT_THAT(broken_by([](Observation& o) { --o.vcpus[1].counters.nmi_dummy; }), ElementsAre("count"));
    EXPECT_THAT(broken_by([](Observation& o) { --o.vcpus[1].counters.nmi_defaulted; }), ElementsAre("count"));
}

TEST(Count, callbacks_that_ran_are_as_many_as_nmis) {
    EXPECT_THAT(broken_by([](Observation& o) { ++o.vcpus[1].counters.nmi_callbacks; }), ElementsAre("count"));
    EXPECT_THAT(broken_by([](Observation& o) { --o.vcpus[1].counters.nmi_callbacks; }), ElementsAre("count"));
}

TEST(Count, one_callback_runs_for_each_nmi) {
    const auto after = [](unsigned first, unsigned second) {
        return History(clean_history())
            .nmi_enter(1, dummy)
            .nmi_leave_with(1, dummy, 0, abi::nmi_defaulted, first)
            .nmi_enter(1, dummy)
            .nmi_leave_with(1, dummy, 0, abi::nmi_defaulted, second);
    };
    EXPECT_THAT(broken(after(1, 1)), IsEmpty());
    EXPECT_THAT(broken(after(2, 0)), ElementsAre("count"));  // as many callbacks as NMIs
    EXPECT_THAT(broken(after(0, 2)), ElementsAre("count"));
}

TEST(Count, the_dummy_and_declining_handlers_are_counted_apart_as_the_events_say) {
    History history =
        History().publish(dummy, 0).nmi_enter(1, dummy, abi::nmi_from_idle).nmi_leave(1, dummy, 0);
    history.nmi(0, dummy, 0).alloc(block_a, 1).publish(sleeper, 1).nmi_enter(1, sleeper);
    history.publish(dummy, 0).retire(sleeper, 1).gp_begin(1);
    history.nmi_leave_with(1, sleeper, 1, abi::nmi_defaulted).gp_end(1).free(block_a, 1);
    Observation observation = observed(history);
    EXPECT_EQ(observation.vcpus[1].counters.nmi_declined, 1U);
    EXPECT_THAT(broken(history, observation), IsEmpty());
    ++observation.vcpus[1].counters.nmi_dummy;
    --observation.vcpus[1].counters.nmi_declined;
    EXPECT_THAT(broken(history, observation), ElementsAre("count"));
}

TEST(Count, what_the_dummy_is_called_is_not_asked_before_it_was_published) {
    EXPECT_THAT(broken_by([](Observation& o) {  // vCPU 1 took the dummy's NMI before
                    ++o.vcpus[1].counters.nmi_declined;
                    --o.vcpus[1].counters.nmi_dummy;
                }),
                IsEmpty());
}

TEST(Count, an_nmi_under_way_at_the_end_may_be_counted_only_in_part) {
    const auto cut_short = [](std::uint64_t under_way) {
        return [under_way](Observation& o) {
            o.settled = false;
            o.vcpus[1].counters.nmi_entries += under_way;
            o.vcpus[1].delivery.kvm_injections.reset();
        };
    };
    EXPECT_THAT(broken_by(cut_short(1)), IsEmpty());
    EXPECT_THAT(broken_by(cut_short(2)), ElementsAre("count"));
}

TEST(Count, nmi_count_is_never_ahead_of_the_entries) {
    EXPECT_THAT(broken_by([](Observation& o) {
                    o.settled = false;
                    ++o.vcpus[1].counters.nmi_count;
                }),
                ElementsAre("count"));
}

TEST(Count, a_callback_that_did_not_answer_is_followed_by_the_default_action) {
    EXPECT_THAT(broken(clean_history().nmi_enter(1, dummy).nmi_leave_with(1, dummy, 0, 0)),
                ElementsAre("count"));
}

TEST(Count, a_callback_that_answered_is_not) {
    const std::uint16_t both = abi::nmi_answered | abi::nmi_defaulted;
    EXPECT_THAT(broken(clean_history().nmi_enter(1, dummy).nmi_leave_with(1, dummy, 0, both)),
                ElementsAre("count"));
}

TEST(Count, counters_that_differ_from_the_events_are_a_violation_unless_events_were_lost) {
    const auto one_more = [](std::uint64_t lost) {
        return [lost](Observation& o) {
            Counters& counters = o.vcpus[1].counters;
            ++counters.nmi_entries;
            ++counters.nmi_exits;
            ++counters.nmi_count;
            ++counters.nmi_callbacks;
            ++counters.nmi_answered;
            const std::uint64_t entries = counters.nmi_entries;
            o.vcpus[1].delivery = {entries, entries, entries, entries, entries, 0, {}};
            o.events_lost = lost;
        };
    };
    EXPECT_THAT(broken_by(one_more(0)), ElementsAre("count"));
    EXPECT_THAT(broken_by(one_more(2)), ElementsAre("coverage"));
}

TEST(Count, an_nmi_that_is_not_counted_before_its_callback_is_a_violation) {
    // In the clean history vCPU 1 handles two NMIs.
    EXPECT_THAT(broken(counted(clean_history(), {3, 4})), IsEmpty());
    EXPECT_THAT(broken(counted(clean_history(), {2})), ElementsAre("count"));
    EXPECT_THAT(broken(counted(clean_history(), {3, 3})), ElementsAre("count"));
    EXPECT_THAT(broken(counted(clean_history(), {3, 5})), ElementsAre("count"));
}

TEST(Count, after_a_gap_the_next_nmi_says_where_nmi_count_is_and_it_may_wrap) {
    const auto broken_after_gap = [](std::initializer_list<std::uint32_t> counts) {
        const History history = counted(clean_history().gap(1), counts);
        Observation observation = observed(history);
        observation.events_lost = 0;
        return broken(history, observation);
    };
    EXPECT_THAT(broken_after_gap({7, 8}), IsEmpty());
    EXPECT_THAT(broken_after_gap({UINT32_MAX, 0}), IsEmpty());
    EXPECT_THAT(broken_after_gap({7, 7}), ElementsAre("count"));
}

TEST(Delivery, handling_less_or_more_than_kvm_owes_is_a_violation) {
    const auto bounds = [](std::uint64_t at_least, std::uint64_t at_most) {
        return [=](Observation& o) {
            o.plan.pace.kind = plan::Pace::Kind::max;
            o.vcpus[1].delivery.requested = o.vcpus[1].delivery.accepted = 5;
            o.vcpus[1].delivery.at_least = at_least;
            o.vcpus[1].delivery.at_most = at_most;
        };
    };
    EXPECT_THAT(broken_by(bounds(3, 5)), ElementsAre("delivery"));
    EXPECT_THAT(broken_by(bounds(1, 1)), ElementsAre("delivery"));
    EXPECT_THAT(broken_by(bounds(1, 5)), IsEmpty());
    EXPECT_THAT(broken_by(bounds(2, 2)), IsEmpty());
}

TEST(Delivery, is_exact_in_lockstep) {
    EXPECT_THAT(broken_by([](Observation& o) { ++o.vcpus[1].delivery.requested; }), ElementsAre("delivery"));
    EXPECT_THAT(broken_by([](Observation& o) {
                    o.plan.pace.kind = plan::Pace::Kind::max;
                    ++o.vcpus[1].delivery.requested;
                }),
                IsEmpty());
}

TEST(Delivery, owes_nothing_to_a_vcpu_that_died_or_is_not_settled) {
    EXPECT_THAT(broken_by([](Observation& o) {
                    o.settled = false;
                    ++o.vcpus[1].delivery.requested;
                    ++o.vcpus[1].delivery.accepted;
                    ++o.vcpus[1].delivery.at_least;
                }),
                IsEmpty());
    EXPECT_THAT(broken_by([](Observation& o) {
                    ++o.vcpus[1].delivery.at_least;
                    o.fatal_exits.push_back({1, "KVM_EXIT_SHUTDOWN", {}, 0x1234});
                }),
                ElementsAre("progress"));
}

TEST(Delivery, entries_out_of_nothing_are_a_violation) {
    EXPECT_THAT(broken_by([](Observation& o) { o.vcpus[1].delivery.surplus = 1; }), ElementsAre("delivery"));
    EXPECT_THAT(broken_by([](Observation& o) { o.vcpus[1].delivery.kvm_injections = 1; }),
                ElementsAre("delivery"));
    EXPECT_THAT(broken_by([](Observation& o) { o.vcpus[1].delivery.kvm_injections = 9; }), IsEmpty());
    EXPECT_THAT(broken_by([](Observation& o) { o.vcpus[1].delivery.requested = 1; }),
                ElementsAre("delivery"));
}

TEST(Delivery, too_many_entries_are_not_held_against_kvm_where_the_guest_unmasks_nmis_by_itself) {
    const auto too_many = [](std::uint64_t nested) {
        return [nested](Observation& o) {
            o.plan.pace = {plan::Pace::Kind::burst, 2};
            o.vcpus[1].delivery.surplus = 1;
            --o.vcpus[1].delivery.at_most;
            --o.vcpus[1].delivery.at_least;
            o.vcpus[1].counters.nmi_nested = nested;
        };
    };
    EXPECT_THAT(broken_by(too_many(0)), ElementsAre("delivery"));
    EXPECT_THAT(broken_by(too_many(1)), ElementsAre("nesting"));
}

TEST(Delivery, every_nmi_of_every_source_is_accepted) {
    const auto by = [](std::uint64_t requested, std::uint64_t accepted, bool settled = true) {
        return [=](Observation& o) {
            o.sources = {{plan::Source::kvm_nmi, 7, 7}, {plan::Source::msi, requested, accepted}};
            o.settled = settled;
        };
    };
    EXPECT_THAT(broken_by(by(5, 5)), IsEmpty());
    EXPECT_THAT(broken_by(by(5, 4)), ElementsAre("delivery"));
    EXPECT_THAT(broken_by(by(4, 5)), ElementsAre("delivery"));
    EXPECT_THAT(broken_by(by(5, 4, false)), IsEmpty()) << "the last one was not made yet";
}

TEST(Coverage, every_source_made_an_nmi) {
    EXPECT_THAT(broken_by([](Observation& o) { o.sources = {{plan::Source::kvm_nmi, 1, 1}}; }), IsEmpty());
    EXPECT_THAT(broken_by([](Observation& o) {
                    o.sources = {{plan::Source::kvm_nmi, 9, 9}, {plan::Source::msi, 0, 0}};
                }),
                ElementsAre("coverage"));
}

TEST(Delivery, an_accepted_nmi_that_never_comes_is_a_violation) {
    EXPECT_THAT(broken_by([](Observation& o) {
                    o.stalls.push_back({Stall::What::delivery, 1, 0x10, 5});
                }),
                ElementsAre("delivery"));
}

TEST(Progress, standing_still_is_a_violation) {
    for (const Stall::What what : {Stall::What::boot, Stall::What::handler, Stall::What::grace_period,
                                   Stall::What::swap, Stall::What::finish}) {
        EXPECT_THAT(broken_by([what](Observation& o) {
                        o.stalls.push_back({what, 1, 0, 5});
                    }),
                    ElementsAre("progress"));
    }
}

TEST(Progress, a_fatal_exit_says_what_happened_and_where) {
    const History history = clean_history();
    Observation observation = observed(history);
    observation.fatal_exits.push_back({1, "panic", abi::Panic{14, 2, 0x1010, 0, 0xdead, 1}, 0x1010});
    const std::vector<Finding> findings = judged(history, observation);
    ASSERT_EQ(findings.size(), 1u);
    EXPECT_EQ(findings[0].rule, Rule::progress);
    EXPECT_EQ(findings[0].vcpu, 1u);
    EXPECT_EQ(findings[0].at, GuestVirt{0x1010});
    EXPECT_EQ(findings[0].detail,
              "vCPU 1 took exception 14 (page fault) at 0x1010, accessing 0xdead, in an NMI handler, error "
              "code 0x2");
}

TEST(AbiConformance, what_no_guest_can_write_is_a_violation) {
    EXPECT_THAT(broken_by([](Observation& o) { o.malformed = {"the head of a ring went backwards"}; }),
                ElementsAre("abi-conformance"));
    EXPECT_THAT(broken(clean_history().trip(1, abi::Trip{99}, 0, 0)), ElementsAre("abi-conformance"));
    EXPECT_THAT(broken(clean_history().nmi_enter(1, dummy, 0x80).nmi_leave(1, dummy, 0)),
                ElementsAre("abi-conformance"));
}

TEST(AbiConformance, an_event_of_the_updater_from_another_vcpu_is_a_violation) {
    const auto from = [](unsigned vcpu) {
        return broken(clean_history().add(vcpu, abi::EventKind::unload, 0, counting, 1));
    };
    EXPECT_THAT(from(1), ElementsAre("abi-conformance"));
    EXPECT_THAT(from(0), IsEmpty());
}

TEST(AbiConformance, going_online_or_offline_twice_in_a_row_is_a_violation) {
    EXPECT_THAT(broken(clean_history().cpu_online(1).cpu_online(1)), ElementsAre("abi-conformance"));
    EXPECT_THAT(broken(clean_history().cpu_offline(1).cpu_offline(1)), ElementsAre("abi-conformance"));
    EXPECT_THAT(broken(clean_history().cpu_offline(1).cpu_offline(0).cpu_online(1)), IsEmpty());
}

TEST(Count, nmis_to_an_offline_vcpu_are_counted_as_the_events_say) {
    History history = clean_history().cpu_offline(1).nmi_enter(1, dummy, abi::nmi_from_offline);
    history.nmi_leave(1, dummy, 0);
    Observation observation = observed(history);
    EXPECT_THAT(broken(history, observation), IsEmpty());
    observation.vcpus[1].counters.nmi_offline = 0;
    EXPECT_THAT(broken(history, observation), ElementsAre("count"));
}

TEST(AbiConformance, a_tripwire_whose_event_was_lost_is_a_violation_all_the_same) {
    EXPECT_THAT(broken_by([](Observation& o) {
                    o.plan.observe = plan::Observe::counters;
                    o.vcpus[0].counters.swaps = o.vcpus[0].counters.grace_periods = 1;
                    o.vcpus[0].counters.overlaps = 1;
                    o.vcpus[1].counters.trips = 1;
                    o.events_lost = 1;
                }),
                ElementsAre("abi-conformance"));
}

}  // namespace nmistorm::oracle::test
