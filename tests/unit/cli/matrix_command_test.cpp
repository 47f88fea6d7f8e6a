// SPDX-License-Identifier: GPL-2.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "parse_words.h"

namespace nmistorm::cli {
namespace {

using testing::HasSubstr;
using Words = std::vector<std::string>;

MatrixCommand matrix(Words flags) {
    flags.insert(flags.begin(), "matrix");
    return std::get<MatrixCommand>(parse_words(flags));
}

TEST(MatrixCommand, without_a_flag_is_the_default_plan_with_a_seed_of_its_own) {
    MatrixCommand command = matrix({});
    EXPECT_EQ(command.reproduce, "nmistorm matrix --seed " + std::to_string(command.plan.seed));
    command.plan.seed = plan::MatrixPlan().seed;
    EXPECT_EQ(command.plan, plan::MatrixPlan());
    EXPECT_FALSE(command.output.json);
    EXPECT_EQ(command.output.progress, ShowProgress::automatic);
    EXPECT_FALSE(command.output.quiet);
    // Three equal ones of 32 bits happen by chance once in 2^64.
    const auto seed = matrix({}).plan.seed;
    EXPECT_TRUE(matrix({}).plan.seed != seed || matrix({}).plan.seed != seed);
}

TEST(MatrixCommand, every_flag_reaches_it) {
    const MatrixCommand command = matrix({"--arch",     "i386",    "--faults",      "torn-publish,none",
                                          "--seeds",    "20",      "--seed",        "5",
                                          "--duration", "30s",     "--jobs",        "4",
                                          "--explore",  "--json",  "m.json",        "--progress",
                                          "never",      "--quiet", "--guest-build", "gcc-O0,clang-O3",
                                          "--injector", "central"});
    EXPECT_EQ(command.plan.arch, plan::Arch::i386);
    EXPECT_EQ(command.plan.faults, (std::vector<abi::Fault>{abi::Fault::none, abi::Fault::torn_publish}));
    EXPECT_EQ(command.plan.guest_builds, (std::vector<std::string>{"clang-O3", "gcc-O0"}));
    EXPECT_EQ(command.plan.injector, plan::Injector::central);
    EXPECT_EQ(command.plan.seeds, 20U);
    EXPECT_EQ(command.plan.seed, 5U);
    EXPECT_EQ(command.plan.duration, std::chrono::seconds(30));
    EXPECT_EQ(command.plan.jobs, 4U);
    EXPECT_TRUE(command.plan.explore);
    EXPECT_EQ(command.output.json, "m.json");
    EXPECT_EQ(command.output.progress, ShowProgress::never);
    EXPECT_TRUE(command.output.quiet);
}

TEST(MatrixCommand, help_names_every_flag_and_every_fault) {
    const std::string help = std::get<Answer>(parse_words({"matrix", "--help"})).text;
    for (const char* flag :
         {"--arch", "--faults", "--guest-build", "--seeds", "--seed ", "--duration", "--jobs", "--explore",
          "--json", "--html", "--progress", "--quiet", "--config", "--injector"}) {
        EXPECT_THAT(help, HasSubstr(flag));
    }
    for (const char* fault : abi::fault_names) {
        EXPECT_THAT(help, HasSubstr(fault));
    }
}

TEST(MatrixCommand, errors_are_one_line_that_names_the_culprit_and_the_way_out) {
    const std::pair<Words, std::string> cases[] = {
        {{"--faults", "none,torn"}, "--faults takes a list of none, skip-grace-period, "},
        {{"--faults", "none,torn"}, "not 'none,torn'"},
        {{"--faults", ""}, "--faults takes a list of none"},
        {{"--faults", "none,"}, "--faults takes a list of none"},
        {{"--guest-build", "gcc-O0,fast"}, "--guest-build takes a list of gcc or clang, "},
        {{"--seeds", "0"}, "--seeds takes 1 to 10000, not '0'"},
        {{"--seeds", "10001"}, "--seeds takes 1 to 10000"},
        {{"--jobs", "0"}, "--jobs takes 1 to 256, not '0'"},
        {{"--jobs", "257"}, "--jobs takes 1 to 256"},
        {{"--jobs", "two"}, "--jobs takes 1 to 256"},
        {{"--duration", "10"}, "--duration takes a time such as"},
        {{"--seed", "-1"}, "--seed takes a number"},
        {{"--seeds"}, "'--seeds' needs a value; see 'nmistorm matrix --help'"},
        {{"--seeds", "2", "--seeds", "2"}, "--seeds is given 2 times; give it once"},
        {{"--vcpus", "2"}, "unknown flag '--vcpus'; see 'nmistorm matrix --help'"},
        {{"fast"}, "unknown word 'fast'; see 'nmistorm matrix --help'"},
        {{"matrix"}, "matrix is given twice; give one command"},
        {{"storm"}, "two commands are given, matrix and storm; give one"},
        {{"--quiet", "--progress", "always"}, "contradict each other"},
    };
    for (const auto& [flags, says] : cases) {
        Words words = flags;
        words.insert(words.begin(), "matrix");
        const std::string said = complaint(words);
        EXPECT_THAT(said, HasSubstr(says)) << testing::PrintToString(words);
        EXPECT_EQ(said.find('\n'), std::string::npos) << said;
    }
}

TEST(MatrixCommand, does_not_follow_a_storm) {
    EXPECT_EQ(complaint({"storm", "matrix"}), "two commands are given, storm and matrix; give one");
}

}  // namespace
}  // namespace nmistorm::cli
