// SPDX-License-Identifier: GPL-2.0-or-later
// What a long exploration leaves behind if it is cut short.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <sstream>
#include <thread>

#include "folder.h"
#include "report.h"

namespace nmistorm::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

const Words small = {"explore", "--condition", "idle", "--preemptions", "1", "--resume"};

Words with(Words words, const Words& more) {
    words.insert(words.end(), more.begin(), more.end());
    return words;
}

/// For each round in the file of --resume: its condition, its end, and its units, met and done.
std::vector<std::string> rounds(const std::string& progress) {
    std::vector<std::string> result;
    std::istringstream lines(progress);
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string key, condition, preemptions, end, ended, merged, states, units, done;
        if (words >> key >> condition >> preemptions >> end >> ended >> merged >> states >> units >> done &&
            key == "round") {
            result.push_back(condition + " " + preemptions + " " + end + " " + units + " " + done);
        }
    }
    return result;
}

TEST(Explore, that_was_killed_goes_on_from_its_last_checkpoint_to_the_same_end) {
    const Folder folder;
    ASSERT_EQ(run(with(small, {folder.path("whole")})).code, 0);
    const std::string file = folder.path("progress");
    {
        Program program(with(small, {file, "--checkpoint", "10ms"}));
        const auto deadline = std::chrono::steady_clock::now() + 60s;
        while (!std::filesystem::exists(file) || rounds(folder.text("progress")).size() < 2) {
            ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "no checkpoint of a second round";
            std::this_thread::sleep_for(1ms);
        }
        program.send(SIGKILL);
        EXPECT_EQ(program.wait().signal, SIGKILL);
    }
    const auto cut = rounds(folder.text("progress"));
    ASSERT_EQ(cut.size(), 2U);
    EXPECT_THAT(cut[0], HasSubstr("exhausted"));
    EXPECT_THAT(cut[1], HasSubstr("stopped"));
    EXPECT_EQ(run(with(small, {file})).code, 0);
    EXPECT_EQ(rounds(folder.text("progress")), rounds(folder.text("whole")));
}

TEST(Explore, ends_before_it_takes_more_memory_than_it_may_and_goes_on_with_more) {
    const Folder folder;
    const std::string file = folder.path("progress");
    const Ended ended = run(with(small, {file, "--memory", "300K", "--json", folder.path("a.json")}));
    EXPECT_EQ(ended.code, 3);
    EXPECT_THAT(ended.out, HasSubstr("INCONCLUSIVE (--memory is used up)"));
    EXPECT_THAT(ended.out, HasSubstr("To go on: "));
    const Json report = valid_exploration(folder.text("a.json"));
    EXPECT_EQ(report["out_of_memory"], true);
    EXPECT_EQ(report["plan"]["memory_bytes"], 300 * 1024);
    EXPECT_THAT(report["reproduce"].get<std::string>(), HasSubstr("--memory 300K"));
    EXPECT_EQ(run(with(small, {file, "--memory", "1G"})).code, 0);
}

TEST(Explore, of_a_guest_that_does_what_cannot_be_taken_back_is_one_sentence) {
    const Ended ended = run({"explore", "--guest", NMISTORM_TEST_GUESTS "/bad_guest_uses_sse"});
    expect_error(ended, 3, "explore cannot take back 'cvtsi2sd %ecx, %xmm0', which vCPU 0 is about to run");
}

}  // namespace
}  // namespace nmistorm::test
