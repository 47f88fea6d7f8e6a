// SPDX-License-Identifier: GPL-2.0-or-later
#include "drive/explore/explore.h"

#include <gmock/gmock.h>

#include <cstring>

#include "doctor/steps_guests.h"
#include "drive/explore/explored_guest.h"
#include "drive/explore/play.h"
#include "drive/explore/progress_file.h"
#include "drive/explore/replay.h"
#include "drive/guest_image.h"
#include "storm.h"

namespace nmistorm::drive::explore {
namespace {

using oracle::Exploration;
using oracle::SearchEnd;
using plan::Condition;
using plan::ExplorePlan;
using plan::Reduction;

image::Image image_of(const ExplorePlan& plan) {
    return guest_image(plan);
}

ExploreResult go_on(const ExplorePlan& plan, const Progress& before) {
    return explore::explore(plan, image_of(plan), kvm::System::open(), before, {});
}
Exploration explore(const ExplorePlan& plan) {
    return go_on(plan, {}).exploration;
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

std::string rule_of(const Exploration& result) {
    return result.found ? std::string(oracle::name(result.found->finding.rule)) : "nothing";
}

TEST_P(Explore, steps_soundly_here) {
    EXPECT_NO_THROW(doctor::require_steps(kvm::System::open(), image_of(plan())));
}

TEST_P(Explore, finds_nothing_in_the_clean_image_and_exhausts_the_bound) {
    const Exploration result = explore(small(1, Condition::idle));
    EXPECT_EQ(rule_of(result), "nothing");
    EXPECT_EQ(result.unjudged, "");
    for (const oracle::Pass& pass : result.passes) {
        EXPECT_EQ(pass.end, SearchEnd::exhausted);
    }
    EXPECT_EQ(result.passes.size(), 2U);
}

TEST_P(Explore, reaches_all_of_what_can_be_reached_of_the_swap) {
    const ExplorePlan plan = small(1, Condition::busy);
    const Exploration result = explore(plan);
    ASSERT_EQ(rule_of(result), "nothing");
    std::set<std::string> seen;
    for (const oracle::Covered& covered : result.coverage) {
        seen.insert(covered.function);
        if (covered.function == "set_nmi_callback" || covered.function == "unset_nmi_callback" ||
            covered.function == "rcu_sched_qs") {
            EXPECT_EQ(covered.reached, covered.all) << covered.function;
        } else if (covered.function == "nmi_entry") {
            EXPECT_EQ(covered.reached, covered.all - 1);  // it counts no NMI inside another
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
    const Exploration result = explore(asked);
    ASSERT_EQ(rule_of(result), "reclaim");
    EXPECT_EQ(result.found->preemptions, 2U);

    const image::Image image = image_of(asked);
    ScheduleFile file;
    file.build_id = image.build_id();
    file.plan = asked;
    file.plan.condition = result.found->condition;
    file.rule = "reclaim";
    file.schedule = result.found->schedule;
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
        const Exploration reduced = explore(with);
        const Exploration full = explore(without);
        EXPECT_EQ(rule_of(reduced), rule_of(full)) << plan::name(fault);
        if (fault == abi::Fault::none) {
            EXPECT_LT(reduced.passes.back().tally.states * 10, full.passes.back().tally.states);
        }
    }
}

/// Of a space that is small enough to be gone through whole several times.
TEST_P(Explore, stops_when_its_budget_is_spent_and_goes_on_from_its_file_to_the_same_end) {
    ExplorePlan asked = small(1, Condition::idle);
    const Exploration whole = explore(asked);
    ASSERT_EQ(rule_of(whole), "nothing");

    const image::Image image = image_of(asked);
    Progress progress;
    unsigned sittings = 0;
    for (bool done = false; !done && sittings < 100; ++sittings) {
        asked.budget = std::chrono::milliseconds(500 * (sittings + 1));  // whatever the host is doing
        const ExploreResult result = go_on(asked, progress);
        done = !result.exploration.out_of_budget;
        EXPECT_EQ(done, oracle::exhausted(result.exploration));
        progress = parse_progress(text_of(result.progress, asked, image.build_id()), asked, image, "file");
    }
    EXPECT_GT(sittings, 1U);
    ASSERT_EQ(progress.passes.size(), whole.passes.size());
    for (std::size_t i = 0; i < whole.passes.size(); ++i) {
        EXPECT_EQ(progress.passes[i].end, SearchEnd::exhausted);
        EXPECT_EQ(progress.passes[i].tally.units, whole.passes[i].tally.units);
    }
}

TEST_P(Explore, in_shards_covers_what_it_covers_whole) {
    ExplorePlan asked = small(2, Condition::idle);
    const ExploreResult whole = go_on(asked, {});
    std::set<std::uint32_t> covered;
    for (std::uint32_t index = 0; index < 2; ++index) {
        asked.shard = {index, 2};
        const ExploreResult part = go_on(asked, {});
        EXPECT_FALSE(part.exploration.shards_disagree);
        EXPECT_EQ(part.exploration.passes.back().tally.units, whole.exploration.passes.back().tally.units);
        EXPECT_LT(part.exploration.passes.back().steps, whole.exploration.passes.back().steps);
        covered.insert(part.progress.covered.begin(), part.progress.covered.end());
    }
    EXPECT_EQ(covered, std::set(whole.progress.covered.begin(), whole.progress.covered.end()));
}

TEST_P(Explore, refuses_progress_that_was_made_otherwise) {
    const ExplorePlan asked = small(1, Condition::idle);
    const image::Image image = image_of(asked);
    const std::string text = text_of(Progress{}, asked, image.build_id());
    EXPECT_NO_THROW(parse_progress(text, asked, image, "file"));
    ExplorePlan other = asked;
    other.nmis = 2;
    EXPECT_THROW(parse_progress(text, other, image, "file"), UsageError);
    EXPECT_THROW(parse_progress(text_of(Progress{}, asked, "00"), asked, image, "file"), UsageError);
    for (const char* line : {"pass idle 0 exhausted 1 2", "pass odd 0 exhausted 1 2 3 4 5 6 7", "shared zz",
                             "shared ffffffff", "covered 10", "luck"}) {
        EXPECT_THROW(parse_progress(text + line + "\n", asked, image, "file"), UsageError) << line;
    }
}

INSTANTIATE_TEST_SUITE_P(On, Explore, testing::Values(plan::Arch::i386, plan::Arch::x86_64),
                         [](const auto& arch) { return std::string(plan::name(arch.param)); });

}  // namespace
}  // namespace nmistorm::drive::explore
