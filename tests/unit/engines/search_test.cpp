// SPDX-License-Identifier: GPL-2.0-or-later
// The search compared with enumeration: every order of a toy machine's instructions and NMIs, without merging
// states.
#include "engines/explore/search.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <random>

#include "toy_guest.h"

namespace nmistorm::engines::explore::test {
namespace {

using What = Op::What;

/// All results, by plain enumeration: no merging, no useful order.
class CountedOut {
  public:
    CountedOut(ToyGuest guest, Allowance left) : guest_(std::move(guest)) { from({}, left); }

    std::set<ToyGuest::Mark> ends;
    bool broken = false;
    std::uint64_t schedules = 0;

  private:
    void from(std::optional<unsigned> last, Allowance left) {
        if (guest_.finding()) {
            broken = true;
            return;
        }
        const bool is_free = !last || !guest_.can_run(*last) || guest_.spins(*last);
        bool any = false;
        const ToyGuest::Mark here = guest_.mark();
        for (unsigned cpu = 0; cpu < guest_.cpus(); ++cpu) {
            const unsigned cost = is_free || cpu == *last ? 0 : 1;
            any |= guest_.can_run(cpu);
            if (cost > left.preemptions) {
                continue;
            }
            if (guest_.can_run(cpu) && !guest_.spins(cpu)) {  // spinning once more changes nothing
                guest_.run(cpu);
                from(cpu, {left.preemptions - cost, left.nmis});
                guest_.rewind(here);
            }
            if (left.nmis != 0 && guest_.can_take_nmi(cpu)) {
                guest_.nmi(cpu);
                guest_.run(cpu);
                from(cpu, {left.preemptions - cost, left.nmis - 1});
                guest_.rewind(here);
            }
        }
        if (!any) {
            ++schedules;
            ends.insert(here);
        }
    }

