// SPDX-License-Identifier: GPL-2.0-or-later
#include "drive/explore/explore.h"

#include <gmock/gmock.h>

#include <cstring>

#include "doctor/steps_guests.h"
#include "drive/explore/coverage.h"
#include "drive/explore/play.h"
#include "drive/explore/replay.h"
#include "storm.h"

namespace nmistorm::drive::explore {
namespace {

using plan::Condition;
using plan::ExplorePlan;
using plan::Reduction;

image::Image image_of(const ExplorePlan& plan) {
    plan::RunPlan run;
    run.arch = plan.arch;
    run.fault = plan.fault;
    return nmistorm::image_of(run);
}

ExploreResult explore(const ExplorePlan& plan) {
    return explore::explore(plan, image_of(plan), kvm::System::open(), {});
}

class Explore : public OnArch {
  protected:
    static ExplorePlan plan(abi::Fault fault = abi::Fault::none) {
        ExplorePlan plan;
        plan.arch = GetParam();
        plan.fault = fault;
        return plan;
    }
    /// With a smaller bound: what the full one takes is for `nmistorm explore` itself.
    static ExplorePlan small(unsigned preemptions, Condition condition) {
        ExplorePlan plan = Explore::plan();
        plan.preemptions = preemptions;
        plan.condition = condition;
        return plan;
    }
};

std::string rule_of(const ExploreResult& result) {
    return result.found ? std::string(oracle::name(result.found->finding.rule)) : "nothing";
}

TEST_P(Explore, steps_soundly_here) {
    EXPECT_NO_THROW(doctor::require_steps(kvm::System::open(), image_of(plan())));
}

TEST_P(Explore, finds_nothing_in_the_clean_image_and_exhausts_the_bound) {
    const ExploreResult result = explore(small(1, Condition::idle));
    EXPECT_EQ(rule_of(result), "nothing");
    EXPECT_EQ(result.unjudged, "");
    for (const Pass& pass : result.passes) {
        EXPECT_EQ(pass.end, SearchEnd::exhausted);
    }
    EXPECT_EQ(result.passes.size(), 2U);
}

TEST_P(Explore, reaches_all_of_what_can_be_reached_of_the_swap) {
    const ExplorePlan plan = small(1, Condition::busy);
    const ExploreResult result = explore(plan);
    ASSERT_EQ(rule_of(result), "nothing");
    const image::Image image = image_of(plan);
    std::set<std::string> seen;
    for (const Covered& covered : coverage(image, *result.learned)) {
        seen.insert(covered.function);
        if (covered.function == "set_nmi_callback" || covered.function == "unset_nmi_callback" ||
            covered.function == "nmi_entry" || covered.function == "rcu_sched_qs") {
            EXPECT_EQ(covered.reached, covered.all) << covered.function;
        } else if (covered.function == "do_nmi" || covered.function == "synchronize_sched" ||
                   covered.function == "kfree") {
            EXPECT_GT(covered.reached, 20U) << covered.function;  // the rest writes events, which are off
        }
    }
    EXPECT_THAT(seen, testing::IsSupersetOf({"do_nmi", "set_nmi_callback", "unset_nmi_callback",
                                             "synchronize_sched", "kfree"}));
}

TEST_P(Explore, finds_a_missing_grace_period_and_repeats_it_a_hundred_times_of_a_hundred) {
    const ExplorePlan asked = plan(abi::Fault::skip_grace_period);
    const ExploreResult result = explore(asked);
    ASSERT_EQ(rule_of(result), "reclaim");
    EXPECT_EQ(result.found->best.preemptions, 2U);

    const image::Image image = image_of(asked);
    ScheduleFile file;
    file.build_id = image.build_id();
    file.plan = asked;
    file.plan.condition = result.found->condition;
    file.rule = "reclaim";
    file.schedule = result.found->best.schedule;
    const ScheduleFile read = parse_schedule_file(text_of(file), "file");
    for (unsigned i = 0; i < 3; ++i) {  // machines, and on each of them:
        ExploredGuest guest(kvm::System::open(), image, read.plan, *read.plan.condition);
        for (unsigned j = 0; j < 34; ++j) {
            const Played played = play(guest, read.schedule);
            ASSERT_TRUE(guest.finding() && played.whole);
            EXPECT_EQ(guest.finding()->detail, result.found->finding.detail);
            EXPECT_EQ(guest.finding()->at, result.found->finding.at);
            EXPECT_EQ(steps_of(played.done.schedule), steps_of(read.schedule));
        }
    }
    const ReplayResult replayed = replay(read, image, kvm::System::open());
    EXPECT_EQ(replayed.finding->detail, result.found->finding.detail);
    EXPECT_THAT(replayed.listing, testing::Contains(testing::StartsWith("  NMI at ")));
    EXPECT_THAT(replayed.listing, testing::Contains(testing::HasSubstr("nmi_callback: ")));
}

TEST_P(Explore, refuses_to_replay_on_another_image) {
    ScheduleFile file;
    file.build_id = "00";
    file.plan = plan();
    file.schedule = {{Move::What::run, 0, 1}};
    EXPECT_THROW(replay(file, image_of(file.plan), kvm::System::open()), UsageError);
}

TEST_P(Explore, takes_a_guest_back_to_exactly_where_it_was) {
    const ExplorePlan asked = small(0, Condition::busy);
    ExploredGuest guest(kvm::System::open(), image_of(asked), asked, Condition::busy);
    const auto memory = guest.guest().memory().all();
    for (unsigned before = 0; before < 300; before += 50) {
        guest.restart();
        for (unsigned i = 0; i < before; ++i) {
            guest.step(0);
        }
        const auto mark = guest.mark();
        const StateKey key = guest.key();
        // All but the page tables, where the CPU marks pages accessed and dirty.
        const std::vector<std::byte> image(memory.begin() + image::image_begin.value, memory.end());
        guest.nmi(1);
        for (unsigned i = 0; i < 100; ++i) {
            guest.step(1);
            guest.step(0);
        }
        EXPECT_NE(guest.key(), key);
        guest.rewind(mark);
        EXPECT_EQ(guest.key(), key);
        EXPECT_EQ(std::memcmp(image.data(), memory.data() + image::image_begin.value, image.size()), 0);
    }
}

/// The key is kept up to date step by step: two ways to the same state must agree on it.
TEST_P(Explore, knows_a_state_again_that_it_comes_to_in_another_order) {
    const ExplorePlan asked = small(0, Condition::busy);
    ExploredGuest guest(kvm::System::open(), image_of(asked), asked, Condition::busy);
    guest.restart();
    for (unsigned i = 0; i < 20; ++i) {  // neither does anything yet that the other could see
        guest.step(0);
        guest.step(1);
    }
    const StateKey key = guest.key();
    guest.restart();
    for (unsigned i = 0; i < 20; ++i) {
        guest.step(1);
    }
    EXPECT_NE(guest.key(), key);
    for (unsigned i = 0; i < 20; ++i) {
        guest.step(0);
    }
    EXPECT_EQ(guest.key(), key);
}

/// A machine on the argument in drive/explore/shared_words.h.
TEST_P(Explore, finds_the_same_faults_with_and_without_reduction) {
    constexpr abi::Fault faults[] = {abi::Fault::none,
                                     abi::Fault::publish_before_init,
                                     abi::Fault::torn_publish,
                                     abi::Fault::unset_to_null,
                                     abi::Fault::default_skipped,
                                     abi::Fault::count_shared,
                                     abi::Fault::nmi_exit_missing};
    for (const abi::Fault fault : faults) {
        ExplorePlan with = small(0, Condition::busy);
        with.fault = fault;
        ExplorePlan without = with;
        without.reduction = Reduction::none;
        const ExploreResult reduced = explore(with);
        const ExploreResult full = explore(without);
        EXPECT_EQ(rule_of(reduced), rule_of(full)) << plan::name(fault);
        if (fault == abi::Fault::none) {
            EXPECT_LT(reduced.passes.back().tally.states * 10, full.passes.back().tally.states);
        }
    }
}

TEST_P(Explore, stops_when_its_budget_is_spent) {
    ExplorePlan asked = plan();
    asked.budget = std::chrono::milliseconds(300);
    const ExploreResult result = explore(asked);
    EXPECT_TRUE(result.out_of_budget);
    EXPECT_EQ(result.passes.back().end, SearchEnd::stopped);
}

INSTANTIATE_TEST_SUITE_P(On, Explore, testing::Values(plan::Arch::i386, plan::Arch::x86_64),
                         [](const auto& arch) { return std::string(plan::name(arch.param)); });

}  // namespace
}  // namespace nmistorm::drive::explore
