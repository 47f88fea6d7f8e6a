// SPDX-License-Identifier: GPL-2.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "correct_guest.h"
#include "guests/abi/merge.h"

namespace nmistorm::oracle::test {

using testing::IsEmpty;

namespace {

/// The rules that are broken when only @p events are seen of @p history, which is correct. The number of lost
/// events does not matter here.
std::set<std::string> broken_but_worth(const History& history, const History& events, unsigned vcpus) {
    Observation observation = observed(history, vcpus);
    observation.events_lost = observed(events, vcpus).events_lost;
    observation.finished = false;
    std::set<std::string> names = broken(events, observation);
    names.erase("coverage");
    return names;
}

}  // namespace

TEST(CorrectGuest, breaks_no_rule_in_thousands_of_random_histories) {
    for (std::uint32_t seed = 0; seed < 3000; ++seed) {
        const unsigned vcpus = 2 + seed % 3;
        const History history = correct_history(seed, vcpus, 8);
        ASSERT_THAT(broken_but_worth(history, history, vcpus), IsEmpty()) << "seed " << seed;
    }
}

TEST(ImpatientGuest, is_found_in_most_random_histories) {
    unsigned found = 0;
    for (std::uint32_t seed = 0; seed < 200; ++seed) {
        const History history = impatient_history(seed, 2, 100);
        const std::set<std::string> names = broken_but_worth(history, history, 2);
        found += names.contains("grace-period") && names.contains("reclaim");
    }
    EXPECT_GT(found, 150u);
}

TEST(CorrectGuest, passes_when_it_runs_for_long) {
    const History history = correct_history(1, 3, 600);
    Observation observation = observed(history, 3);
    observation.finished = false;  // in `replace` the last handler stays in place
    EXPECT_THAT(broken(history, observation), IsEmpty());
}

TEST(CorrectGuest, breaks_no_rule_when_any_part_of_its_events_is_lost) {
    for (std::uint32_t seed = 0; seed < 3000; ++seed) {
        std::mt19937 random(seed);
        const unsigned vcpus = 2 + seed % 3;
        const History history = correct_history(seed, vcpus, 8);
        const std::size_t first = random() % history.steps().size();
        const std::size_t rest = history.steps().size() - first;
        const std::size_t lost = 1 + random() % std::min<std::size_t>(rest, 1 + random() % 40);
        ASSERT_THAT(broken_but_worth(history, history.without(first, lost), vcpus), IsEmpty())
            << "seed " << seed << ", " << lost << " events lost from " << first << " on";
    }
}

TEST(CorrectGuest, comes_out_of_its_rings_in_the_order_it_went_in) {
    for (std::uint32_t seed = 0; seed < 200; ++seed) {
        std::mt19937 random(seed);
        const History history = correct_history(seed, 2, 8);
        std::vector<Event> in, out;
        std::map<unsigned, std::vector<abi::Event>> rings;
        for (const History::Step& step : history.steps()) {
            const Event& event = in.emplace_back(std::get<Event>(step));
            const bool nmi =
                event.kind == abi::EventKind::nmi_enter || event.kind == abi::EventKind::nmi_leave;
            const auto seq = static_cast<std::uint32_t>(event.order);
            rings[event.vcpu * 2 + nmi].push_back({seq, event.kind, event.flags, event.a, event.b});
        }
        guests::Merge merge(2, {[&](const Event& event) { out.push_back(event); },
                                [&](std::uint64_t) { ADD_FAILURE() << "gap, seed " << seed; },
                                [&](const std::string& note) { ADD_FAILURE() << note; }});
        std::map<unsigned, std::size_t> taken;
        while (out.size() < in.size()) {
            const auto ring = static_cast<unsigned>(random() % 4);
            const std::vector<abi::Event>& events = rings[ring];
            const std::size_t count = std::min<std::size_t>(random() % 9, events.size() - taken[ring]);
            merge.push(ring, std::span(events).subspan(taken[ring], count));
            taken[ring] += count;
        }
        ASSERT_EQ(in, out) << "seed " << seed;
    }
}

}  // namespace nmistorm::oracle::test
