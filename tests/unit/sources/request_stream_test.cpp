// SPDX-License-Identifier: GPL-2.0-or-later
#include "sources/request_stream.h"

#include <gtest/gtest.h>

#include <vector>

namespace nmistorm::sources {
namespace {

using namespace std::chrono_literals;
using plan::Pace;

std::vector<Request> first(unsigned count, const Pace& pace, std::uint64_t seed, unsigned target) {
    RequestStream stream(pace, seed, target);
    std::vector<Request> requests;
    for (unsigned i = 0; i < count; ++i) {
        requests.push_back(stream.next());
    }
    return requests;
}

constexpr Pace rate{Pace::Kind::rate, 1000};
constexpr Pace burst{Pace::Kind::burst, 7};

TEST(RequestStream, is_the_same_for_the_same_seed) {
    for (const Pace& pace : {Pace{}, Pace{Pace::Kind::max, 0}, rate, burst}) {
        EXPECT_EQ(first(1000, pace, 42, 1), first(1000, pace, 42, 1));
    }
}

TEST(RequestStream, differs_with_any_bit_of_the_seed_and_with_the_target) {
    const auto one = first(10, rate, 42, 1);
    EXPECT_NE(one, first(10, rate, 43, 1));
    EXPECT_NE(one, first(10, rate, 42 | std::uint64_t{1} << 63, 1));
    EXPECT_NE(one, first(10, rate, 42, 2));
}

TEST(RequestStream, is_what_it_was_when_seeds_were_first_quoted) {
    const auto requests = first(3, rate, 1, 0);
    EXPECT_EQ(requests[0].gap, 276'495ns);
    EXPECT_EQ(requests[1].gap, 555'228ns);
    EXPECT_EQ(requests[2].gap, 164'875ns);
}

TEST(RequestStream, keeps_its_rate_on_average) {
    std::chrono::nanoseconds sum{};
    for (const Request& request : first(100'000, rate, 7, 0)) {
        EXPECT_GE(request.gap, 0ns);
        EXPECT_EQ(request.nmis, 1U);
        sum += request.gap;
    }
    EXPECT_NEAR(std::chrono::duration<double>(sum).count(), 100.0, 1.5);  // sigma: 0.32
}

TEST(RequestStream, asks_for_whole_bursts) {
    for (const Request& request : first(100, burst, 7, 0)) {
        EXPECT_EQ(request.nmis, 7U);
    }
}

TEST(RequestStream, waits_for_nothing_in_lockstep_and_at_the_maximum) {
    for (const Pace& pace : {Pace{}, Pace{Pace::Kind::max, 0}}) {
        EXPECT_EQ(first(3, pace, 7, 0), std::vector<Request>(3, Request{0ns, 1}));
    }
}

}  // namespace
}  // namespace nmistorm::sources
