// SPDX-License-Identifier: GPL-2.0-or-later
// What a program inherits from its parent, in runs without a guest.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <csignal>

#include "folder.h"
#include "program.h"

namespace nmistorm::test {
namespace {

/// A storm that would end with 77.
Ended storm(const std::string& json, const Setup& setup) {
    Setup without_kvm = setup;
    without_kvm.kvm = no_kvm;
    return run({"storm", "--duration", "1s", "--json", json}, without_kvm);
}

TEST(Inherited, working_folder_that_is_gone_is_no_place_for_a_report) {
    const Folder folder;
    const std::string gone =
        "mkdir " + folder.path("gone") + "; cd " + folder.path("gone") + "; rmdir " + folder.path("gone");
    expect_error(storm("run.json", {.shell = gone}), 2,
                 "cannot write 'run.json': No such file or directory; name a file in a folder that exists");
    expect_error(storm(folder.path("run.json"), {.shell = gone}), 77, "no /dev/kvm");
    EXPECT_EQ(folder.entries(), 0U);
}

TEST(Inherited, locale_changes_nothing_that_is_said) {
    for (const char* locale : {"tr_TR.UTF-8", "no such locale", "\xff"}) {
        const Words environment = {std::string("LC_ALL=") + locale, std::string("LANG=") + locale,
                                   std::string("LANGUAGE=") + locale};
        const Words words = {"storm", "--vcpus", "1i"};
        const Ended ended = run(words, {.environment = environment, .kvm = no_kvm});
        expect_error(ended, 2, "--vcpus takes 1 to 1024, not '1i'");
        expect_error(storm("/", {.environment = environment}), 2, "Is a directory");
    }
}

TEST(Inherited, closed_standard_streams_do_not_get_what_is_opened_next) {
    const Folder folder;
    const std::string report = folder.put("run.json", "from before");
    const Ended ended = storm(report, {.shell = "exec <&- >&- 2>&-"});
    EXPECT_EQ(ended.code, 77);
    EXPECT_EQ(ended.out + ended.err, "");
    EXPECT_EQ(folder.text("run.json"), "from before");
    EXPECT_EQ(folder.entries(), 1U);
}

TEST(Inherited, limit_on_open_files_is_named_where_it_is_too_low) {
    // The report's file is descriptor 3.
    const Folder folder;
    const std::string most = "ulimit -n 4";
    expect_error(
        run({"storm", "--json", folder.path("run.json")}, {.kvm = "device=/dev/null", .shell = most}), 3,
        "cannot open /dev/kvm: Too many open files; allow more of them (ulimit -n)");
    expect_error(run({"explore", "--json", folder.path("run.json"), "--schedule", folder.path("schedule")},
                     {.kvm = no_kvm, .shell = most}),
                 3, "schedule': Too many open files; allow more of them (ulimit -n)");
    EXPECT_EQ(folder.entries(), 0U);
}

TEST(Inherited, mask_does_not_keep_a_signal_from_ending_the_program) {
    // The program waits for its configuration.
    const Folder folder;
    ASSERT_EQ(mkfifo(folder.path("config").c_str(), 0600), 0);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
        Program program({"storm", "--config", folder.path("config")}, {.signals_blocked = true});
        EXPECT_EQ(program.send_until_it_ends(signal).signal, signal);
    }
}

TEST(Help, says_what_each_exit_code_means) {
    const Ended ended = run({"--help"}, {.kvm = no_kvm});
    for (const char* code : {"\n  0    pass: ", "\n  1    violation: ", "\n  2    the command line",
                             "\n  3    inconclusive: ", "\n  77   this host cannot",
                             "\n  130  interrupted by SIGINT, SIGTERM or SIGHUP"}) {
        EXPECT_THAT(ended.out, testing::HasSubstr(code));
    }
}

}  // namespace
}  // namespace nmistorm::test
