// SPDX-License-Identifier: GPL-2.0-or-later
#include "guests/abi/merge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace nmistorm::guests {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// A merge of two vCPUs' rings that records its output: "3" is an event, "gap 2" is a gap.
struct Recorder {
    explicit Recorder(std::size_t held_max = Merge::held_max_default)
        : merge(2,
                {[this](const Event& event) {
                     out.push_back(std::to_string(event.order));
                     last = event;
                 },
                 [this](std::uint64_t count) { out.push_back("gap " + std::to_string(count)); },
                 [this](std::string sentence) { notes.push_back(std::move(sentence)); }},
                held_max) {}

    void push(unsigned ring, std::initializer_list<std::uint32_t> places) {
        for (const std::uint32_t seq : places) {
            const abi::Event event{seq, abi::EventKind::reader_enter, 0, 7, 8};
            merge.push(ring, {&event, 1});
        }
    }

    std::vector<std::string> out;
    std::vector<std::string> notes;
    Event last;
    Merge merge;
};

TEST(Merge, passes_on_in_order_what_comes_in_order) {
    Recorder recorder;
    recorder.push(3, {0, 1});
    EXPECT_THAT(recorder.out, ElementsAre("0", "1"));
    EXPECT_EQ(recorder.last, (Event{1, 1, abi::EventKind::reader_enter, 0, 7, 8}));
}

TEST(Merge, puts_events_of_several_rings_in_order) {
    Recorder recorder;
    recorder.push(0, {1, 4, 5});
    recorder.push(2, {2, 6});
    EXPECT_THAT(recorder.out, IsEmpty());
    recorder.push(1, {0, 3});
    EXPECT_THAT(recorder.out, ElementsAre("0", "1", "2", "3", "4", "5", "6"));
}

TEST(Merge, holds_back_what_follows_an_event_in_flight) {
    Recorder recorder;
    recorder.push(0, {0, 2, 3});
    EXPECT_THAT(recorder.out, ElementsAre("0"));
    recorder.push(1, {1});
    EXPECT_THAT(recorder.out, ElementsAre("0", "1", "2", "3"));
    EXPECT_EQ(recorder.merge.lost(), 0u);
}

TEST(Merge, takes_what_is_missing_at_the_end_for_in_flight_if_nothing_was_dropped) {
    Recorder recorder;
    recorder.push(0, {0, 3});
    recorder.merge.finish();
    EXPECT_THAT(recorder.out, ElementsAre("0", "3"));
    EXPECT_EQ(recorder.merge.lost(), 0u);
}

TEST(Merge, takes_more_missing_at_the_end_than_there_are_rings_for_lost) {
    Recorder recorder;
    recorder.push(0, {0, 100});
    recorder.merge.finish();
    EXPECT_THAT(recorder.out, ElementsAre("0", "gap 99", "100"));
}

TEST(Merge, gives_up_missing_events_at_the_end_where_events_were_dropped) {
    Recorder recorder;
    recorder.merge.set_lost(1, 2);
    recorder.push(0, {0, 3});
    recorder.merge.finish();
    EXPECT_THAT(recorder.out, ElementsAre("0", "gap 2", "3"));
    EXPECT_EQ(recorder.merge.lost(), 2u);
    EXPECT_EQ(recorder.merge.malformed(), 0u);
}

TEST(Merge, gives_up_a_missing_event_once_too_many_wait_behind_it) {
    Recorder recorder(3);
    recorder.push(0, {1, 2, 3});
    EXPECT_THAT(recorder.out, IsEmpty());
    recorder.push(0, {4});
    EXPECT_THAT(recorder.out, ElementsAre("gap 1", "1", "2", "3", "4"));
}

TEST(Merge, lets_an_event_that_was_given_up_come_late) {
    Recorder recorder(0);
    recorder.push(0, {1});
    recorder.push(2, {0});
    EXPECT_THAT(recorder.out, ElementsAre("gap 1", "1"));
    EXPECT_EQ(recorder.merge.malformed(), 0u);
    EXPECT_EQ(recorder.merge.lost(), 1u);
}

TEST(Merge, counts_what_the_rings_dropped_behind_the_last_event) {
    Recorder recorder;
    for (const std::uint32_t lost : {1U << 30, 1U << 31, 3U << 30, UINT32_MAX, 1U}) {
        recorder.merge.set_lost(1, lost);  // the counter wraps
    }
    recorder.push(0, {0});
    recorder.merge.finish();
    EXPECT_THAT(recorder.out, ElementsAre("0"));
    EXPECT_EQ(recorder.merge.lost(), (std::uint64_t{1} << 32) + 1);
}

TEST(Merge, reports_a_count_of_dropped_events_that_goes_down_and_does_not_take_it_for_a_wrap) {
    Recorder recorder;
    recorder.merge.set_lost(1, 5);
    recorder.merge.set_lost(1, 4);
    recorder.merge.set_lost(1, 6);
    EXPECT_EQ(recorder.merge.lost(), 7U);
    EXPECT_THAT(recorder.notes,
                ElementsAre("vCPU 0, NMI ring: its count of dropped events went from 5 down to 4"));
}

