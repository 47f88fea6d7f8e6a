// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "folder.h"

namespace nmistorm::report {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class OutputFileTest : public testing::Test, protected test::Folder {};

void write_whole(const std::string& path, const std::string& text) {
    OutputFile file(path);
    file.write(text);
    file.commit();
}

std::string refusal(const std::string& path) {
    try {
        const OutputFile file(path);
    } catch (const UsageError& error) {
        return error.what();
    }
    return {};
}

TEST_F(OutputFileTest, appears_whole_with_commit_and_leaves_nothing_beside_it) {
    OutputFile file(path("run.json"));
    file.write("one ");
    file.write("two");
    EXPECT_FALSE(fs::exists(path("run.json")));
    file.commit();
    EXPECT_EQ(text("run.json"), "one two");
    EXPECT_EQ(entries(), 1U);
}

TEST_F(OutputFileTest, leaves_everything_as_it_was_without_commit) {
    put("run.json", "before");
    {
        OutputFile file(path("run.json"));
        file.write("half");
    }
    EXPECT_EQ(text("run.json"), "before");
    EXPECT_EQ(entries(), 1U);
}

TEST_F(OutputFileTest, is_removed_with_the_other_temporaries_where_a_signal_is_about_to_end_the_program) {
    OutputFile one(path("one"));
    {
        OutputFile two(path("two"));
        const OutputFile three(path("three"));
        two.write("whole");
        two.commit();
    }
    const OutputFile four(path("four"));
    EXPECT_EQ(entries(), 3U);
    remove_temporaries();
    EXPECT_EQ(entries(), 1U);
    EXPECT_EQ(text(path("two")), "whole");
}

TEST_F(OutputFileTest, replaces_a_file_and_keeps_its_modes) {
    put("run.json", "a longer text from before");
    fs::permissions(path("run.json"), fs::perms::owner_read | fs::perms::owner_write);
    write_whole(path("run.json"), "after");
    EXPECT_EQ(text("run.json"), "after");
    EXPECT_EQ(fs::status(path("run.json")).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(OutputFileTest, makes_a_new_file_by_the_umask) {
    const mode_t before = umask(027);
    write_whole(path("run.json"), "x");
    umask(before);
    EXPECT_EQ(static_cast<unsigned>(fs::status(path("run.json")).permissions()), 0640U);
}

TEST_F(OutputFileTest, writes_through_a_symbolic_link) {
    put("real.json", "before");
    fs::create_symlink("real.json", path("link.json"));
    write_whole(path("link.json"), "after");
    EXPECT_TRUE(fs::is_symlink(path("link.json")));
    EXPECT_EQ(text("real.json"), "after");
}

TEST_F(OutputFileTest, takes_a_name_without_a_folder) {
    const fs::path before = fs::current_path();
    fs::current_path(path("."));
    write_whole("bare.json", "x");
    fs::current_path(before);
    EXPECT_EQ(text("bare.json"), "x");
}

TEST_F(OutputFileTest, two_of_one_process_do_not_disturb_each_other) {
    OutputFile one(path("one"));
    OutputFile two(path("two"));
    one.write("1");
    two.write("2");
    two.commit();
    one.commit();
    EXPECT_EQ(text("one") + text("two"), "12");
    EXPECT_EQ(entries(), 2U);
}

TEST_F(OutputFileTest, refuses_before_the_run_what_cannot_be_written) {
    fs::create_symlink("nothing", path("dangling"));
    EXPECT_THAT(refusal(path(".")), HasSubstr("Is a directory; name a file in it"));
    EXPECT_THAT(refusal(path("missing/run.json")),
                HasSubstr("No such file or directory; name a file in a folder"));
    EXPECT_THAT(refusal(path("new/")), HasSubstr("cannot write"));
    EXPECT_THAT(refusal("/dev/null/run.json"), HasSubstr("Not a directory; name a file in a folder"));
    EXPECT_THAT(refusal(path("dangling")), HasSubstr("it links to nothing"));
    EXPECT_THAT(refusal(path(std::string(300, 'x'))), HasSubstr("File name too long"));
    EXPECT_THAT(refusal(""), HasSubstr("cannot write ''"));
    EXPECT_THAT(refusal("/proc/run.json"), HasSubstr("cannot write '/proc/run.json': No such file"));
    EXPECT_EQ(entries(), 1U);
}

TEST_F(OutputFileTest, that_the_host_does_not_let_be_written_is_its_failure_and_not_the_users) {
    try {
        const OutputFile file("/sys/nmistorm.json");  // nobody may create files there, not even root
        FAIL() << "it was opened";
    } catch (const UsageError& error) {
        FAIL() << error.what();
    } catch (const Error& error) {
        EXPECT_THAT(error.what(),
                    testing::MatchesRegex("cannot write '/sys/nmistorm.json': (Permission denied|"
                                          "Operation not permitted|Read-only file system); name "
                                          "a file that you may write"));
    }
}

TEST_F(OutputFileTest, writes_to_a_device_directly) {
    EXPECT_NO_THROW(write_whole("/dev/null", "x"));
    EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

TEST_F(OutputFileTest, a_full_disk_is_a_failure_with_its_reason) {
    OutputFile file("/dev/full");
    try {
        file.write("x");
        FAIL() << "wrote to /dev/full";
    } catch (const UsageError&) {
        FAIL() << "it is no error of usage";
    } catch (const Error& error) {
        EXPECT_STREQ(error.what(), "cannot write '/dev/full': No space left on device");
    }
}

TEST_F(OutputFileTest, writes_to_a_pipe_directly) {
    ASSERT_EQ(mkfifo(path("pipe").c_str(), 0600), 0);
    const Fd reader(open(path("pipe").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    write_whole(path("pipe"), "through");
    char got[16] = {};
    EXPECT_EQ(read(reader.get(), got, sizeof(got)), 7);
    EXPECT_STREQ(got, "through");
    EXPECT_TRUE(fs::is_fifo(path("pipe")));
}

TEST_F(OutputFileTest, waits_for_the_reader_of_a_pipe_that_is_started_at_the_same_time) {
    ASSERT_EQ(mkfifo(path("pipe").c_str(), 0600), 0);
    std::string got;
    std::thread reader([&] { got = text(path("pipe")); });
    write_whole(path("pipe"), std::string(1'000'000, 'x'));  // more than a pipe holds, so that it waits
    reader.join();
    EXPECT_EQ(got.size(), 1'000'000U);
}

TEST_F(OutputFileTest, to_a_pipe_without_a_reader_is_refused) {
    ASSERT_EQ(mkfifo(path("pipe").c_str(), 0600), 0);
    EXPECT_THAT(refusal(path("pipe")), HasSubstr("nobody reads from this pipe; start its reader first"));
}

TEST_F(OutputFileTest, a_dash_is_stdout) {
    testing::internal::CaptureStdout();
    write_whole("-", "to stdout\n");
    EXPECT_EQ(testing::internal::GetCapturedStdout(), "to stdout\n");
    EXPECT_FALSE(fs::exists("-"));
}

}  // namespace
}  // namespace nmistorm::report
