// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/output_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "folder.h"

namespace nmistorm::report {
namespace {

namespace fs = std::filesystem;

class OutputFolderTest : public testing::Test, protected test::Folder {};

void expect_refused(const std::string& path, const std::string& why) {
    try {
        const OutputFolder folder(path);
        ADD_FAILURE() << path << " was accepted";
    } catch (const UsageError& error) {
        EXPECT_THAT(error.what(), testing::HasSubstr(why));
    }
}

TEST_F(OutputFolderTest, is_made_and_stays_if_something_was_written_to_it) {
    {
        const OutputFolder folder(path("new"));
        EXPECT_EQ(folder.file("a"), path("new/a"));
        EXPECT_EQ(OutputFolder(path("other/")).file("a"), path("other/a"));
        std::ofstream(folder.file("a")) << "text";
    }
    EXPECT_TRUE(fs::exists(path("new/a")));
}

TEST_F(OutputFolderTest, is_removed_again_if_nothing_was_written_to_it) {
    { const OutputFolder folder(path("new")); }
    EXPECT_FALSE(fs::exists(path("new")));
}

TEST_F(OutputFolderTest, that_was_there_before_stays) {
    fs::create_directory(path("old"));
    { const OutputFolder folder(path("old")); }
    EXPECT_TRUE(fs::exists(path("old")));
}

TEST_F(OutputFolderTest, that_cannot_be_one_is_refused) {
    fs::create_directory(path("full"));
    std::ofstream(path("full/.hidden")) << "text";
    expect_refused(path("full"), "it is not empty; name a new folder");
    expect_refused(path("full/.hidden"), "it is a file");
    expect_refused(path("full/.hidden/new"), "Not a directory");
    expect_refused(path("missing/new"), "No such file or directory");
    expect_refused("/proc/new", "cannot write to the folder '/proc/new'");
}

TEST_F(OutputFolderTest, that_the_host_does_not_let_be_made_is_its_failure_and_not_the_users) {
    try {
        const OutputFolder folder("/sys/new");
        FAIL() << "it was made";
    } catch (const UsageError& error) {
        FAIL() << error.what();
    } catch (const Error& error) {
        EXPECT_THAT(error.what(), testing::StartsWith("cannot write to the folder '/sys/new': "));
    }
}

}  // namespace
}  // namespace nmistorm::report
