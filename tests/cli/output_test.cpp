// SPDX-License-Identifier: GPL-2.0-or-later
// --json FILE, if nothing can be written there: found before the run, which would end with 77 here.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "folder.h"
#include "program.h"

namespace nmistorm::test {
namespace {

Ended to(const std::string& file, const Stream& out = {}) {
    return run({"storm", "--duration", "1s", "--json", file}, {.out = out, .kvm = no_kvm});
}

TEST(Output, into_a_folder_that_there_is_not_is_refused) {
    const Folder folder;
    expect_error(to(folder.path("missing/run.json")), 2,
                 "missing/run.json': No such file or directory; name");
    EXPECT_EQ(folder.entries(), 0U);
}

TEST(Output, in_place_of_a_folder_is_refused) {
    const Folder folder;
    expect_error(to(folder.path("")), 2, "Is a directory; name a file in it");
    expect_error(to("/"), 2, "Is a directory");
    EXPECT_EQ(folder.entries(), 0U);
}

TEST(Output, below_a_file_is_refused) {
    const Folder folder;
    expect_error(to(folder.put("file", "") + "/run.json"), 2, "Not a directory");
    EXPECT_EQ(folder.entries(), 1U);
}

TEST(Output, where_nothing_can_be_is_refused) {
    expect_error(to("/proc/nmistorm.json"), 2, "cannot write '/proc/nmistorm.json': No such file");
}

TEST(Output, where_nobody_may_write_is_a_failure_whatever_it_is) {
    // Not even root can create files there.
    const std::string there = "/sys/nmistorm";
    for (const std::string flag : {"--json", "--junit", "--ktap", "--html", "--facts", "--trace"}) {
        expect_error(run({"storm", flag, there}, {.kvm = no_kvm}), 3, "cannot write '" + there + "': ");
    }
    for (const std::string flag : {"--schedule", "--resume"}) {
        expect_error(run({"explore", flag, there}, {.kvm = no_kvm}), 3, "cannot write '" + there + "': ");
    }
    expect_error(run({"storm", "--out", there}, {.kvm = no_kvm}), 3,
                 "cannot write to the folder '" + there + "': ");
}

TEST(Output, through_a_link_to_nothing_is_refused) {
    const Folder folder;
    std::filesystem::create_symlink("nothing", folder.path("link"));
    expect_error(to(folder.path("link")), 2, "it links to nothing");
}

TEST(Output, to_a_pipe_that_nobody_reads_is_refused) {
    const Folder folder;
    ASSERT_EQ(mkfifo(folder.path("pipe").c_str(), 0600), 0);
    expect_error(to(folder.path("pipe")), 2, "nobody reads from this pipe; start its reader first");
}

TEST(Output, to_a_stdout_that_is_closed_is_refused) {
    expect_error(to("-", {Stream::To::nowhere, {}}), 2, "cannot write to stdout: Bad file descriptor");
}

}  // namespace
}  // namespace nmistorm::test
