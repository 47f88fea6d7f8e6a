// SPDX-License-Identifier: GPL-2.0-or-later
#include "engines/slice_tuner.h"

#include <gtest/gtest.h>

#include <map>
#include <vector>

namespace nmistorm::engines {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

constexpr auto window = 25ms;

/// How often each length was chosen in @p windows, each worth what @p worth says of its length.
template <typename Worth>
std::map<nanoseconds, unsigned> chosen(SliceTuner& tuner, unsigned windows, Worth worth) {
    std::map<nanoseconds, unsigned> times;
    for (unsigned i = 0; i < windows; ++i) {
        ++times[tuner.length()];
        tuner.used(worth(tuner.length()), window);
    }
    return times;
}

TEST(SliceTuner, tries_each_length_once_first) {
    SliceTuner tuner(1);
    EXPECT_EQ(tuner.length(), 400us);
    const auto times = chosen(tuner, SliceTuner::lengths.size(), [](nanoseconds) { return 1.0; });
    EXPECT_EQ(times.size(), SliceTuner::lengths.size());
}

TEST(SliceTuner, then_uses_the_best_length_most_of_the_time_and_every_other_now_and_then) {
    for (const auto best : SliceTuner::lengths) {
        SliceTuner tuner(7);
        const auto worth = [best](nanoseconds length) { return length == best ? 10.0 : 5.0; };
        const auto times = chosen(tuner, 1'000, worth);
        EXPECT_EQ(times.size(), SliceTuner::lengths.size());
        EXPECT_GT(times.at(best), 700U);
        EXPECT_LT(times.at(best), 900U);
    }
}

TEST(SliceTuner, notices_that_another_length_has_become_better) {
    SliceTuner tuner(3);
    auto times = chosen(tuner, 200, [](nanoseconds length) { return length == 100us ? 10.0 : 1.0; });
    EXPECT_GT(times[100us], 120U);
    chosen(tuner, 200, [](nanoseconds length) { return length == 3200us ? 10.0 : 1.0; });
    times = chosen(tuner, 200, [](nanoseconds length) { return length == 3200us ? 10.0 : 1.0; });
    EXPECT_GT(times[3200us], 120U);
}

TEST(SliceTuner, judges_a_length_by_its_points_in_a_time) {
    SliceTuner tuner(3);
    unsigned best = 0;
    for (int i = 0; i < 300; ++i) {
        best += tuner.length() == 200us ? 1 : 0;
        const bool longer = tuner.length() == 800us;  // more points, in much more time
        tuner.used(longer ? 20.0 : tuner.length() == 200us ? 10.0 : 1.0, longer ? 10 * window : window);
    }
    EXPECT_GT(best, 200U);
}

TEST(SliceTuner, of_which_no_length_is_worth_anything_returns_to_the_first) {
    SliceTuner tuner(5);
    const auto times = chosen(tuner, 1'000, [](nanoseconds) { return 0.0; });
    EXPECT_GT(times.at(400us), 700U);
}

TEST(SliceTuner, chooses_the_same_for_the_same_seed_and_differs_for_another) {
    const auto sequence = [](std::uint64_t seed) {
        SliceTuner tuner(seed);
        std::vector<nanoseconds> lengths;
        for (int i = 0; i < 100; ++i) {
            lengths.push_back(tuner.length());
            tuner.used(1.0, window);
        }
        return lengths;
    };
    EXPECT_EQ(sequence(1), sequence(1));
    EXPECT_NE(sequence(1), sequence(2));
}

}  // namespace
}  // namespace nmistorm::engines
