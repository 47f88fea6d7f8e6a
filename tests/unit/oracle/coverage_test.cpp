// SPDX-License-Identifier: GPL-2.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "history.h"

namespace nmistorm::oracle::test {

using testing::ElementsAre;
using testing::IsEmpty;

using testing::HasSubstr;

namespace {

/// The findings of a run that broke only the rule coverage.
std::vector<std::string> unworthy(const History& history, const Observation& observation) {
    std::vector<std::string> sentences;
    for (const Finding& finding : judged(history, observation)) {
        EXPECT_EQ(finding.rule, Rule::coverage) << finding.detail;
        sentences.push_back(finding.detail);
    }
    return sentences;
}

Observation counted() {
    Observation observation = observed(clean_history());
    observation.plan.observe = plan::Observe::counters;
    Counters& counters = observation.vcpus[0].counters;
    counters.swaps = counters.grace_periods = counters.overlaps = 1;
    return observation;
}

}  // namespace

TEST(Coverage, a_run_without_swaps_is_not_worth_it) {
    const History history =
        History().nmi_enter(1, dummy, abi::nmi_from_idle).nmi_leave(1, dummy, 0).nmi(0, dummy, 0);
    EXPECT_THAT(
        unworthy(history, observed(history)),
        ElementsAre(HasSubstr("no swap"), HasSubstr("no grace period"), HasSubstr("no handler was running")));
}

TEST(Coverage, counters_do_where_there_are_no_events) {
    EXPECT_THAT(unworthy(History(), counted()), IsEmpty());
    Observation observation = counted();
    observation.vcpus[0].counters.overlaps = 0;
    EXPECT_THAT(unworthy(History(), observation), ElementsAre(HasSubstr("--duration")));
}

TEST(Coverage, a_run_until_covered_must_not_end_before) {
    Observation observation = observed(clean_history());
    observation.arrivals = {{.function = "do_nmi", .nmis = 3, .by_instruction = {{GuestVirt{1}, 3}}},
                            {.function = "kfree", .nmis = 0, .by_instruction = {{GuestVirt{5}, 0}}}};
    EXPECT_THAT(unworthy(clean_history(), observation), IsEmpty()) << "nobody asked for it";
    observation.plan.until_covered = true;
    EXPECT_THAT(unworthy(clean_history(), observation),
                ElementsAre(HasSubstr("had not at 1 yet: run for longer (--duration)")));
    observation.covered = true;
    EXPECT_THAT(unworthy(clean_history(), observation), IsEmpty());
    observation.arrivals.clear();
    EXPECT_THAT(unworthy(clean_history(), observation), ElementsAre(HasSubstr("leave out --until")));
}

TEST(Coverage, the_cycle_unload_must_have_destroyed_code_after_a_grace_period) {
    History history = clean_history();
    Observation observation = observed(history);
    observation.plan.cycle = abi::Cycle::unload;
    EXPECT_THAT(unworthy(history, observation), ElementsAre(HasSubstr("code was destroyed")));
    EXPECT_THAT(unworthy(history.unload(counting, 1), observation), IsEmpty());

    observation = counted();
    observation.plan.cycle = abi::Cycle::unload;
    EXPECT_THAT(unworthy(History(), observation), ElementsAre(HasSubstr("code was destroyed")));
    observation.vcpus[0].counters.unloaded = 1;
    EXPECT_THAT(unworthy(History(), observation), IsEmpty());
}

TEST(Coverage, the_cycle_deferred_must_have_freed_several_blocks_after_one_grace_period) {
    History history = clean_history();
    Observation observation = observed(history);
    observation.plan.cycle = abi::Cycle::deferred;
    EXPECT_THAT(unworthy(history, observation), ElementsAre(HasSubstr("than grace periods ended")));
    EXPECT_THAT(unworthy(history.alloc(block_b, 2).free(block_b, 2), observation), IsEmpty());

    observation = counted();
    observation.plan.cycle = abi::Cycle::deferred;
    observation.vcpus[0].counters.freed = observation.vcpus[0].counters.grace_periods;
    EXPECT_THAT(unworthy(History(), observation), ElementsAre(HasSubstr("than grace periods ended")));
    ++observation.vcpus[0].counters.freed;
    EXPECT_THAT(unworthy(History(), observation), IsEmpty());
}

TEST(Coverage, hotplug_must_bring_a_vcpu_online_in_a_grace_period_and_again_and_hit_it_while_offline) {
    const auto of = [](const History& history) {
        Observation observation = observed(history);
        observation.plan.hotplug = true;
        return unworthy(history, observation);
    };
    EXPECT_THAT(of(clean_history().cpu_online(1)),
                ElementsAre(HasSubstr("came back"), HasSubstr("during a grace"), HasSubstr("to an offline")));
    History history = clean_history().cpu_online(1).cpu_offline(1);
    history.nmi_enter(1, dummy, abi::nmi_from_offline).nmi_leave(1, dummy, 0);
    EXPECT_THAT(of(History(history).gp_begin(2).gp_end(2).cpu_online(1)),
                ElementsAre(HasSubstr("during a grace")));
    EXPECT_THAT(of(history.gp_begin(2).cpu_online(1).gp_end(2)), IsEmpty());

    Observation observation = counted();
    observation.plan.hotplug = true;
    observation.vcpus[1].counters.onlines = 2;
    EXPECT_THAT(unworthy(History(), observation), ElementsAre(HasSubstr("to an offline")));
    observation.vcpus[1].counters.nmi_offline = 1;
    EXPECT_THAT(unworthy(History(), observation), IsEmpty());
}

TEST(Coverage, a_profile_needs_a_sample) {
    Observation observation = counted();
    observation.plan.profile = true;
    EXPECT_THAT(unworthy(History(), observation), ElementsAre(HasSubstr("sampled")));
    observation.samples = 1;
    EXPECT_THAT(unworthy(History(), observation), IsEmpty());
}

TEST(Coverage, a_single_vcpu_can_show_no_overlap) {
    const History history = History()
                                .nmi(0, dummy, 0)
                                .alloc(block_a, 1)
                                .publish(counting, 1)
                                .nmi(0, counting, 1)
                                .publish(dummy, 0)
                                .retire(counting, 1)
                                .gp_begin(1)
                                .gp_end(1)
                                .free(block_a, 1);
    EXPECT_THAT(unworthy(history, observed(history, 1)), ElementsAre(HasSubstr("--vcpus")));
}

TEST(Coverage, each_target_must_have_handled_an_nmi) {
    const History history = clean_history();
    EXPECT_THAT(unworthy(history, observed(history, 3)), ElementsAre(HasSubstr("vCPU 2")));
    Observation observation = observed(history, 3);
    observation.vcpus[2].target = false;
    EXPECT_THAT(unworthy(history, observation), IsEmpty());
}

TEST(Coverage, idle_nmis_are_asked_for_only_where_a_target_can_be_idle) {
    Observation observation = counted();
    observation.vcpus[1].counters.nmi_idle = 0;
    EXPECT_THAT(unworthy(History(), observation), ElementsAre(HasSubstr("idle")));
    observation.vcpus[1].target = false;
    EXPECT_THAT(unworthy(History(), observation), IsEmpty());
}

TEST(Coverage, a_hundredth_of_the_events_may_be_lost_and_no_more) {
    History history = clean_history();
    while (history.steps().size() < 99) {
        history.reader_enter(1, 0).reader_leave(1, 0);
    }
    Observation observation = observed(history);
    observation.events_lost = 1;  // of 102: these, done and itself
    EXPECT_THAT(unworthy(history, observation), IsEmpty());
    observation.events_lost = 2;
    EXPECT_THAT(unworthy(history, observation), ElementsAre(HasSubstr("2 of 103 events were lost")));
}

}  // namespace nmistorm::oracle::test