    ToyGuest guest_;
};

Program random_program(std::mt19937& random, unsigned length, std::initializer_list<What> kinds) {
    Program program;
    for (unsigned i = 0; i < length; ++i) {
        const What what = *(kinds.begin() + random() % kinds.size());
        program.push_back({what, static_cast<unsigned>(random() % 2), static_cast<int>(random() % 3)});
    }
    return program;
}

ToyGuest random_guest(std::mt19937& random, std::initializer_list<What> kinds) {
    std::vector<Program> programs;
    const unsigned cpus = 2 + random() % 2;
    for (unsigned cpu = 0; cpu < cpus; ++cpu) {
        programs.push_back(random_program(random, cpus == 2 ? 4 : 3, kinds));
    }
    // If a program breaks no rule, its handler breaks none either.
    const bool refuses = std::ranges::find(kinds, What::refuse) != kinds.end();
    return {programs,
            random_program(random, 2, {What::load, What::store, refuses ? What::refuse : What::add})};
}

constexpr Allowance bounds[] = {{0, 0}, {1, 0}, {0, 1}, {2, 1}, {1, 2}, {9, 1}};
constexpr unsigned programs = 60;

TEST(Search, reaches_every_end_that_counting_out_reaches_and_no_other) {
    std::mt19937 random(1);
    std::uint64_t schedules = 0;
    for (unsigned i = 0; i < programs; ++i) {
        const ToyGuest guest =
            random_guest(random, {What::load, What::store, What::add, What::add, What::await, What::halt});
        for (const Allowance bound : bounds) {
            const CountedOut all(guest, bound);
            ToyGuest searched = guest;
            Search search(searched, bound, {}, {});
            EXPECT_EQ(search.run(), SearchEnd::exhausted);
            EXPECT_EQ(searched.ends(), all.ends) << "program " << i;
            schedules += all.schedules;
        }
    }
    EXPECT_GT(schedules, 100'000U) << "else the programs are too simple to show anything";
}

TEST(Search, finds_a_broken_rule_exactly_where_counting_out_does) {
    std::mt19937 random(2);
    unsigned broken = 0;
    for (unsigned i = 0; i < programs; ++i) {
        const ToyGuest guest = random_guest(random, {What::load, What::store, What::add, What::refuse});
        for (const Allowance bound : bounds) {
            const CountedOut all(guest, bound);
            ToyGuest searched = guest;
            const SearchEnd end = Search(searched, bound, {}, {}).run();
            EXPECT_EQ(end, all.broken ? SearchEnd::found : SearchEnd::exhausted) << "program " << i;
            EXPECT_EQ(searched.finding(), all.broken);
            broken += all.broken ? 1 : 0;
        }
    }
    EXPECT_GT(broken, programs / 2);
    EXPECT_LT(broken, programs * std::size(bounds));
}

/// x = 0; vCPU 1 sees the intermediate x only if vCPU 0 is preempted there.
ToyGuest needs_one_preemption() {
    return {{{{What::add, 0, 1}, {What::store, 0}, {What::add, 0, 1}, {What::store, 0}},
             {{What::load, 0}, {What::refuse, 0, 1}}},
            {}};
}

TEST(Search, spends_no_preemption_that_it_was_not_allowed) {
    ToyGuest guest = needs_one_preemption();
    EXPECT_EQ(Search(guest, {0, 0}, {}, {}).run(), SearchEnd::exhausted);
    ToyGuest again = needs_one_preemption();
    EXPECT_EQ(Search(again, {1, 0}, {}, {}).run(), SearchEnd::found);
}

TEST(Search, switches_for_nothing_where_a_vcpu_spins) {
    ToyGuest guest({{{What::add, 0, 1}, {What::store, 1}, {What::await, 0}, {What::halt}},
                    {{What::await, 1}, {What::add, 0, 1}, {What::store, 0}, {What::halt}}},
                   {});
    EXPECT_EQ(Search(guest, {0, 0}, {}, {}).run(), SearchEnd::exhausted);
    EXPECT_EQ(guest.ends().size(), 1U);
}

TEST(Search, switches_for_nothing_where_a_vcpu_goes_round_without_a_pause) {
    ToyGuest guest({{{What::load, 1}, {What::repeat, 0}, {What::halt}},
                    {{What::add, 0, 1}, {What::store, 0}, {What::halt}}},
                   {});
    EXPECT_EQ(Search(guest, {0, 0}, {}, {}).run(), SearchEnd::exhausted);
    EXPECT_EQ(guest.ends().size(), 1U);
}

TEST(Search, notices_that_all_wait_for_each_other) {
    ToyGuest guest({{{What::await, 0}, {What::halt}}, {{What::await, 1}, {What::halt}}}, {});
    Search(guest, {1, 0}, {}, {}).run();
    EXPECT_TRUE(guest.stood_still());
}

TEST(Search, does_not_take_waiting_for_a_vcpu_that_goes_on_for_a_livelock) {
    ToyGuest guest({{{What::await, 0}, {What::halt}}, {{What::add, 0, 1}, {What::store, 0}, {What::halt}}},
                   {});
    Search(guest, {2, 0}, {}, {}).run();
    EXPECT_FALSE(guest.stood_still());
}

TEST(Search, counts_a_unit_for_each_first_choice_that_costs) {
    ToyGuest guest({{{What::add, 0, 1}, {What::halt}}}, {});
    Search search(guest, {0, 1}, {}, {});
    EXPECT_EQ(search.run(), SearchEnd::exhausted);
    EXPECT_EQ(search.tally().units, 2U);  // an NMI before the first instruction, and one after it
}

std::set<ToyGuest::Mark> ends_of(ToyGuest guest, const Part& part) {
    Search search(guest, {2, 1}, part, {});
    EXPECT_EQ(search.run(), SearchEnd::exhausted);
    return guest.ends();
}

TEST(Search, in_shards_reaches_together_what_it_reaches_alone) {
    std::mt19937 random(3);
    for (unsigned i = 0; i < programs / 2; ++i) {
        const ToyGuest guest = random_guest(random, {What::load, What::store, What::add, What::await});
        const auto whole = ends_of(guest, {});
        for (const std::uint32_t of : {2U, 3U, 7U}) {
            std::set<ToyGuest::Mark> united;
            for (std::uint32_t index = 0; index < of; ++index) {
                united.merge(ends_of(guest, {{index, of}, 0}));
            }
            EXPECT_EQ(united, whole) << "program " << i << " in " << of;
        }
    }
}

TEST(Search, shares_no_unit_between_shards_and_leaves_none_out) {
    std::mt19937 random(4);
    const ToyGuest guest = random_guest(random, {What::load, What::store, What::add});
    ToyGuest whole = guest;
    Search all(whole, {1, 1}, {}, {});
    all.run();
    for (std::uint32_t index = 0; index < 3; ++index) {
        ToyGuest part = guest;
        Search search(part, {1, 1}, {{index, 3}, 0}, {});
        search.run();
        EXPECT_EQ(search.tally().units, all.tally().units)
            << "the numbers of units must not depend on the shard";
    }
}

TEST(Search, goes_on_where_it_was_stopped_and_reaches_the_same) {
    std::mt19937 random(5);
    for (unsigned i = 0; i < programs / 2; ++i) {
        const ToyGuest guest = random_guest(random, {What::load, What::store, What::add, What::await});
        std::set<ToyGuest::Mark> ends;
        std::uint64_t from = 0;
        unsigned sittings = 0;
        for (SearchEnd end = SearchEnd::stopped; end == SearchEnd::stopped; ++sittings) {
            ToyGuest searched = guest;
            unsigned looks = 0;
            // Longer each time, since an interrupted unit begins again.
            Search search(searched, {2, 1}, {{}, from}, [&] { return ++looks > 40 * (sittings + 1); });
            end = search.run();
            from = search.tally().done;
            ends.merge(std::set(searched.ends()));
        }
        EXPECT_EQ(ends, ends_of(guest, {})) << "program " << i << " in " << sittings << " sittings";
    }
}

TEST(Visited, is_news_again_only_with_more_to_spend) {
    Visited visited;
    const guests::StateKey key{1, 2};
    EXPECT_TRUE(visited.add(key, {1, 1}));
    EXPECT_FALSE(visited.add(key, {1, 1}));
    EXPECT_FALSE(visited.add(key, {0, 1}));
    EXPECT_FALSE(visited.add(key, {1, 0}));
    EXPECT_TRUE(visited.add(key, {2, 0}));
    EXPECT_TRUE(visited.add(key, {0, 2}));
    EXPECT_FALSE(visited.add(key, {2, 0}));
    EXPECT_TRUE(visited.add(key, {2, 2}));
    EXPECT_EQ(visited.size(), 1U);
}

TEST(Visited, keeps_what_it_knows_as_it_grows) {
    Visited visited;
    for (std::uint64_t i = 1; i <= 10'000; ++i) {
        EXPECT_TRUE(visited.add({guests::mix(i), i}, {0, 0}));
    }
    for (std::uint64_t i = 1; i <= 10'000; ++i) {
        EXPECT_FALSE(visited.add({guests::mix(i), i}, {0, 0}));
    }
    EXPECT_EQ(visited.size(), 10'000U);
}

}  // namespace
}  // namespace nmistorm::engines::explore::test
