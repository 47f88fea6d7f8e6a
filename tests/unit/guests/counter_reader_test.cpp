// SPDX-License-Identifier: GPL-2.0-or-later
#include "guests/abi/counter_reader.h"

#include <gtest/gtest.h>

namespace nmistorm::guests {
namespace {

/// A reader that has read such a count of entries.
CounterReader after(abi::Counters& page, std::initializer_list<std::uint32_t> entries) {
    CounterReader reader;
    for (const std::uint32_t each : entries) {
        page.nmi_entries = each;
        EXPECT_EQ(reader.read(page), std::nullopt) << each;
    }
    return reader;
}

TEST(CounterReader, widens_a_counter_that_wraps) {
    abi::Counters page{};
    const CounterReader reader = after(page, {1U << 30, 1U << 31, 3U << 30, UINT32_MAX, 2});
    EXPECT_EQ(reader.counters().nmi_entries, (std::uint64_t{1} << 32) + 2);
    EXPECT_EQ(reader.counters().nmi_exits, 0U);
}

TEST(CounterReader, follows_a_counter_that_goes_down_and_does_not_take_it_for_a_wrap) {
    abi::Counters page{};
    EXPECT_EQ(after(page, {7, 5}).counters().nmi_entries, 5U);
    EXPECT_EQ(after(page, {7, 5, 9}).counters().nmi_entries, 9U);
}

TEST(CounterReader, says_which_counter_went_below_where_it_began) {
    abi::Counters page{};
    page.nmi_exits = UINT32_MAX;
    CounterReader reader;
    EXPECT_EQ(reader.read(page), "its counter nmi_exits went down to 0xffffffff, below where it began");
    EXPECT_EQ(reader.counters().nmi_exits, 0U);
}

TEST(CounterReader, adds_up_the_counters_of_several_cpus) {
    abi::Counters page{};
    page.swaps = 3;
    oracle::Counters sum = after(page, {4}).counters();
    sum += after(page, {5}).counters();
    EXPECT_EQ(sum.nmi_entries, 9U);
    EXPECT_EQ(sum.swaps, 6U);
}

}  // namespace
}  // namespace nmistorm::guests
