// SPDX-License-Identifier: GPL-2.0-or-later
// What a program inherits from its parent must not spoil a run.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>

#include "folder.h"
#include "report.h"

namespace nmistorm::test {
namespace {

using testing::HasSubstr;

/// The report of a storm that took place.
Json storm(const Setup& setup, const Words& more = {}) {
    const Folder folder;
    Words words = {"storm", "--nmis", "500", "--json", folder.path("run.json")};
    words.insert(words.end(), more.begin(), more.end());
    const Ended ended = run(words, setup);
    std::filesystem::permissions(folder.path("run.json"), std::filesystem::perms::owner_read,
                                 std::filesystem::perm_options::add);
    Json report = valid_report(folder.text("run.json"));
    expect_verdicts_code(ended, report);
    EXPECT_EQ(report["nmi"]["handled"], 500);
    EXPECT_EQ(folder.entries(), 1U);
    return report;
}

TEST(Inherited, mask_that_blocks_every_signal_does_not_keep_a_vcpu_from_being_kicked) {
    EXPECT_EQ(storm({.signals_blocked = true})["interrupted"], false);
}

TEST(Inherited, mask_that_blocks_every_signal_does_not_keep_a_run_from_being_interrupted) {
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
        Program program({"storm", "--duration", "1h", "--progress", "always"}, {.signals_blocked = true});
        ASSERT_TRUE(program.await_stderr(" handled"));
        program.send(signal);
        EXPECT_EQ(program.wait().code, 130);
    }
}

TEST(Inherited, disregard_of_the_kick_does_not_keep_a_vcpu_from_being_kicked) {
    storm({.shell = "trap '' USR1"});
}

TEST(Inherited, disregard_of_a_signal_is_kept) {
    for (const auto& [name, signal] : {std::pair("HUP", SIGHUP), {"INT", SIGINT}, {"TERM", SIGTERM}}) {
        const Folder folder;
        Program program(
            {"storm", "--duration", "2s", "--progress", "always", "--json", folder.path("run.json")},
            {.shell = std::string("trap '' ") + name});
        ASSERT_TRUE(program.await_stderr(" handled"));
        const Ended ended = program.send_until_it_ends(signal);
        const Json report = valid_report(folder.text("run.json"));
        expect_verdicts_code(ended, report);
        EXPECT_EQ(report["interrupted"], false) << name;
    }
}

TEST(Inherited, closed_standard_streams_leave_the_report_whole) {
    const Folder folder;
    run({"storm", "--nmis", "500", "--quiet", "--json", folder.path("run.json")},
        {.shell = "exec <&- >&- 2>&-"});
    EXPECT_EQ(valid_report(folder.text("run.json"))["nmi"]["handled"], 500);
    EXPECT_EQ(folder.entries(), 1U);
}

TEST(Inherited, limit_on_locked_memory_does_not_matter) {
    storm({.shell = "ulimit -l 0"});
}

TEST(Inherited, umask_is_for_the_report_and_not_for_the_program) {
    storm({.shell = "umask 0777"});
}

TEST(Inherited, locale_changes_no_number_of_a_report) {
    EXPECT_TRUE(storm({.environment = {"LC_ALL=de_DE.UTF-8"}})["duration_s"].is_number());
}

TEST(Inherited, limit_on_the_size_of_files_is_a_failure_that_still_tells_the_verdict_and_leaves_no_file) {
    const Folder folder;
    const Ended ended =
        run({"storm", "--nmis", "500", "--json", folder.path("run.json")}, {.shell = "ulimit -f 0"});
    EXPECT_EQ(ended.signal, 0);
    EXPECT_EQ(ended.code, 3);
    EXPECT_EQ(ended.err, "nmistorm: cannot write '" + folder.path("run.json") + "': File too large\n");
    EXPECT_THAT(ended.out, HasSubstr("500 NMIs handled"));
    EXPECT_EQ(folder.entries(), 0U);
}

TEST(Inherited, limit_on_open_files_is_named_where_there_are_too_few_for_the_vcpus) {
    expect_error(run({"storm", "--vcpus", "8"}, {.shell = "ulimit -n 8"}), 3,
                 "Too many open files; allow more of them (ulimit -n)");
}

TEST(Inherited, limit_on_processes_is_named_where_there_are_too_few_for_the_threads) {
    // The second vCPU's; the live line's; the second of two storms at a time.
    const std::string advice =
        "Resource temporarily unavailable; allow more processes and threads (ulimit -u";
    const Folder folder;
    expect_error(run({"storm", "--json", folder.path("run.json")}, {.kvm = "threads=1"}), 3,
                 "cannot start the thread 'vcpu 1': " + advice);
    expect_error(run({"storm", "--progress", "always"}, {.kvm = "threads=0"}), 3,
                 "cannot start the thread 'live line': " + advice);
    expect_error(run({"matrix", "--duration", "1h", "--jobs", "2", "--json", folder.path("run.json")},
                     {.kvm = "threads=1"}),
                 3, "cannot start the thread 'job 1': " + advice);
    EXPECT_EQ(folder.entries(), 0U);
}

}  // namespace
}  // namespace nmistorm::test
