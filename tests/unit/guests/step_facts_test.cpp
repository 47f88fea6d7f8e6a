// SPDX-License-Identifier: GPL-2.0-or-later
#include "guests/stepped/step_facts.h"

#include <gtest/gtest.h>

namespace nmistorm::guests {
namespace {

constexpr std::uint32_t dummy = 0x100070;
constexpr std::uint32_t callback = 0x118000;
constexpr std::uint32_t other_callback = 0x118100;
constexpr std::uint32_t block = 0x1b1008;
using oracle::fact::NmiReturned;

constexpr Actor task0{0, false};
constexpr Actor task1{1, false};
constexpr Actor nmi1{1, true};

/// A guest that counts its NMIs.
struct Steps : StepFacts {
    using StepFacts::StepFacts;

    void nmi_begins(unsigned cpu) {
        ++nmis.at(cpu);
        StepFacts::nmi_begins(cpu);
    }
    void loads_callback(unsigned cpu, std::uint32_t value) {
        StepFacts::loads_callback(cpu, value, nmis.at(cpu));
    }

    std::array<std::uint32_t, max_vcpus> nmis{};
};

Steps judge() {
    return {2, dummy};
}

std::string broken(const Steps& judge) {
    return judge.violated() ? std::string(oracle::name(judge.finding()->rule)) : "";
}

void publish(Steps& judge, std::uint32_t what) {
    judge.calls(task0, TracedFunction::set_nmi_callback, what);
    judge.returns(task0, TracedFunction::set_nmi_callback, 0);
}
void unset(Steps& judge) {
    judge.calls(task0, TracedFunction::unset_nmi_callback, 0);
    judge.returns(task0, TracedFunction::unset_nmi_callback, 0);
}
void grace_period(Steps& judge, auto between) {
    judge.calls(task0, TracedFunction::synchronize_sched, 0);
    between();
    judge.returns(task0, TracedFunction::synchronize_sched, 0);
}
void grace_period(Steps& judge) {
    grace_period(judge, [] {});
}
void grace_period_returns(Steps& judge) {
    judge.returns(task0, TracedFunction::synchronize_sched, 0);
}
void enter(Steps& judge, unsigned cpu, std::uint32_t what) {
    judge.nmi_begins(cpu);
    judge.loads_callback(cpu, what);
    judge.enters_callback(cpu, what);
}
void leave(Steps& judge, unsigned cpu) {
    judge.leaves_callback(cpu);
    judge.nmi_ends(cpu, {});
}
void allocate(Steps& judge) {
    judge.calls(task0, TracedFunction::kmalloc, 24);
    judge.returns(task0, TracedFunction::kmalloc, block);
}
void initialise(Steps& judge) {
    for (std::uint32_t word = 0; word < 24; word += 4) {
        judge.touches(task0, block + word, 4, true);
    }
}
void free_block(Steps& judge, std::optional<std::uint32_t> generation = {}) {
    judge.calls(task0, TracedFunction::kfree, block, generation);
    judge.touches(task0, block, 4, true);  // poisons it
    judge.returns(task0, TracedFunction::kfree, 0);
}

TEST(StateGracePeriod, may_not_end_while_a_handler_that_it_found_runs) {
    Steps state = judge();
    publish(state, callback);
    enter(state, 1, callback);
    grace_period(state);
    EXPECT_EQ(broken(state), "grace-period");
    EXPECT_EQ(state.finding()->vcpu, 1U);
}

TEST(StateGracePeriod, may_end_just_after_that_handler_left_the_callback) {
    Steps state = judge();
    publish(state, callback);
    enter(state, 1, callback);
    grace_period(state, [&] { state.leaves_callback(1); });
    EXPECT_EQ(broken(state), "");
}

TEST(StateGracePeriod, may_end_while_a_handler_runs_that_began_within_it) {
    Steps state = judge();
    grace_period(state, [&] { enter(state, 1, dummy); });
    EXPECT_EQ(broken(state), "");
}

TEST(StateGracePeriod, does_not_wait_for_an_nmi_that_has_loaded_nothing_yet) {
    Steps state = judge();
    state.nmi_begins(1);
    grace_period(state);
    EXPECT_EQ(broken(state), "");
}

TEST(StateGracePeriod, may_not_end_in_a_section_that_it_found) {
    Steps state = judge();
    state.reader(1, true);
    grace_period(state);
    EXPECT_EQ(broken(state), "grace-period");
}

TEST(StateGracePeriod, waits_for_the_outermost_of_nested_sections) {
    Steps state = judge();
    state.reader(1, true);
    grace_period(state, [&] { state.reader(1, true); });  // preempt_count went from 1 to 2 or back
    EXPECT_EQ(broken(state), "grace-period");
}

TEST(StateGracePeriod, may_end_in_the_next_section_of_the_same_vcpu) {
    Steps state = judge();
    state.reader(1, true);
    grace_period(state, [&] {
        state.reader(1, false);
        state.reader(1, true);
    });
    EXPECT_EQ(broken(state), "");
}

TEST(StateReclaim, a_freed_block_may_not_be_touched) {
    for (const Actor actor : {task0, task1, nmi1}) {
        Steps state = judge();
        allocate(state);
        initialise(state);
        free_block(state);
        EXPECT_EQ(broken(state), "");
        state.touches(actor, block + 8, 4, false);
        EXPECT_EQ(broken(state), "reclaim");
    }
}

TEST(StateReclaim, a_block_may_be_touched_until_it_is_freed_and_once_it_is_allocated_again) {
    Steps state = judge();
    allocate(state);
    initialise(state);
    state.touches(nmi1, block + 8, 4, false);
    free_block(state);
    state.calls(task0, TracedFunction::kmalloc, 24);
    state.touches(task0, block, 4, true);
    state.returns(task0, TracedFunction::kmalloc, block);
    state.touches(task0, block, 4, true);
    state.touches(nmi1, block, 4, false);
    EXPECT_EQ(broken(state), "");
}

TEST(StateReclaim, what_is_being_freed_is_no_longer_for_others) {
    Steps state = judge();
    allocate(state);
    initialise(state);
    state.calls(task0, TracedFunction::kfree, block);
    state.touches(task0, block, 4, true);
    EXPECT_EQ(broken(state), "");
    state.touches(nmi1, block, 4, false);
    EXPECT_EQ(broken(state), "reclaim");
}

TEST(StatePublish, a_handler_may_not_read_what_is_not_initialised) {
    Steps state = judge();
    allocate(state);
    state.touches(task0, block, 4, true);
    state.touches(nmi1, block, 4, false);
    EXPECT_EQ(broken(state), "");
    state.touches(nmi1, block + 4, 4, false);
    EXPECT_EQ(broken(state), "publish");
}

TEST(StatePublish, the_vcpu_that_initialises_may_read_before_it_is_done) {
    Steps state = judge();
    allocate(state);
    state.touches(task0, block + 4, 4, false);
    EXPECT_EQ(broken(state), "");
}

TEST(StatePublish, a_callback_that_was_never_published_may_not_be_loaded) {
    for (const std::uint32_t never : {callback, 0U, (callback & 0xffff0000) | (dummy & 0xffff)}) {
        Steps state = judge();
        state.nmi_begins(1);
        state.loads_callback(1, never);
        EXPECT_EQ(broken(state), "publish") << never;
    }
}

TEST(StatePublish, null_is_no_callback_even_where_it_is_published) {
    Steps state = judge();
    publish(state, 0);
    state.nmi_begins(1);
    state.loads_callback(1, 0);
    EXPECT_EQ(broken(state), "publish");
}

TEST(StatePublish, before_and_after_a_swap_is_over_either_callback_may_be_loaded) {
    for (const std::uint32_t either : {dummy, callback}) {
        Steps state = judge();
        state.calls(task0, TracedFunction::set_nmi_callback, callback);
        enter(state, 1, either);
        EXPECT_EQ(broken(state), "") << either;
    }
}

TEST(StatePublish, the_callback_that_runs_must_be_the_one_that_was_loaded) {
    Steps state = judge();
    publish(state, callback);
    state.nmi_begins(1);
    state.loads_callback(1, dummy);
    state.loads_callback(1, callback);
    EXPECT_EQ(broken(state), "");
    state.enters_callback(1, callback);
    EXPECT_EQ(broken(state), "publish");
}

TEST(StateFreshness, what_was_retired_before_a_grace_period_may_not_be_loaded_after_it) {
    Steps state = judge();
    publish(state, callback);
    unset(state);
    grace_period(state);
    enter(state, 1, dummy);
    leave(state, 1);
    EXPECT_EQ(broken(state), "");
    state.nmi_begins(1);
    state.loads_callback(1, callback);
    EXPECT_EQ(broken(state), "freshness");
}

TEST(StateFreshness, it_may_be_loaded_until_the_grace_period_ends) {
    Steps state = judge();
    publish(state, callback);
    unset(state);
    grace_period(state, [&] {
        enter(state, 1, callback);
        leave(state, 1);
    });
    EXPECT_EQ(broken(state), "");
}

TEST(StateFreshness, what_was_published_during_the_grace_period_is_fresh) {
    Steps state = judge();
    publish(state, callback);
    grace_period(state, [&] { publish(state, other_callback); });
    enter(state, 1, other_callback);
    leave(state, 1);
    enter(state, 1, callback);  // current when the grace period began
    EXPECT_EQ(broken(state), "");
}

TEST(StateAllocation, a_block_is_freed_once) {
    Steps state = judge();
    allocate(state);
    free_block(state);
    EXPECT_EQ(broken(state), "");
    state.calls(task0, TracedFunction::kfree, block);
    EXPECT_EQ(broken(state), "allocation");
}

TEST(StateAllocation, what_was_never_allocated_cannot_be_freed) {
    Steps state = judge();
    allocate(state);
    state.calls(task0, TracedFunction::kfree, block + 4);
    EXPECT_EQ(broken(state), "allocation");
}

TEST(StateAllocation, after_the_swap_only_what_is_published_is_in_use) {
    Steps published = judge();
    allocate(published);
    publish(published, callback);
    published.at_rest_with_blocks();
    EXPECT_EQ(broken(published), "");

    unset(published);
    published.at_rest_with_blocks();
    EXPECT_EQ(broken(published), "allocation");
}

TEST(StateNesting, an_nmi_ends_where_it_came_with_every_register_as_it_was) {
    Steps state = judge();
    state.nmi_begins(1);
    state.nmi_ends(1, {});
    EXPECT_EQ(broken(state), "");
    state.nmi_begins(1);
    state.nmi_ends(1, {NmiReturned::Changed::general_register, 3, 1, 2});
    EXPECT_EQ(broken(state), "nesting");
}

TEST(StateNesting, no_nmi_begins_inside_another) {
    Steps state = judge();
    state.nmi_begins(1);
    state.nmi_begins(0);
    EXPECT_EQ(broken(state), "");
    state.nmi_begins(1);
    EXPECT_EQ(broken(state), "nesting");
}

abi::Counters counters_of(std::uint32_t nmis) {
    abi::Counters counters{};
    counters.nmi_entries = counters.nmi_exits = counters.nmi_count = counters.nmi_callbacks = nmis;
    counters.nmi_answered = nmis / 2;
    counters.nmi_defaulted = counters.nmi_dummy = nmis - nmis / 2;
    return counters;
}

Steps after_nmis(unsigned cpu, unsigned nmis) {
    Steps state = judge();
    for (unsigned i = 0; i < nmis; ++i) {
        enter(state, cpu, dummy);
        leave(state, cpu);
    }
    return state;
}

TEST(StateData, a_handler_may_write_to_the_last_word_of_its_data_and_not_to_the_next) {
    const auto after_write = [](Actor actor, std::uint32_t address, std::uint32_t size) {
        Steps state = judge();
        allocate(state);
        state.touches(actor, address, size, true);
        return broken(state);
    };
    EXPECT_EQ(after_write(nmi1, block + 20, 4), "");
    EXPECT_EQ(after_write(nmi1, block + 24, 4), "data");
    EXPECT_EQ(after_write(nmi1, block + 20, 8), "data");
    EXPECT_EQ(after_write(nmi1, block - 4, 4), "data");
    EXPECT_EQ(after_write(task0, block + 24, 4), "") << "an allocator writes between its blocks";
}

TEST(StateCount, all_counters_say_what_was_delivered) {
    Steps state = after_nmis(1, 3);
    state.at_rest(0, {}, counters_of(0));
    state.at_rest(1, {}, counters_of(3));
    EXPECT_EQ(broken(state), "");
}

TEST(StateCount, a_counter_that_says_more_or_less_is_wrong) {
    for (auto member :
         {&abi::Counters::nmi_entries, &abi::Counters::nmi_exits, &abi::Counters::nmi_count,
          &abi::Counters::nmi_answered, &abi::Counters::nmi_defaulted, &abi::Counters::nmi_dummy,
          &abi::Counters::nmi_declined, &abi::Counters::nmi_callbacks}) {
        for (const std::uint32_t by : {1U, 0U - 1U}) {
            Steps state = after_nmis(1, 3);
            abi::Counters counters = counters_of(3);
            counters.*member += by;
            state.at_rest(1, {0x100500}, counters);
            EXPECT_EQ(broken(state), "count");
            EXPECT_EQ(state.finding()->at, GuestVirt{0x100500});
        }
    }
}

TEST(StateCount, counters_that_agree_on_less_than_was_delivered_are_wrong) {
    Steps state = after_nmis(1, 3);
    state.at_rest(1, {}, counters_of(2));
    EXPECT_EQ(broken(state), "count");
}

TEST(StateCount, an_nmi_is_counted_before_its_callback_is_loaded) {
    Steps state = judge();
    enter(state, 1, dummy);
    leave(state, 1);
    EXPECT_EQ(broken(state), "");
    ++state.nmis[1];  // the guest counted one that did not come
    enter(state, 1, dummy);
    EXPECT_EQ(broken(state), "count");
}

TEST(StateCount, an_nmi_that_loads_its_callback_twice_is_counted_once) {
    Steps state = judge();
    enter(state, 1, dummy);
    state.leaves_callback(1);
    state.loads_callback(1, dummy);
    EXPECT_EQ(broken(state), "");
}

TEST(StateReclaim, no_generation_is_freed_twice) {
    Steps state = judge();
    for (const std::uint32_t generation : {1U, 2U}) {
        allocate(state);
        free_block(state, generation);
    }
    EXPECT_EQ(broken(state), "");
    allocate(state);
    free_block(state, 1);
    EXPECT_EQ(broken(state), "reclaim");
}

TEST(StateReclaim, data_without_a_number_is_not_the_dummys) {
    Steps state = judge();
    for (unsigned i = 0; i < 2; ++i) {
        allocate(state);
        free_block(state, 0);
        publish(state, callback);
        unset(state);
        grace_period(state);
        enter(state, 1, dummy);
        leave(state, 1);
    }
    EXPECT_EQ(broken(state), "");
}

TEST(StateAllocation, a_second_free_finds_poison_for_the_generation) {
    Steps state = judge();
    allocate(state);
    free_block(state, 1);
    free_block(state, abi::poison_free);
    EXPECT_EQ(broken(state), "allocation");
    EXPECT_NE(state.finding()->detail.find("was freed twice"), std::string::npos) << state.finding()->detail;
}

TEST(StateFreshness, a_callback_may_be_loaded_until_the_store_that_replaces_it) {
    Steps state = judge();
    publish(state, callback);
    state.calls(task0, TracedFunction::unset_nmi_callback, 0);
    state.calls(task1, TracedFunction::synchronize_sched, 0);
    state.returns(task1, TracedFunction::synchronize_sched, 0);
    enter(state, 1, callback);
    leave(state, 1);
    EXPECT_EQ(broken(state), "");
    state.returns(task0, TracedFunction::unset_nmi_callback, 0);
    grace_period(state);
    enter(state, 1, callback);
    EXPECT_EQ(broken(state), "freshness");
}

TEST(StateTrip, that_does_not_exist_breaks_the_abi) {
    for (const unsigned unknown : {0U, unsigned{abi::trip_count}}) {
        Steps state = judge();
        state.trips(nmi1, unknown, 1, 1);
        EXPECT_EQ(broken(state), "abi-conformance");
    }
}

TEST(StatePublish, what_runs_is_compared_even_if_the_dummy_is_not_known) {
    Steps state(2, std::nullopt);
    state.nmi_begins(1);
    state.loads_callback(1, callback);
    state.enters_callback(1, callback);
    state.leaves_callback(1);
    EXPECT_EQ(broken(state), "");
    state.loads_callback(1, callback);
    state.enters_callback(1, other_callback);
    EXPECT_EQ(broken(state), "publish");
}

TEST(StateProgress, is_broken_by_a_vcpu_that_dies_and_by_a_livelock) {
    Steps exited = judge();
    exited.fatal_exit({.vcpu = 1, .exit = "KVM_EXIT_SHUTDOWN (triple fault)", .panic = {}, .ip = 0x100200});
    EXPECT_EQ(broken(exited), "progress");
    EXPECT_NE(exited.finding()->detail.find("KVM_EXIT_SHUTDOWN"), std::string::npos);

    Steps stands = judge();
    stands.stands_still(0, {0x100300});
    EXPECT_EQ(broken(stands), "progress");
    EXPECT_EQ(stands.finding()->at, GuestVirt{0x100300});
}

TEST(StateTrip, breaks_the_rule_that_the_tripwire_is_there_for) {
    const auto tripped = [](abi::Trip trip, std::uint32_t value) {
        Steps state = judge();
        state.trips(nmi1, static_cast<std::uint32_t>(trip), value, 7);
        return broken(state);
    };
    EXPECT_EQ(tripped(abi::Trip::data_magic, abi::poison_free), "reclaim");
    EXPECT_EQ(tripped(abi::Trip::data_magic, abi::poison_inuse), "publish");
    EXPECT_EQ(tripped(abi::Trip::data_owner, callback), "publish");
    EXPECT_EQ(tripped(abi::Trip::data_generation, 8), "reclaim");
    EXPECT_EQ(tripped(abi::Trip::registers, 3), "nesting");
    EXPECT_EQ(tripped(abi::Trip::frame, 3), "nesting");
}

TEST(StepFacts, keeps_the_first_finding) {
    Steps state = judge();
    state.now_at({0x100400});
    publish(state, callback);
    enter(state, 1, callback);
    grace_period(state);
    state.now_at({0x100500});
    state.nmi_ends(1, {NmiReturned::Changed::ip, 0, 1, 2});
    EXPECT_EQ(broken(state), "grace-period");
    EXPECT_EQ(state.finding()->at, GuestVirt{0x100400});
}

std::vector<std::uint64_t> words(const Steps& judge) {
    std::vector<std::uint64_t> all;
    judge.words([&all](std::uint64_t word) { all.push_back(word); });
    return all;
}

TEST(StepFacts, has_other_words_wherever_it_would_judge_otherwise) {
    Steps before = judge();
    publish(before, callback);
    enter(before, 1, callback);
    before.calls(task0, TracedFunction::synchronize_sched, 0);
    Steps within = judge();
    publish(within, callback);
    within.calls(task0, TracedFunction::synchronize_sched, 0);
    enter(within, 1, callback);
    EXPECT_NE(words(before), words(within)) << "one will break grace-period, the other will not";
    EXPECT_EQ(words(before), words(Steps(before)));
    Steps restored = judge();
    restored.restore(before.state());
    EXPECT_EQ(words(before), words(restored));
    grace_period_returns(restored);
    EXPECT_EQ(broken(restored), "grace-period");
    restored.restore(within.state());
    EXPECT_EQ(words(within), words(restored));
    EXPECT_EQ(broken(restored), "");
    grace_period_returns(restored);
    EXPECT_EQ(broken(restored), "");
}

TEST(StepFacts, without_symbols_judges_no_callback) {
    Steps state(2, std::nullopt);
    enter(state, 1, 0x1234);
    state.at_rest_with_blocks();
    EXPECT_EQ(broken(state), "");
}

TEST(StepFacts, keeps_what_was_told_and_takes_it_back) {
    StepFacts facts(2, 0x100010, true);
    EXPECT_EQ(facts.records().size(), 1U) << "the dummy is published";
    facts.touches({0, false}, 0x340000, 4, false);
    const StepFacts::State before = facts.state();
    facts.nmi_begins(1);
    facts.stands_still(0, {0x100500});
    EXPECT_EQ(facts.records().size(), 4U);
    EXPECT_TRUE(facts.violated());
    facts.reader(1, true);
    EXPECT_EQ(facts.records().size(), 4U) << "nothing is judged after a finding";
    facts.restore(before);
    EXPECT_EQ(facts.records().size(), 2U);
    facts.nmi_begins(0);
    ASSERT_EQ(facts.records().size(), 3U);
    const auto& last = std::get<oracle::Recorded>(facts.records().back());
    EXPECT_EQ(last.at.vcpu, 0U);
    EXPECT_EQ(last.at.order, 2U);
    const StepFacts other(2, 0x100010);
    EXPECT_TRUE(other.records().empty());
}

}  // namespace
}  // namespace nmistorm::guests
