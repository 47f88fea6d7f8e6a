// SPDX-License-Identifier: GPL-2.0-or-later
#include "guests/abi/ring_reader.h"

#include <gtest/gtest.h>

namespace nmistorm::guests {
namespace {

/// The guest's side of a ring of eight.
struct Ring {
    abi::RingControl control{};
    std::vector<abi::Event> slots = std::vector<abi::Event>(8);
    EventReader reader{control, slots};

    void write(std::uint32_t seq) {
        slots[control.head % slots.size()].seq = seq;
        ++control.head;
    }
    std::vector<std::uint32_t> drain() {
        std::vector<abi::Event> events;
        EXPECT_TRUE(reader.drain(events));
        std::vector<std::uint32_t> places;
        places.reserve(events.size());
        for (const abi::Event& event : events) {
            places.push_back(event.seq);
        }
        return places;
    }
};

using Places = std::vector<std::uint32_t>;

TEST(RingReader, reads_each_event_once_and_in_order) {
    Ring ring;
    EXPECT_EQ(ring.drain(), Places{});
    ring.write(5);
    ring.write(6);
    EXPECT_EQ(ring.drain(), (Places{5, 6}));
    EXPECT_EQ(ring.drain(), Places{});
    for (std::uint32_t i = 0; i < 8; ++i) {
        ring.write(i);
    }
    EXPECT_EQ(ring.drain(), (Places{0, 1, 2, 3, 4, 5, 6, 7}));
}

TEST(RingReader, frees_what_it_has_read) {
    Ring ring;
    ring.write(1);
    ring.drain();
    EXPECT_EQ(ring.control.tail, 1U);
}

TEST(RingReader, goes_on_where_the_indices_wrap) {
    Ring ring;
    std::vector<abi::Event> none;
    ring.control.head = UINT32_MAX - 2;
    EXPECT_FALSE(ring.reader.drain(none)) << "no producer moves so far at once";
    for (std::uint32_t i = 0; i < 6; ++i) {
        ring.write(i);
    }
    EXPECT_EQ(ring.drain(), (Places{0, 1, 2, 3, 4, 5}));
}

TEST(RingReader, refuses_a_head_that_no_producer_can_have_reached) {
    for (const std::uint32_t head : {9U, 0x80000000U, UINT32_MAX}) {
        Ring ring;
        std::vector<abi::Event> events;
        ring.control.head = head;
        EXPECT_FALSE(ring.reader.drain(events));
        EXPECT_TRUE(events.empty());
        ring.write(3);
        EXPECT_EQ(ring.drain(), Places{3}) << "and starts over from there";
    }
}

TEST(RingReader, trusts_its_own_tail_and_not_the_one_in_guest_memory) {
    Ring ring;
    ring.write(1);
    ring.drain();
    ring.control.tail = 12345;
    ring.write(2);
    EXPECT_EQ(ring.drain(), Places{2});
}

}  // namespace
}  // namespace nmistorm::guests
