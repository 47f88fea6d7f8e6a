// SPDX-License-Identifier: GPL-2.0-or-later
// What exploring requires of a KVM; scripts/test also runs this on the KVMs inside scripts/nested.
#include <gmock/gmock.h>

#include <cstring>

#include "doctor/steps_guests.h"
#include "engines/explore/play.h"
#include "engines/explore/replay.h"
#include "explored.h"
#include "guests/stepped/explored_guest.h"
#include "report/schedule_file.h"

namespace nmistorm::engines::explore {
namespace {

class Explore : public OnArch {
  protected:
    static ExplorePlan plan(abi::Fault fault = abi::Fault::none) {
        ExplorePlan plan;
        plan.arch = GetParam();
        plan.fault = fault;
        return plan;
    }
    static ExplorePlan small(unsigned preemptions, Condition condition) {
        return explore::small(GetParam(), preemptions, condition);
    }
};

TEST_P(Explore, steps_soundly_here) {
    EXPECT_NO_THROW(doctor::require_steps(kvm::System::open(), image_of(plan())));
}

TEST_P(Explore, finds_nothing_in_the_clean_image_and_exhausts_the_bound) {
    const Exploration result = explore(small(0, Condition::idle));
    EXPECT_EQ(rule_of(result), "nothing");
    EXPECT_EQ(result.unjudged, "");
    for (const oracle::Round& round : result.rounds) {
        EXPECT_EQ(round.end, SearchEnd::exhausted);
    }
    EXPECT_EQ(result.rounds.size(), 1U);
}

TEST_P(Explore, finds_a_missing_grace_period_and_repeats_it_every_time) {
    const ExplorePlan asked = plan(abi::Fault::skip_grace_period);
    const Exploration result = explore(asked);
    ASSERT_EQ(rule_of(result), "reclaim");
    EXPECT_EQ(result.found->preemptions, 2U);

    const image::Image image = image_of(asked);
    const ScheduleFile read =
        report::parse_schedule_file(report::text_of(schedule_file_of(asked, image, *result.found)), "file");
    for (unsigned i = 0; i < 3; ++i) {  // machines, and on each of them:
        guests::ExploredGuest guest(kvm::System::open(), image, read.plan, *read.plan.condition);
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
    for (const auto& ends : {result.found->ends, replayed.ends}) {
        ASSERT_EQ(ends.size(), 2U);
        for (const oracle::VcpuEnd& end : ends) {
            EXPECT_THAT(end.where, testing::HasSubstr("guest/"));
            EXPECT_THAT(end.stack, testing::Not(testing::IsEmpty()));
        }
    }
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
    guests::ExploredGuest guest(kvm::System::open(), image_of(asked), asked, Condition::busy);
    const auto memory = guest.guest().memory().all();
    for (unsigned before = 0; before < 300; before += 50) {
        guest.restart();
        for (unsigned i = 0; i < before; ++i) {
            guest.step(0);
        }
        const auto mark = guest.mark();
        const guests::StateKey key = guest.key();
        // All but the page tables, where the CPU sets accessed and dirty bits.
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

/// The key is updated step by step: two paths to the same state must give the same key.
TEST_P(Explore, knows_a_state_again_that_it_comes_to_in_another_order) {
    const ExplorePlan asked = small(0, Condition::busy);
    guests::ExploredGuest guest(kvm::System::open(), image_of(asked), asked, Condition::busy);
    guest.restart();
    for (unsigned i = 0; i < 20; ++i) {  // so far neither does anything that the other could see
        guest.step(0);
        guest.step(1);
    }
    const guests::StateKey key = guest.key();
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

INSTANTIATE_TEST_SUITE_P(On, Explore, testing::Values(plan::Arch::i386, plan::Arch::x86_64),
                         [](const auto& arch) { return std::string(plan::name(arch.param)); });

}  // namespace
}  // namespace nmistorm::engines::explore
