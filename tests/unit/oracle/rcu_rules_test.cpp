// SPDX-License-Identifier: GPL-2.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "history.h"

namespace nmistorm::oracle::test {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(GracePeriod, ending_while_a_handler_that_began_before_it_still_runs_is_a_violation) {
    const History history = clean_history().nmi_enter(1, dummy).gp_begin(2).gp_end(2).nmi_leave(1, dummy, 0);
    EXPECT_THAT(broken(history), ElementsAre("grace-period"));
}

TEST(GracePeriod, ending_while_a_handler_that_began_within_it_still_runs_is_right) {
    const History history = clean_history().gp_begin(2).nmi_enter(1, dummy).gp_end(2).nmi_leave(1, dummy, 0);
    EXPECT_THAT(broken(history), IsEmpty());
}

TEST(GracePeriod, ending_while_a_reader_that_began_before_it_still_runs_is_a_violation) {
    const History history = clean_history().reader_enter(1, 0).gp_begin(2).gp_end(2).reader_leave(1, 0);
    EXPECT_THAT(broken(history), ElementsAre("grace-period"));
}

TEST(GracePeriod, ending_just_after_the_last_reader_left_is_right) {
    const History history = clean_history().reader_enter(1, 0).gp_begin(2).reader_leave(1, 0).gp_end(2);
    EXPECT_THAT(broken(history), IsEmpty());
}

TEST(GracePeriod, ending_without_having_begun_is_a_violation) {
    EXPECT_THAT(broken(clean_history().gp_end(2)), ElementsAre("grace-period"));
    EXPECT_THAT(broken(clean_history().gp_begin(2).gp_end(3)), ElementsAre("grace-period"));
}

TEST(GracePeriod, whose_beginning_was_lost_is_not_judged_but_the_next_is) {
    History history = clean_history().nmi_enter(1, dummy).gap(1).gp_end(2).nmi_leave(1, dummy, 0);
    Observation observation = observed(history);
    observation.events_lost = 0;  // one of a thousand
    EXPECT_THAT(broken(history, observation), IsEmpty());
    history.gp_end(3);
    EXPECT_THAT(broken(history, observation), ElementsAre("grace-period"));
}

TEST(GracePeriod, a_reader_on_an_offline_vcpu_is_a_violation) {
    EXPECT_THAT(broken(clean_history().cpu_offline(1).reader_enter(1, 0).reader_leave(1, 0)),
                ElementsAre("grace-period"));
    EXPECT_THAT(broken(clean_history().reader_enter(1, 0).cpu_offline(1).cpu_online(1).reader_leave(1, 0)),
                ElementsAre("grace-period"));
}

TEST(GracePeriod, readers_just_before_a_vcpu_goes_offline_and_just_after_it_came_back_are_right) {
    History history = clean_history().cpu_online(1).reader_enter(1, 0).reader_leave(1, 0).cpu_offline(1);
    history.reader_enter(0, 0).reader_leave(0, 0).cpu_online(1).reader_enter(1, 0).reader_leave(1, 0);
    EXPECT_THAT(broken(history), IsEmpty());
}

TEST(GracePeriod, a_reader_on_a_vcpu_that_may_have_come_back_in_a_gap_is_right) {
    const History history = clean_history().cpu_offline(1).gap(1).reader_enter(1, 0).reader_leave(1, 0);
    Observation observation = observed(history);
    observation.events_lost = 0;
    EXPECT_THAT(broken(history, observation), IsEmpty());
}

TEST(GracePeriod, ending_while_a_handler_on_an_offline_vcpu_still_runs_is_a_violation) {
    History history = clean_history().cpu_offline(1).nmi_enter(1, dummy, abi::nmi_from_offline).gp_begin(2);
    EXPECT_THAT(broken(History(history).gp_end(2).nmi_leave(1, dummy, 0)), ElementsAre("grace-period"));
    EXPECT_THAT(broken(history.nmi_leave(1, dummy, 0).gp_end(2)), IsEmpty());
}

TEST(Freshness, a_handler_that_starts_after_the_grace_period_that_follows_its_retirement_is_a_violation) {
    const History history = clean_history()
                                .alloc(block_b, 2)
                                .publish(sleeper, 2)
                                .publish(dummy, 0)
                                .retire(sleeper, 2)
                                .gp_begin(2)
                                .gp_end(2)
                                .nmi(1, sleeper, 2)
                                .free(block_b, 2);
    EXPECT_THAT(broken(history), ElementsAre("freshness"));
}

TEST(Freshness, a_handler_that_loaded_its_callback_just_before_it_was_replaced_may_say_so_late) {
    const History history = clean_history()
                                .alloc(block_b, 2)
                                .publish(sleeper, 2)
                                .publish(dummy, 0)
                                .retire(sleeper, 2)
                                .gp_begin(2)
                                .nmi(1, sleeper, 2)
                                .gp_end(2)
                                .free(block_b, 2);
    EXPECT_THAT(broken(history), IsEmpty());
}

TEST(Freshness, a_grace_period_that_began_before_the_retirement_proves_nothing) {
    const History history = clean_history()
                                .alloc(block_b, 2)
                                .publish(sleeper, 2)
                                .publish(dummy, 0)
                                .gp_begin(2)
                                .retire(sleeper, 2)
                                .gp_end(2)
                                .nmi(1, sleeper, 2)
                                .gp_begin(3)
                                .gp_end(3)
                                .free(block_b, 2);
    EXPECT_THAT(broken(history), IsEmpty());
}

TEST(Freshness, a_callback_published_anew_is_fresh) {
    const History history = clean_history()
                                .alloc(block_a, 2)
                                .publish(counting, 2)
                                .nmi(1, counting, 2)
                                .publish(dummy, 0)
                                .retire(counting, 2)
                                .gp_begin(2)
                                .gp_end(2)
                                .free(block_a, 2);
    EXPECT_THAT(broken(history), IsEmpty());
}

TEST(Freshness, a_callback_that_stays_in_place_breaks_it_and_reclaim) {
    EXPECT_THAT(broken(clean_history().nmi(1, counting, 1)), ElementsAre("freshness", "reclaim"));
}

TEST(Nesting, a_handler_that_starts_inside_another_on_its_vcpu_is_a_violation) {
    const History history =
        clean_history().nmi_enter(1, dummy).nmi_enter(1, dummy).nmi_leave(1, dummy, 0).nmi_leave(1, dummy, 0);
    EXPECT_THAT(broken(history), ElementsAre("nesting"));
}

TEST(Nesting, the_counter_alone_tells_of_it_and_comes_before_what_it_brought_about) {
    const History history = clean_history();
    Observation observation = observed(history);
    observation.vcpus[1].counters.nmi_nested = 2;
    EXPECT_THAT(broken(history, observation), ElementsAre("nesting"));
    --observation.vcpus[1].counters.nmi_count;
    const std::vector<Finding> findings = judged(history, observation);
    ASSERT_EQ(findings.size(), 2U);
    EXPECT_EQ(findings[0].rule, Rule::nesting);
    EXPECT_EQ(findings[0].vcpu, 1U);
    EXPECT_EQ(findings[1].rule, Rule::count);
}

TEST(Nesting, is_reported_of_a_vcpu_once_and_before_all_others) {
    const History history = clean_history()
                                .trip(1, abi::Trip::data_magic, abi::poison_free, 1)
                                .nmi_enter(1, dummy)
                                .nmi_enter(1, dummy)
                                .nmi_leave(1, dummy, 0)
                                .nmi_leave(1, dummy, 0);
    Observation observation = observed(history);
    observation.vcpus[1].counters.nmi_nested = 1;
    const std::vector<Finding> findings = judged(history, observation);
    ASSERT_GE(findings.size(), 2U);
    EXPECT_EQ(findings[0].rule, Rule::nesting);
    EXPECT_NE(findings[1].rule, Rule::nesting);
}

TEST(Nesting, handlers_on_two_vcpus_may_overlap) {
    const History history =
        clean_history().nmi_enter(0, dummy).nmi_enter(1, dummy).nmi_leave(0, dummy, 0).nmi_leave(1, dummy, 0);
    EXPECT_THAT(broken(history), IsEmpty());
}

TEST(Nesting, what_an_nmi_interrupted_comes_back_unchanged) {
    EXPECT_THAT(broken(clean_history().trip(1, abi::Trip::registers, 3, 0)), ElementsAre("nesting"));
    EXPECT_THAT(broken(clean_history().trip(1, abi::Trip::frame, 0x2004, 0)), ElementsAre("nesting"));
}

// A guest need not give its data to another callback first.
TEST(Freshness, is_of_the_data_and_not_only_of_the_callback) {
    History history = clean_history()
                          .alloc(block_a, 2)
                          .publish(counting, 2)
                          .alloc(block_b, 3)
                          .publish(counting, 3)
                          .retire(counting, 2)
                          .gp_begin(2)
                          .gp_end(2)
                          .free(block_a, 2)
                          .nmi(1, counting, 3)
                          .publish(dummy, 0)
                          .retire(counting, 3)
                          .gp_begin(3)
                          .gp_end(3)
                          .free(block_b, 3);
    Tally tally;
    EXPECT_THAT(judged(history, observed(history), &tally), testing::IsEmpty());
    EXPECT_EQ(tally.swaps, 3U);
    history.nmi(1, counting, 3);
    EXPECT_THAT(broken(history), testing::Contains("freshness"));
}

TEST(Freshness, does_not_judge_the_dummy_whose_publications_a_guest_need_not_tell) {
    const History history = clean_history().retire(dummy, 0).gp_begin(2).gp_end(2).nmi(1, dummy, 0);
    EXPECT_THAT(broken(history), testing::IsEmpty());
}

TEST(Publish, is_not_satisfied_by_the_destruction_of_a_callback) {
    History history = clean_history().gap(1);
    history.unload(stray, 9).alloc(block_b, 10).publish(counting, 10).publish(dummy, 0).retire(counting, 10);
    history.gp_begin(2).gp_end(2).free(block_b, 10).nmi_enter(1, stray);
    EXPECT_THAT(broken(history), testing::Contains("publish"));
}

TEST(AbiConformance, says_once_that_a_tripwire_does_not_exist) {
    const History history = clean_history().trip(1, static_cast<abi::Trip>(99), 0, 0);
    EXPECT_EQ(judged(history, observed(history)).size(), 1U);
}

}  // namespace nmistorm::oracle::test
