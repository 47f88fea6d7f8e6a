// SPDX-License-Identifier: GPL-2.0-or-later
#include "guests/abi/profile.h"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

namespace nmistorm::guests {
namespace {

TEST(Profile, counts_samples_by_instruction) {
    Profile profile;
    profile.add(std::vector<std::uint32_t>{0x10, 0x20, 0x10});
    profile.add(std::vector<std::uint32_t>{0x10});
    EXPECT_EQ(profile.by_instruction(), (std::map<std::uint32_t, std::uint64_t>{{0x10, 3}, {0x20, 1}}));
}

TEST(Profile, stays_small_however_many_instructions_a_guest_makes_up) {
    Profile profile;
    std::vector<std::uint32_t> samples(Profile::instructions_max + 100);
    std::iota(samples.begin(), samples.end(), 1U);
    profile.add(samples);
    profile.add(samples);
    EXPECT_LE(profile.by_instruction().size(), Profile::instructions_max + 1);
    EXPECT_EQ(profile.by_instruction().at(0), 200U);
    EXPECT_EQ(profile.by_instruction().at(1), 2U);
}

}  // namespace
}  // namespace nmistorm::guests
