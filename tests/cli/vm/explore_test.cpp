// SPDX-License-Identifier: GPL-2.0-or-later
// What a long exploration leaves behind if it is cut short.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
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
    const Json file = Json::parse(progress);
    std::vector<std::string> result;
    for (const Json& round : file["rounds"]) {
        std::string line;
        for (const char* key : {"condition", "preemptions", "end", "units", "done"}) {
            line += (line.empty() ? "" : " ") +
                    (round[key].is_string() ? round[key].get<std::string>() : round[key].dump());
        }
        result.push_back(line);
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
    valid_progress(folder.text("progress"));
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

TEST(Explore, writes_facts_that_judge_judges_the_same_and_so_does_replay) {
    const Folder folder;
    const Words found = {"explore", "--fault", "unset-to-null", "--schedule", folder.path("found")};
    EXPECT_EQ(run(with(found, {"--facts", folder.path("a.jsonl"), "--json", folder.path("a.json")})).code, 1);
    EXPECT_EQ(run({"judge", folder.path("a.jsonl"), "--json", folder.path("b.json")}).code, 1);
    const Json report = valid_exploration(folder.text("a.json"));
    Json explored = report["found"];
    EXPECT_LE(explored["seconds"], report["duration_s"]) << "both are of one clock";
    Json judged = valid_exploration(folder.text("b.json"))["found"];
    for (Json* each : {&explored, &judged}) {
        each->erase("seconds"), each->erase("listing"), each->erase("ends");  // which are not kept
    }
    EXPECT_EQ(judged, explored);
    EXPECT_EQ(run({"replay", folder.path("found"), "--facts", folder.path("b.jsonl")}).code, 1);
    EXPECT_EQ(folder.text("b.jsonl"), folder.text("a.jsonl"));
    EXPECT_EQ(run({"explore", "--preemptions", "0", "--facts", folder.path("none")}).code, 0);
    EXPECT_FALSE(std::filesystem::exists(folder.path("none"))) << "no schedule broke a rule";
}

TEST(Explore, writes_each_file_that_can_be_written) {
    const Folder folder;
    const Words found = {"explore", "--fault", "unset-to-null", "--schedule"};
    const std::string full = "nmistorm: cannot write '/dev/full': No space left on device\n";
    Ended ended = run(with(found, {"/dev/full", "--facts", folder.path("facts"), "--trace",
                                   folder.path("trace"), "--resume", folder.path("progress")}));
    EXPECT_EQ(ended.code, 3);
    EXPECT_EQ(ended.err, full);
    EXPECT_EQ(folder.entries(), 3U);
    ended = run(with(found, {folder.path("found"), "--facts", "/dev/full", "--trace", folder.path("other")}));
    EXPECT_EQ(ended.code, 3);
    EXPECT_EQ(ended.err, full);
    EXPECT_EQ(folder.text("other"), folder.text("trace"));
    ended = run({"replay", folder.path("found"), "--facts", "/dev/full", "--trace", folder.path("replayed")});
    EXPECT_EQ(ended.code, 3);
    EXPECT_EQ(ended.err, full);
    EXPECT_TRUE(std::filesystem::exists(folder.path("replayed")));
}

TEST(Explore, writes_a_schedule_that_replay_repeats) {
    const Folder folder;
    const std::string file = folder.path("found");
    EXPECT_EQ(run({"explore", "--fault", "unset-to-null", "--schedule", file}).code, 1);
    valid_schedule(folder.text("found"));
    EXPECT_EQ(run({"replay", file, "--times", "2"}).code, 1);
}

TEST(Replay, ends_in_the_command_that_repeats_it) {
    const Folder folder;
    const std::string file = folder.path("it's found");
    EXPECT_EQ(run({"explore", "--fault", "unset-to-null", "--schedule", file}).code, 1);
    for (const Words& more : {Words{}, {"--times", "2"}}) {
        const Ended ended = run(with({"replay", file}, more));
        EXPECT_EQ(ended.code, 1) << ended.err;
        EXPECT_THAT(ended.out, testing::EndsWith("\n\nTo repeat this: nmistorm replay '" +
                                                 folder.path("it'\\''s found") + "'\n"));
    }
}

TEST(Explore, of_a_guest_that_does_what_cannot_be_taken_back_is_one_sentence) {
    const Ended ended = run({"explore", "--guest", NMISTORM_TEST_GUESTS "/bad_guest_uses_sse"});
    expect_error(ended, 3, "explore cannot take back 'cvtsi2sd %ecx, %xmm0', which vCPU 0 is about to run");
}

}  // namespace
}  // namespace nmistorm::test
