// SPDX-License-Identifier: GPL-2.0-or-later
#include "mem/slab.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "machine.h"

namespace {

TEST(Kmalloc, hands_out_memory_that_looks_uninitialised) {
    FakeMachine machine(1);
    const auto words = static_cast<uint32_t*>(kmalloc(40));
    for (int i = 0; i < 10; ++i) {
        EXPECT_EQ(words[i], shared::poison_inuse);
    }
}

TEST(Kfree, leaves_poison_behind) {
    FakeMachine machine(1);
    const auto words = static_cast<uint32_t*>(kmalloc(40));
    kfree(words);
    for (int i = 0; i < 10; ++i) {
        EXPECT_EQ(words[i], shared::poison_free);
    }
    EXPECT_EQ(per_cpu(0)->page.counters.freed, 1U);
}

TEST(Kmalloc, never_gives_two_blocks_the_same_generation) {
    FakeMachine machine(1);
    std::set<uint32_t> seen;
    for (int i = 0; i < 10000; ++i) {
        void* block = kmalloc(64);
        EXPECT_TRUE(seen.insert(kgeneration(block)).second);
        kfree(block);
    }
    EXPECT_EQ(seen.count(0), 0U);
}

TEST(Kmalloc, reuses_the_block_that_has_been_free_longest) {
    FakeMachine machine(1);
    void* first = kmalloc(64);
    kfree(first);
    unsigned others = 0;
    void* block = nullptr;
    while ((block = kmalloc(64)) != first) {
        kfree(block);
        ++others;
    }
    EXPECT_EQ(others, 127U);  // all other blocks of the fake machine's arena were allocated first
}

TEST(Kmalloc, panics_where_no_block_is_left) {
    FakeMachine machine(1);
    EXPECT_THROW(
        {
            while (true) {
                kmalloc(64);
            }
        },
        std::runtime_error);
}

TEST(Kmalloc, panics_where_a_block_is_too_small) {
    FakeMachine machine(1);
    EXPECT_NO_THROW(kmalloc(488));
    EXPECT_THROW(kmalloc(489), std::runtime_error);
}

TEST(Slab, reports_each_block_once_as_allocated_and_once_as_freed) {
    FakeMachine machine(1);
    void* block = kmalloc(64);
    const uint32_t generation = kgeneration(block);
    kfree(block);
    const auto events = FakeMachine::drain(0, shared::RingOf::task);
    ASSERT_EQ(events.size(), 2U);
    EXPECT_EQ(events[0].kind, shared::EventKind::alloc);
    EXPECT_EQ(events[1].kind, shared::EventKind::free);
    for (const shared::Event& event : events) {
        EXPECT_EQ(event.a, reinterpret_cast<uintptr_t>(block));
        EXPECT_EQ(event.b, generation);
    }
}

/// What tripwires said since the last call.
std::vector<shared::Event> trips() {
    std::vector<shared::Event> events = FakeMachine::drain(0, shared::RingOf::task);
    std::erase_if(events, [](const auto& event) { return event.kind != shared::EventKind::trip; });
    return events;
}

TEST(Kfree, reports_what_was_written_behind_the_block_and_nothing_else) {
    FakeMachine machine(1);
    for (const uint32_t word : {9U, 10U, 13U}) {
        auto words = static_cast<uint32_t*>(kmalloc(40));
        const uint32_t generation = kgeneration(words);
        words[word] = 7;
        kfree(words);
        const auto seen = trips();
        if (word == 9) {
            EXPECT_TRUE(seen.empty());
            continue;
        }
        ASSERT_EQ(seen.size(), 1U) << word;
        EXPECT_EQ(seen[0].flags, static_cast<uint16_t>(shared::Trip::data_guard));
        EXPECT_EQ(seen[0].a, 7U);
        EXPECT_EQ(seen[0].b, generation);
    }
}

TEST(SlabCheck, reports_what_was_written_behind_blocks_that_are_free) {
    FakeMachine machine(1);
    auto words = static_cast<uint32_t*>(kmalloc(40));
    kfree(kmalloc(64));
    kfree(words);
    slab_check();
    EXPECT_TRUE(trips().empty());
    words[10] = 7;
    slab_check();
    EXPECT_EQ(trips().size(), 1U);
}

}  // namespace
