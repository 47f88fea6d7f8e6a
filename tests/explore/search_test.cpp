// SPDX-License-Identifier: GPL-2.0-or-later
// A search does the same on every KVM, so it is tested on this host's KVM only.
#include <gmock/gmock.h>

#include <set>

#include "explored.h"
#include "guests/abi/layout.h"
#include "report/progress_file.h"

namespace nmistorm::engines::explore {
namespace {

TEST(Search, reaches_all_of_what_can_be_reached_of_the_swap) {
    const ExplorePlan plan = small(plan::Arch::x86_64, 1, Condition::busy);
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

/// Tests the argument in guests/stepped/conflict_set.h.
TEST(Search, finds_the_same_faults_with_and_without_reduction) {
    constexpr abi::Fault faults[] = {abi::Fault::none,
                                     abi::Fault::publish_before_init,
                                     abi::Fault::torn_publish,
                                     abi::Fault::unset_to_null,
                                     abi::Fault::default_skipped,
                                     abi::Fault::count_shared,
                                     abi::Fault::nmi_exit_missing};
    for (const abi::Fault fault : faults) {
        ExplorePlan with = small(plan::Arch::x86_64, 0, Condition::busy);
        with.fault = fault;
        ExplorePlan without = with;
        without.reduction = Reduction::none;
        const Exploration reduced = explore(with);
        const Exploration full = explore(without);
        EXPECT_EQ(rule_of(reduced), rule_of(full)) << plan::name(fault);
        if (fault == abi::Fault::none) {
            EXPECT_LT(reduced.rounds.back().tally.states * 10, full.rounds.back().tally.states);
        }
    }
}

/// @p progress, out of the file of --resume that holds it.
Checkpoint read_again(const Checkpoint& progress, const ExplorePlan& plan, const image::Image& image) {
    const guests::Layout layout = guests::make_layout(plan.vcpus, image.segments());
    return report::parse_progress(report::text_of(progress, plan, image.build_id()),
                                  {.plan = plan,
                                   .image = image.name(),
                                   .build_id = image.build_id(),
                                   .memory_end = layout.size,
                                   .image_begin = image::image_begin.value,
                                   .image_end = layout.boot.value},
                                  "file");
}

/// A space that is small enough to be searched completely several times.
TEST(Search, stops_when_its_budget_is_spent_and_goes_on_from_its_file_to_the_same_end) {
    ExplorePlan asked = small(plan::Arch::x86_64, 1, Condition::idle);
    const Exploration whole = explore(asked);
    ASSERT_EQ(rule_of(whole), "nothing");

    const image::Image image = image_of(asked);
    Checkpoint progress;
    unsigned sittings = 0;
    for (bool done = false; !done && sittings < 100; ++sittings) {
        asked.budget = std::chrono::milliseconds(500 * (sittings + 1));  // so that a busy host ends it, too
        const ExploreResult result = go_on(asked, progress);
        done = !result.exploration.out_of_budget;
        EXPECT_EQ(done, oracle::exhausted(result.exploration));
        progress = read_again(result.progress, asked, image);
    }
    EXPECT_GT(sittings, 1U);
    ASSERT_EQ(progress.rounds.size(), whole.rounds.size());
    for (std::size_t i = 0; i < whole.rounds.size(); ++i) {
        EXPECT_EQ(progress.rounds[i].end, SearchEnd::exhausted);
        EXPECT_EQ(progress.rounds[i].tally.units, whole.rounds[i].tally.units);
    }
}

TEST(Search, in_shards_covers_what_it_covers_whole) {
    ExplorePlan asked = small(plan::Arch::x86_64, 2, Condition::idle);
    const ExploreResult whole = go_on(asked, {});
    std::set<std::uint32_t> covered;
    for (std::uint32_t index = 0; index < 2; ++index) {
        asked.shard = {index, 2};
        const ExploreResult part = go_on(asked, {});
        EXPECT_FALSE(part.exploration.shards_disagree);
        EXPECT_EQ(part.exploration.rounds.back().tally.units, whole.exploration.rounds.back().tally.units);
        EXPECT_LT(part.exploration.rounds.back().steps, whole.exploration.rounds.back().steps);
        covered.insert(part.progress.covered.begin(), part.progress.covered.end());
    }
    EXPECT_EQ(covered, std::set(whole.progress.covered.begin(), whole.progress.covered.end()));
}

}  // namespace
}  // namespace nmistorm::engines::explore
