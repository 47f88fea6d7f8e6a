// SPDX-License-Identifier: GPL-2.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/reproduce.h"
#include "parse_words.h"

namespace nmistorm::cli {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

ExploreCommand explore(std::vector<std::string> flags) {
    flags.insert(flags.begin(), "explore");
    return std::get<ExploreCommand>(parse_words(flags));
}

TEST(ExploreCommand, has_the_plan_of_the_documentation_without_a_flag) {
    const ExploreCommand command = explore({});
    EXPECT_EQ(command.plan, plan::ExplorePlan{});
    EXPECT_EQ(command.plan.preemptions, 2U);
    EXPECT_EQ(command.plan.nmis, 1U);
    EXPECT_EQ(command.reproduce, "nmistorm explore");
}

TEST(ExploreCommand, takes_every_flag_and_says_it_again) {
    const ExploreCommand command = explore({"--arch",        "i386",
                                            "--fault",       "torn-publish",
                                            "--vcpus",       "3",
                                            "--cycle",       "replace",
                                            "--condition",   "preempt-off",
                                            "--swaps",       "2",
                                            "--preemptions", "0",
                                            "--nmis",        "3",
                                            "--reduction",   "none",
                                            "--shard",       "2/8",
                                            "--budget",      "90s",
                                            "--resume",      "p",
                                            "--memory",      "512M",
                                            "--checkpoint",  "10s",
                                            "--schedule",    "s",
                                            "--json",        "-",
                                            "--quiet",       "--guest-build",
                                            "gcc-Os"});
    EXPECT_EQ(command.plan.condition, plan::Condition::preempt_off);
    EXPECT_EQ(command.plan.shard, (plan::Shard{1, 8}));
    EXPECT_EQ(command.plan.budget, 90s);
    EXPECT_EQ(command.plan.memory, 512ULL << 20);
    EXPECT_EQ(command.checkpoint, 10s);
    EXPECT_EQ(command.plan.reduction, plan::Reduction::none);
    EXPECT_EQ(command.plan.guest_build, "gcc-Os");
    EXPECT_EQ(command.resume, "p");
    EXPECT_EQ(command.schedule, "s");
    EXPECT_TRUE(command.output.quiet);

    std::vector<std::string> words;
    std::istringstream line(command.reproduce.substr(sizeof("nmistorm explore") - 1));
    for (std::string word; line >> word;) {
        words.push_back(word);
    }
    EXPECT_EQ(explore(words).plan, command.plan) << command.reproduce;
}

TEST(ExploreCommand, that_is_wrong_says_what_to_write) {
    const std::pair<std::vector<std::string>, std::string> cases[] = {
        {{"--vcpus", "9"}, "--vcpus takes 1 to 8, not '9'"},
        {{"--nmis", "8"}, "--nmis takes 0 to 7, not '8'"},
        {{"--swaps", "0"}, "--swaps takes 1 to 8, not '0'"},
        {{"--condition", "asleep"}, "--condition takes busy, preempt-off, idle or all"},
        {{"--shard", "0/4"}, "--shard takes env, or a part such as 2/8"},
        {{"--shard", "5/4"}, "--shard takes env, or a part such as 2/8"},
        {{"--shard", "4"}, "--shard takes env, or a part such as 2/8"},
        {{"--budget", "soon"}, "--budget takes a time such as"},
        {{"--memory", "512"}, "--memory takes a size such as 64K, 512M or 2G"},
        {{"--memory", "0M"}, "--memory takes a size such as"},
        {{"--memory", "99999999999G"}, "--memory takes a size such as"},
        {{"--checkpoint", "10s"}, "name that, or leave --checkpoint out"},
        {{"--reduction", "some"}, "--reduction takes visible or none"},
        {{"--guest", "a.elf", "--fault", "leak-of-no-such-name"}, "--fault takes"},
        {{"--guest", "a.elf", "--fault", "torn-publish"}, "leave one out"},
        {{"--guest", "a.elf", "--guest-build", "gcc-O0"}, "leave one out"},
        {{"--guest-build", "O0"}, "--guest-build takes gcc or clang"},
        {{"--vcpus", "1", "--condition", "idle"}, "leave out one of the two"},
        {{"--duration", "10s"}, "unknown flag '--duration'"},
    };
    for (auto [words, says] : cases) {
        words.insert(words.begin(), "explore");
        EXPECT_THAT(complaint(words), HasSubstr(says));
    }
}

TEST(ReplayCommand, takes_one_file) {
    const auto command = std::get<ReplayCommand>(parse_words({"replay", "a.schedule", "--times", "100"}));
    EXPECT_EQ(command.file, "a.schedule");
    EXPECT_EQ(command.times, 100U);
    EXPECT_THAT(complaint({"replay"}), HasSubstr("replay needs a file"));
    EXPECT_THAT(complaint({"replay", "a", "b"}), HasSubstr("'b'"));
    EXPECT_THAT(complaint({"replay", "a", "--times", "0"}), HasSubstr("--times takes 1 to 10000"));
}

}  // namespace
}  // namespace nmistorm::cli
