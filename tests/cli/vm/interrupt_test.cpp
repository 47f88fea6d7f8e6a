// SPDX-License-Identifier: GPL-2.0-or-later
// SIGINT, SIGTERM and SIGHUP end a run early; it is still judged and reported.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>

#include "folder.h"
#include "full_pipe.h"
#include "report.h"

namespace nmistorm::test {
namespace {

using testing::AnyOf;
using testing::HasSubstr;

const std::string bad_guests = NMISTORM_TEST_GUESTS "/bad_guest_";

std::string signal_name(const testing::TestParamInfo<int>& signal) {
    return std::string("SIG") + sigabbrev_np(signal.param);
}

class Interrupt : public testing::TestWithParam<int> {};

TEST_P(Interrupt, in_the_middle_of_a_run_is_judged_and_reported) {
    const Folder folder;
    Program program({"storm", "--duration", "1h", "--progress", "always", "--json", folder.path("run.json")});
    ASSERT_TRUE(program.await_stderr(" handled"));  // the live line: the storm is under way
    program.send(GetParam());
    const Ended ended = program.wait();
    const Json report = valid_report(folder.text("run.json"));
    EXPECT_EQ(ended.code, 130);
    EXPECT_EQ(report["interrupted"], true);
    EXPECT_THAT(report["verdict"], AnyOf("pass", "inconclusive")) << report.dump(2);
    EXPECT_EQ(report["nmi"]["requested"], report["nmi"]["handled"]) << "it is in lockstep";
    EXPECT_GT(report["nmi"]["handled"], 0);
    EXPECT_THAT(ended.out, HasSubstr(" (interrupted)  "));
    EXPECT_EQ(folder.entries(), 1U);
}

TEST_P(Interrupt, that_comes_several_times_in_a_row_is_one) {
    const Folder folder;
    Program program({"storm", "--duration", "1h", "--progress", "always", "--json", folder.path("run.json")});
    ASSERT_TRUE(program.await_stderr(" handled"));
    for (int i = 0; i < 5; ++i) {
        program.send(GetParam());
    }
    const Ended ended = program.wait();
    EXPECT_EQ(ended.code, 130);
    EXPECT_EQ(valid_report(folder.text("run.json"))["interrupted"], true);
}

TEST_P(Interrupt, that_comes_again_after_a_second_ends_the_program_by_itself_and_leaves_no_temporary_file) {
    // The report's reader reads nothing, so the program cannot end.
    const Folder folder;
    const FullPipe pipe(folder.path("pipe"));
    Program program({"explore", "--nmis", "2", "--preemptions", "3", "--progress", "always", "--json",
                     folder.path("pipe"), "--schedule", folder.path("schedule"), "--resume",
                     folder.path("progress")});
    ASSERT_TRUE(program.await_stderr(" schedules"));
    const auto first = std::chrono::steady_clock::now();
    const Ended ended = program.send_until_it_ends(GetParam());
    EXPECT_EQ(ended.signal, GetParam());
    EXPECT_GE(std::chrono::steady_clock::now() - first, std::chrono::seconds(1));
    for (const auto& file : std::filesystem::directory_iterator(folder.path(""))) {
        EXPECT_THAT(file.path().filename().string(), AnyOf("pipe", "progress"));
    }
}

TEST_P(Interrupt, of_a_replay_ends_it_after_the_schedule_that_is_played) {
    const Folder folder;
    const std::string schedule = folder.path("schedule");
    ASSERT_EQ(run({"explore", "--fault", "skip-grace-period", "--quiet", "--schedule", schedule}).code, 1);
    Program program({"replay", schedule, "--times", "10000"});
    ASSERT_TRUE(program.await_open("/dev/kvm"));
    program.send(GetParam());
    const Ended ended = program.wait();
    EXPECT_EQ(ended.signal, 0);
    EXPECT_EQ(ended.code, 1) << "it showed the violation";
    EXPECT_THAT(ended.out,
                testing::EndsWith(" (interrupted)\n\nTo repeat this: nmistorm replay " + schedule + "\n"));
}

INSTANTIATE_TEST_SUITE_P(Signal, Interrupt, testing::Values(SIGINT, SIGTERM, SIGHUP), signal_name);

TEST(Interrupted, by_any_signal_that_ends_a_program_leaves_no_temporary_file) {
    for (const int signal : {SIGQUIT, SIGUSR2, SIGALRM}) {
        const Folder folder;
        Program program(
            {"storm", "--duration", "1h", "--progress", "always", "--json", folder.path("run.json")});
        ASSERT_TRUE(program.await_stderr(" handled"));
        EXPECT_EQ(folder.entries(), 1U);
        program.send(signal);
        EXPECT_EQ(program.wait().signal, signal);
        EXPECT_EQ(folder.entries(), 0U);
    }
}

TEST(Interrupted, by_the_signal_of_the_kick_while_it_waits_to_write_its_summary_goes_on) {
    const Folder folder;
    FullPipe pipe(folder.path("pipe"));
    Program program({"storm", "--nmis", "500", "--json", folder.path("run.json")},
                    {.out = {Stream::To::file, folder.path("pipe")}});
    ASSERT_TRUE(program.await_blocked_write(STDOUT_FILENO));
    program.send(SIGUSR1);
    program.await_taken();
    pipe.empty();
    const Ended ended = program.wait();
    EXPECT_EQ(ended.err, "");
    expect_verdicts_code(ended, valid_report(folder.text("run.json")));
}

TEST(Interrupted, while_no_nmi_is_handled_is_judged_and_reported) {
    // The first NMI never ends. Requests before the storm do not belong to it.
    Program program({"storm", "--guest", bad_guests + "spins_masked", "--json", "-"});
    ASSERT_TRUE(program.await_thread("vcpu 1"));
    program.send(SIGINT);
    const Ended ended = program.wait();
    const Json report = valid_report(ended.out);
    expect_verdicts_code(ended, report);
    EXPECT_EQ(report["interrupted"], true);
    EXPECT_FALSE(names_rule(report, "delivery")) << report["findings"].dump(2);
}

TEST(Interrupted, before_the_storm_began_is_judged_and_reported) {
    // A guest that does not come online, so the storm never begins.
    Program program({"storm", "--guest", bad_guests + "never_online", "--json", "-"});
    ASSERT_TRUE(program.await_thread("vcpu 1"));
    program.send(SIGINT);
    const Ended ended = program.wait();
    const Json report = valid_report(ended.out);
    EXPECT_EQ(ended.code, 130);
    EXPECT_EQ(report["interrupted"], true);
    EXPECT_EQ(report["verdict"], "inconclusive");
    EXPECT_EQ(report["nmi"]["requested"], 0);
}

}  // namespace
}  // namespace nmistorm::test
