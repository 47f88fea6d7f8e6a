// SPDX-License-Identifier: GPL-2.0-or-later
#include "guests/stepped/conflict_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nmistorm::guests {
namespace {

constexpr unsigned task0 = 0;
constexpr unsigned nmi0 = 1;
constexpr unsigned task1 = 2;

constexpr Access read(std::uint64_t address, std::uint64_t size = 4) {
    return {address, size, true, false};
}
constexpr Access write(std::uint64_t address, std::uint64_t size = 4) {
    return {address, size, false, true};
}

TEST(ConflictSet, are_those_that_one_writes_and_another_touches) {
    ConflictSet words(4096);
    EXPECT_FALSE(words.record(task0, write(0x100)));
    EXPECT_FALSE(words.touches(read(0x100)));
    EXPECT_TRUE(words.record(task1, read(0x100)));
    EXPECT_TRUE(words.touches(read(0x100)));
    EXPECT_TRUE(words.touches(write(0x100)));
    EXPECT_THAT(words.all(), testing::ElementsAre(TouchedWord{0x100, 4, 1}));
}

TEST(ConflictSet, are_not_those_that_all_only_read_or_one_alone_touches) {
    ConflictSet words(4096);
    for (const unsigned actor : {task0, nmi0, task1}) {
        EXPECT_FALSE(words.record(actor, read(0x200)));
    }
    EXPECT_FALSE(words.record(task1, write(0x300)));
    EXPECT_FALSE(words.record(task1, read(0x300)));
    EXPECT_FALSE(words.touches(read(0, 4096)));
}

TEST(ConflictSet, may_be_shared_with_the_nmi_handler_of_the_same_vcpu) {
    ConflictSet words(4096);
    words.record(task0, read(0x100));
    EXPECT_TRUE(words.record(nmi0, write(0x100)));
}

TEST(ConflictSet, become_shared_by_a_late_write) {
    ConflictSet words(4096);
    words.record(task0, read(0x100));
    words.record(task1, read(0x100));
    EXPECT_TRUE(words.record(task1, write(0x100)));
    EXPECT_FALSE(words.record(task1, write(0x100))) << "that is no news";
}

TEST(ConflictSet, are_touched_by_any_part_of_an_access) {
    ConflictSet words(4096);
    words.add({.address = 0x104, .readers = 1, .writers = 2});
    EXPECT_TRUE(words.touches(read(0x100, 8)));
    EXPECT_TRUE(words.touches(read(0x107, 1)));
    EXPECT_TRUE(words.touches(read(0x102, 4)));
    EXPECT_FALSE(words.touches(read(0x100, 4)));
    EXPECT_FALSE(words.touches(read(0x108, 8)));
}

TEST(ConflictSet, are_known_again_with_those_who_touched_them) {
    ConflictSet before(4096);
    before.record(task0, write(0x100));
    before.record(task1, read(0x200));
    EXPECT_EQ(before.all(), (std::vector<TouchedWord>{{0x100, 0, 1}, {0x200, 4, 0}}));

    ConflictSet words(4096);
    for (const TouchedWord& word : before.all()) {
        words.add(word);
    }
    EXPECT_EQ(words.all(), before.all());
    EXPECT_FALSE(words.touches(read(0x100)));
    EXPECT_TRUE(words.record(task1, read(0x100))) << "it was written by another";
}

}  // namespace
}  // namespace nmistorm::guests
