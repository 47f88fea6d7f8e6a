// SPDX-License-Identifier: GPL-2.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "history.h"

namespace nmistorm::oracle::test {

using testing::ElementsAre;
using testing::IsEmpty;

namespace {

/// Publishes generation 2 with `sleeper`; the rest retires and frees it.
History published() {
    return clean_history().alloc(block_b, 2).publish(sleeper, 2);
}

History& retired(History& history) {
    return history.publish(dummy, 0).retire(sleeper, 2).gp_begin(2).gp_end(2).free(block_b, 2);
}

}  // namespace

TEST(Reclaim, freeing_while_the_handler_runs_is_a_violation) {
    const History history = published()
                                .nmi_enter(1, sleeper)
                                .publish(dummy, 0)
                                .retire(sleeper, 2)
                                .free(block_b, 2)
                                .nmi_leave(1, sleeper, 2);
    EXPECT_THAT(broken(history), ElementsAre("reclaim"));
}

TEST(Reclaim, freeing_just_after_the_handler_left_is_right) {
    History history = published().nmi_enter(1, sleeper).publish(dummy, 0).retire(sleeper, 2).gp_begin(2);
    history.nmi_leave(1, sleeper, 2).gp_end(2).free(block_b, 2);
    EXPECT_THAT(broken(history), IsEmpty());
}

TEST(Reclaim, freeing_while_a_handler_that_was_entered_before_a_gap_runs_is_not_judged) {
    History history = published().nmi_enter(1, sleeper).publish(dummy, 0).retire(sleeper, 2).gap(1);
    history.free(block_b, 2);
    Observation observation = observed(history);
    observation.events_lost = 0;
    EXPECT_THAT(broken(history, observation), IsEmpty());
}

TEST(Reclaim, entering_what_was_freed_without_a_grace_period_is_a_violation) {
    const History history =
        published().publish(dummy, 0).retire(sleeper, 2).free(block_b, 2).nmi(1, sleeper, 2);
    EXPECT_THAT(broken(history), ElementsAre("reclaim"));
}

TEST(Reclaim, freeing_what_a_reader_holds_is_a_violation) {
    const History history = published()
                                .reader_enter(1, 2)
                                .publish(dummy, 0)
                                .retire(sleeper, 2)
                                .free(block_b, 2)
                                .reader_leave(1, 2);
    EXPECT_THAT(broken(history), ElementsAre("reclaim"));
}

TEST(Reclaim, freeing_while_a_reader_holds_something_else_is_right) {
    History history =
        published().publish(dummy, 0).retire(sleeper, 2).gp_begin(2).gp_end(2).reader_enter(1, 0);
    history.free(block_b, 2).reader_leave(1, 0);
    EXPECT_THAT(broken(history), IsEmpty());
}

TEST(Reclaim, a_reader_that_finds_freed_data_is_a_violation) {
    EXPECT_THAT(broken(clean_history().reader_enter(1, 1).reader_leave(1, 1)), ElementsAre("reclaim"));
}

TEST(Reclaim, freeing_before_a_whole_grace_period_is_a_violation_though_nobody_is_inside) {
    const auto retired_at = [](unsigned place) {
        History history = published().publish(dummy, 0);
        for (unsigned step = 0; step < 3; ++step) {
            if (step == place) {
                history.retire(sleeper, 2);
            }
            if (step == 0) {
                history.gp_begin(2);
            } else if (step == 1) {
                history.gp_end(2);
            }
        }
        return history.free(block_b, 2);
    };
    EXPECT_THAT(broken(retired_at(0)), IsEmpty());
    EXPECT_THAT(broken(retired_at(1)), ElementsAre("reclaim")) << "the grace period had begun before";
    EXPECT_THAT(broken(retired_at(2)), ElementsAre("reclaim")) << "it had ended before";
}

TEST(Reclaim, one_grace_period_serves_all_that_was_retired_before_it_began) {
    History history = published().publish(counting, 3).retire(sleeper, 2).publish(dummy, 0);
    history.retire(counting, 3).gp_begin(2).gp_end(2).free(block_b, 2);
    EXPECT_THAT(broken(history.nmi(1, dummy, 0).free(block_a, 3)),
                testing::Not(testing::Contains("reclaim")));
}

TEST(Reclaim, freeing_what_was_retired_in_a_gap_is_not_judged_by_order) {
    History history = published().publish(dummy, 0).retire(sleeper, 2).gp_begin(2).gp_end(2).free(block_b, 2);
    const std::size_t steps = history.steps().size();
    Observation observation = observed(history);
    observation.events_lost = 0;
    EXPECT_THAT(broken(history.without(steps - 4, 3), observation),
                testing::Not(testing::Contains("reclaim")));
}

TEST(Reclaim, poison_of_freed_memory_in_a_handler_is_a_violation) {
    for (const abi::Trip trip : {abi::Trip::data_magic, abi::Trip::data_owner, abi::Trip::data_tail,
                                 abi::Trip::data_generation, abi::Trip::data_tag}) {
        EXPECT_THAT(broken(clean_history().trip(1, trip, abi::poison_free, 1)), ElementsAre("reclaim"));
    }
    History history = published().nmi(1, sleeper, abi::poison_free);
    EXPECT_THAT(broken(retired(history)), ElementsAre("reclaim"));
}

TEST(Reclaim, data_that_changes_under_its_handler_is_a_violation) {
    EXPECT_THAT(broken(clean_history().trip(1, abi::Trip::data_generation, 3, 1)), ElementsAre("reclaim"));
    EXPECT_THAT(broken(clean_history().trip(1, abi::Trip::data_tag, 0, 1)), ElementsAre("reclaim"));
}

TEST(Reclaim, destroying_the_code_of_a_handler_that_runs_is_a_violation) {
    History history =
        published().nmi_enter(1, sleeper).publish(dummy, 0).retire(sleeper, 2).unload(sleeper, 2);
    history.gp_begin(2).nmi_leave(1, sleeper, 2).gp_end(2).free(block_b, 2);
    EXPECT_THAT(broken(history), ElementsAre("reclaim"));
}

TEST(Reclaim, destroying_code_just_after_its_handler_left_is_right) {
    History history = published().nmi_enter(1, sleeper).publish(dummy, 0).retire(sleeper, 2).gp_begin(2);
    history.nmi_leave(1, sleeper, 2).gp_end(2).unload(sleeper, 2).nmi(1, dummy, 0).free(block_b, 2);
    EXPECT_THAT(broken(history), IsEmpty());
}

TEST(Reclaim, a_handler_caught_in_destroyed_code_is_reported_once_and_with_where_it_was) {
    const std::uint32_t ip = sleeper + 0x25;
    History history = published().nmi_enter(1, sleeper).publish(dummy, 0).retire(sleeper, 2);
    history.unload(sleeper, 2).trip(1, abi::Trip::code, ip, 0);
    Observation observation = observed(history);
    observation.finished = false;
    const std::vector<Finding> findings = judged(history, observation);
    ASSERT_EQ(findings.size(), 1U);
    EXPECT_EQ(findings[0].rule, Rule::reclaim);
    EXPECT_EQ(findings[0].vcpu, 1U);
    EXPECT_EQ(findings[0].at, GuestVirt{ip});
    EXPECT_EQ(findings[0].generation, 2U);
    EXPECT_EQ(findings[0].detail, "vCPU 1 ran into destroyed code at 0x21025");
}

TEST(Reclaim, running_into_destroyed_code_is_a_violation_by_itself) {
    EXPECT_THAT(broken(clean_history().trip(0, abi::Trip::code, sleeper, 0)), ElementsAre("reclaim"));
}

TEST(Reclaim, code_destroyed_under_a_handler_that_has_not_got_back_to_it_at_the_end_is_a_violation) {
    History history =
        published().nmi_enter(1, sleeper).publish(dummy, 0).retire(sleeper, 2).unload(sleeper, 2);
    Observation observation = observed(history);
    observation.finished = false;
    EXPECT_THAT(broken(history, observation), ElementsAre("reclaim"));
}

TEST(Reclaim, entering_code_that_was_destroyed_without_a_grace_period_is_a_violation) {
    History history = published().publish(dummy, 0).retire(sleeper, 2).unload(sleeper, 2).gp_begin(2);
    history.nmi(1, sleeper, 2).gp_end(2).free(block_b, 2);
    EXPECT_THAT(broken(history), ElementsAre("reclaim"));
}

TEST(Reclaim, entering_code_that_was_loaded_and_published_again_is_right) {
    History history = published();
    retired(history).unload(sleeper, 2).alloc(block_a, 3).publish(sleeper, 3).nmi(1, sleeper, 3);
    history.publish(dummy, 0).retire(sleeper, 3).gp_begin(3).gp_end(3).unload(sleeper, 3).free(block_a, 3);
    EXPECT_THAT(broken(history), IsEmpty());
}

TEST(Publish, entering_a_callback_that_was_never_published_is_a_violation) {
    EXPECT_THAT(broken(clean_history().nmi(1, stray, 0)), ElementsAre("publish"));
}

TEST(Publish, publishing_what_was_freed_is_a_violation) {
    EXPECT_THAT(broken(clean_history().publish(counting, 1)), ElementsAre("publish"));
    History history = clean_history().alloc(block_a, 2).publish(counting, 2);  // the same block again
    history.publish(dummy, 0).retire(counting, 2).gp_begin(2).gp_end(2).free(block_a, 2);
    EXPECT_THAT(broken(history), IsEmpty());
}

TEST(Publish, loading_a_null_callback_is_a_violation) {
    EXPECT_THAT(broken(clean_history().nmi(1, 0, 0)), ElementsAre("publish"));
}

TEST(Publish, the_dummy_needs_no_publication_of_its_own_at_the_start) {
    History history = History().nmi_enter(1, dummy, abi::nmi_from_idle).nmi_leave(1, dummy, 0);
    history.alloc(block_a, 1).publish(counting, 1).nmi(0, dummy, 0).nmi(0, counting, 1);
    history.alloc(block_b, 2).publish(sleeper, 2).nmi_enter(1, counting).retire(counting, 1).gp_begin(1);
    history.nmi_leave(1, counting, 1).gp_end(1).free(block_a, 1);
    history.publish(dummy, 0).retire(sleeper, 2).gp_begin(2).gp_end(2).free(block_b, 2);
    EXPECT_THAT(broken(history), IsEmpty());
}

TEST(Publish, where_the_dummy_is_published_first_every_other_callback_is_known_from_the_start) {
    const auto finish = [](History history) {
        return history.nmi_enter(1, dummy, abi::nmi_from_idle)
            .nmi_leave(1, dummy, 0)
            .alloc(block_a, 1)
            .publish(counting, 1)
            .nmi_enter(1, counting)
            .publish(dummy, 0)
            .retire(counting, 1)
            .gp_begin(1)
            .nmi_leave(1, counting, 1)
            .gp_end(1)
            .free(block_a, 1);
    };
    EXPECT_THAT(broken(finish(History().publish(dummy, 0).nmi(0, dummy, 0))), IsEmpty());
    EXPECT_THAT(broken(finish(History().publish(dummy, 0).nmi(0, stray, 0))), ElementsAre("publish"));
    EXPECT_THAT(broken(finish(History().nmi(0, stray, 0).publish(dummy, 0))), IsEmpty());
    Observation observation = observed(finish(History().nmi(0, dummy, 0)));
    EXPECT_THAT(broken(finish(History().gap(3).publish(dummy, 0).nmi(0, stray, 0)), observation), IsEmpty());
}

TEST(Publish, after_a_gap_a_callback_that_may_have_been_published_in_it_is_not_judged) {
    History history = clean_history().gap(1).nmi(1, stray, 7).alloc(block_b, 2).publish(sleeper, 2);
    history.nmi(1, sleeper, 2)
        .nmi(1, stray, 7)
        .publish(dummy, 0)
        .retire(sleeper, 2)
        .gp_begin(2)
        .nmi(1, stray, 7);
    history.gp_end(2).free(block_b, 2);
    Observation observation = observed(history);
    observation.events_lost = 0;
    EXPECT_THAT(broken(history, observation), IsEmpty());

    history.nmi(1, stray, 7);  // after a grace period it cannot be in place any more
    observation = observed(history);
    observation.events_lost = 0;
    EXPECT_THAT(broken(history, observation), ElementsAre("publish"));
}

TEST(Publish, running_another_callback_than_was_loaded_is_a_violation) {
    History history = published().nmi_enter(1, sleeper).nmi_leave(1, dummy, 0);
    EXPECT_THAT(broken(retired(history)), ElementsAre("publish"));
}

TEST(Publish, using_other_data_than_was_published_with_the_callback_is_a_violation) {
    History history = published().nmi(1, sleeper, 3);
    EXPECT_THAT(broken(retired(history)), ElementsAre("publish"));
    EXPECT_THAT(broken(clean_history().nmi(1, dummy, 9)), ElementsAre("publish"));
}

TEST(Publish, using_the_new_data_of_a_callback_published_again_is_right) {
    History history = clean_history().alloc(block_b, 2).publish(counting, 2).nmi(1, counting, 2);
    history.publish(dummy, 0).retire(counting, 2).gp_begin(2).gp_end(2).free(block_b, 2);
    EXPECT_THAT(broken(history), IsEmpty());
}

TEST(Publish, uninitialised_or_foreign_data_in_a_handler_is_a_violation) {
    EXPECT_THAT(broken(clean_history().trip(1, abi::Trip::data_magic, abi::poison_inuse, 1)),
                ElementsAre("publish"));
    EXPECT_THAT(broken(clean_history().trip(1, abi::Trip::data_owner, counting, 1)), ElementsAre("publish"));
    EXPECT_THAT(broken(clean_history().trip(1, abi::Trip::data_tail, 7, 1)), ElementsAre("publish"));
    EXPECT_THAT(broken(clean_history().trip(1, abi::Trip::data_generation, 1, abi::poison_inuse)),
                ElementsAre("publish"));
}

TEST(Allocation, freeing_twice_is_a_violation) {
    EXPECT_THAT(broken(clean_history().free(block_a, 1)), ElementsAre("allocation"));
}

TEST(Allocation, freeing_what_was_never_allocated_is_a_violation) {
    EXPECT_THAT(broken(clean_history().free(block_b, 2)), ElementsAre("allocation"));
}

TEST(Allocation, freeing_at_another_address_is_a_violation) {
    EXPECT_THAT(broken(clean_history().alloc(block_a, 2).free(block_b, 2)), ElementsAre("allocation"));
}

TEST(Allocation, handing_out_a_block_in_use_or_a_generation_again_is_a_violation) {
    const History same_block =
        clean_history().alloc(block_a, 2).alloc(block_a, 3).free(block_a, 2).free(block_a, 3);
    EXPECT_THAT(broken(same_block), ElementsAre("allocation"));
    EXPECT_THAT(broken(clean_history().alloc(block_b, 1).free(block_b, 1)), ElementsAre("allocation"));
}

TEST(Allocation, handing_out_a_freed_block_under_a_new_generation_is_right) {
    EXPECT_THAT(broken(clean_history().alloc(block_a, 2).free(block_a, 2)), IsEmpty());
}

TEST(Allocation, a_block_left_over_at_the_end_is_a_violation) {
    EXPECT_THAT(broken(clean_history().alloc(block_b, 2)), ElementsAre("allocation"));
}

TEST(Allocation, a_run_that_was_cut_short_may_leave_blocks) {
    const History history = clean_history().alloc(block_b, 2);
    Observation observation = observed(history);
    observation.finished = false;
    EXPECT_THAT(broken(history, observation), IsEmpty());
}

TEST(Allocation, a_leak_is_found_while_it_goes_on) {
    History history = clean_history();
    for (std::uint32_t i = 2; i <= 5; ++i) {
        history.alloc(block_a + i * 0x200, i);
    }
    Observation observation = observed(history);
    observation.finished = false;
    EXPECT_THAT(broken(history, observation), IsEmpty());
    EXPECT_THAT(broken(history.alloc(block_a, 6), observation), ElementsAre("allocation"));
}

TEST(Allocation, freeing_what_may_have_been_allocated_in_a_gap_is_right) {
    const History history = clean_history().gap(3).free(block_b, 2);
    Observation observation = observed(history);
    observation.events_lost = 0;
    EXPECT_THAT(broken(history, observation), IsEmpty());
}

TEST(Allocation, thousands_of_swaps_leave_nothing_behind) {
    History history = clean_history();
    for (std::uint32_t i = 2; i < 2000; ++i) {
        history.alloc(block_a, i)
            .publish(counting, i)
            .nmi(1, counting, i)
            .publish(dummy, 0)
            .retire(counting, i);
        history.gp_begin(i).gp_end(i).free(block_a, i);
    }
    EXPECT_THAT(broken(history), IsEmpty());
}

TEST(Data, each_vcpus_slot_must_count_the_handlers_that_used_the_data_there) {
    const auto left = [](std::uint32_t slot_0, std::uint32_t slot_1) {
        History history = published().nmi(1, sleeper, 2).nmi(0, sleeper, 2).nmi(1, sleeper, 2);
        history.publish(dummy, 0).retire(sleeper, 2).gp_begin(2).gp_end(2).nmi(1, dummy, 0);
        return history.slot(0, 2, slot_0).slot(1, 2, slot_1).free(block_b, 2);
    };
    EXPECT_THAT(broken(left(1, 2)), IsEmpty());
    EXPECT_THAT(broken(left(2, 1)), ElementsAre("data")) << "they are swapped";
    EXPECT_THAT(broken(left(1, 3)), ElementsAre("data"));
    EXPECT_THAT(broken(left(1, 1)), ElementsAre("data"));
    EXPECT_THAT(broken(left(abi::poison_inuse + 1, 2)), ElementsAre("data"));
    const std::vector<Finding> findings = judged(left(1, 3), observed(left(1, 3)));
    ASSERT_EQ(findings.size(), 1U);
    EXPECT_EQ(findings[0].detail,
              "handlers on vCPU 1 used the data of generation 2 2 times but left 3 in their slot");
}

TEST(Data, a_slot_is_not_judged_while_a_handler_that_may_count_in_it_runs) {
    History history = published().nmi_enter(1, sleeper).publish(dummy, 0).retire(sleeper, 2).slot(1, 2, 1);
    history.gp_begin(2).nmi_leave(1, sleeper, 2).gp_end(2).free(block_b, 2);
    EXPECT_THAT(broken(history), IsEmpty());
}

TEST(Data, a_slot_of_data_that_was_allocated_before_a_gap_is_not_judged) {
    History history = published().nmi(1, sleeper, 2).gap(1).publish(dummy, 0).retire(sleeper, 2).gp_begin(2);
    history.gp_end(2).slot(1, 2, 7).free(block_b, 2);
    Observation observation = observed(history);
    observation.events_lost = 0;
    EXPECT_THAT(broken(history, observation), testing::Not(testing::Contains("data")));
}

TEST(Data, what_was_written_behind_a_block_is_a_violation) {
    EXPECT_THAT(broken(clean_history().trip(0, abi::Trip::data_guard, 1, 1)), ElementsAre("data"));
}

TEST(AbiConformance, a_slot_is_one_of_a_vcpu) {
    EXPECT_THAT(broken(clean_history().slot(1, 9, 0)), IsEmpty());
    EXPECT_THAT(broken(clean_history().slot(2, 9, 0)), ElementsAre("abi-conformance"));
    EXPECT_THAT(broken(clean_history().add(1, abi::EventKind::slot, 0, 0, 9)),
                ElementsAre("abi-conformance"));
}

}  // namespace nmistorm::oracle::test
