// SPDX-License-Identifier: GPL-2.0-or-later
#include "mem/slab.h"

#include <gtest/gtest.h>

#include <set>

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
    EXPECT_NO_THROW(kmalloc(500));
    EXPECT_THROW(kmalloc(505), std::runtime_error);
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

}  // namespace