TEST(Merge, reports_more_late_events_than_places_were_given_up) {
    Recorder recorder(1);
    for (std::uint32_t place = 1; place <= 401; place += 2) {
        recorder.push(0, {place});  // one is held back, so 200 places are given up
    }
    for (std::uint32_t place = 0; place < 260; ++place) {
        recorder.push(2, {place});  // so long ago that it is forgotten which were given up
    }
    EXPECT_EQ(recorder.merge.malformed(), 60U);
    // Only a loss that was not made up for turns the place before the last into a gap.
    recorder.merge.set_lost(1, 1);
    recorder.merge.finish();
    EXPECT_EQ(recorder.out[recorder.out.size() - 2], "gap 1");
    EXPECT_EQ(recorder.out.back(), "401");
}

TEST(Merge, widens_places_that_wrap) {
    Recorder recorder(0);
    const std::uint32_t quarter = 1u << 30;
    recorder.push(0, {quarter - 1, 2 * quarter - 1, 3 * quarter - 1, UINT32_MAX - 1, 0});
    recorder.push(2, {1});
    const std::uint64_t wrap = std::uint64_t{1} << 32;
    EXPECT_EQ(recorder.out.back(), std::to_string(wrap + 1));
    EXPECT_EQ(recorder.out[recorder.out.size() - 2], std::to_string(wrap));
    EXPECT_EQ(recorder.merge.malformed(), 0u);
}

TEST(Merge, takes_events_across_the_wrap_in_any_order_of_rings) {
    Recorder recorder(2);
    const std::uint32_t quarter = 1u << 30;
    for (std::uint32_t i = 1; i <= 3; ++i) {
        recorder.push(0, {i * quarter - 3, i * quarter - 2, i * quarter - 1});
    }
    recorder.push(0, {UINT32_MAX - 3, UINT32_MAX - 2, UINT32_MAX - 1});
    recorder.out.clear();
    recorder.push(0, {0, 1});
    recorder.push(2, {UINT32_MAX, 2});
    EXPECT_THAT(recorder.out, ElementsAre("4294967295", "4294967296", "4294967297", "4294967298"));
}

TEST(Merge, reports_a_place_taken_twice) {
    Recorder recorder;
    recorder.push(0, {0, 1});
    recorder.push(2, {1});  // already passed on
    recorder.push(0, {3});
    recorder.push(3, {3});  // still held back
    recorder.push(1, {2});
    recorder.push(1, {2});  // in the same ring
    EXPECT_THAT(recorder.out, ElementsAre("0", "1", "2", "3"));
    EXPECT_EQ(recorder.merge.malformed(), 3u);
    EXPECT_EQ(recorder.notes.size(), 3u);
}

TEST(Merge, reports_places_that_nobody_can_have_taken) {
    Recorder recorder;
    recorder.push(0, {(1u << 30) + 1, UINT32_MAX});
    recorder.merge.finish();
    EXPECT_THAT(recorder.out, IsEmpty());
    EXPECT_EQ(recorder.merge.malformed(), 2u);
}

TEST(Merge, leaves_out_an_event_of_no_kind_but_not_its_place) {
    Recorder recorder;
    const abi::Event events[] = {{0, abi::EventKind::none, 0, 0, 0},
                                 {1, abi::EventKind{abi::event_kind_count}, 0, 0, 0},
                                 {2, abi::EventKind::done, 0, 0, 0}};
    recorder.merge.push(0, events);
    EXPECT_THAT(recorder.out, ElementsAre("2"));
    EXPECT_EQ(recorder.merge.malformed(), 2u);
}

TEST(Merge, passes_on_an_ascending_order_for_any_garbage) {
    for (std::uint32_t seed = 0; seed < 2000; ++seed) {
        std::mt19937 random(seed);
        Recorder recorder(random() % 64);
        const std::uint32_t spread = random() % 2 == 0 ? UINT32_MAX : 256;
        std::uint64_t pushed = 0;
        std::uint32_t near = 0;
        while (pushed < 200) {
            std::vector<abi::Event> events(random() % 8);
            for (abi::Event& event : events) {
                near += static_cast<std::uint32_t>(random() % 3);
                const std::uint32_t seq =
                    random() % 4 != 0 ? near : static_cast<std::uint32_t>(random()) % spread;
                event = {seq, static_cast<abi::EventKind>(random() % 20),
                         static_cast<std::uint16_t>(random()), static_cast<std::uint32_t>(random()),
                         static_cast<std::uint32_t>(random())};
            }
            const auto ring = static_cast<unsigned>(random() % 4);
            recorder.merge.push(ring, events);
            recorder.merge.set_lost(ring, static_cast<std::uint32_t>(random()));
            pushed += events.size() + 1;
        }
        recorder.merge.finish();
        std::uint64_t next = 0;
        for (const std::string& line : recorder.out) {
            if (line.starts_with("gap ")) {
                next += std::stoull(line.substr(4));
                continue;
            }
            // Events without a kind take their places but are not passed on.
            EXPECT_GE(std::stoull(line), next);
            next = std::stoull(line) + 1;
        }
        EXPECT_LE(recorder.notes.size(), Merge::malformed_max);
    }
}

}  // namespace
}  // namespace nmistorm::guests
