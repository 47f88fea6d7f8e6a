// SPDX-License-Identifier: GPL-2.0-or-later
#include "commands/reports.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace nmistorm::commands {
namespace {

struct Written {
    std::string out;
    std::string err;
};

Written write(const cli::Output& output) {
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    Reports(output).write("{}\n", [](bool colour) { return colour ? "coloured\n" : "plain\n"; });
    return {testing::internal::GetCapturedStdout(), testing::internal::GetCapturedStderr()};
}

TEST(Reports, print_the_summary_on_stdout_without_colour_where_that_is_no_terminal) {
    const Written written = write({});
    EXPECT_EQ(written.out, "plain\n");
    EXPECT_EQ(written.err, "");
}

TEST(Reports, leave_stdout_to_the_json_where_it_goes_there) {
    const Written written = write({.json = "-"});
    EXPECT_EQ(written.out, "{}\n");
    EXPECT_EQ(written.err, "plain\n");
}

TEST(Reports, print_no_summary_where_quiet_is_asked_for) {
    EXPECT_EQ(write({.json = {}, .progress = {}, .quiet = true}).out, "");
    EXPECT_EQ(write({.json = "-", .progress = {}, .quiet = true}).err, "");
}

TEST(Reports, refuse_a_file_that_cannot_be_written_before_there_is_anything_to_write) {
    EXPECT_THROW(Reports({.json = "/nonexistent/report.json"}), UsageError);
}

TEST(Reports, print_the_summary_all_the_same_where_the_json_cannot_be_written) {
    testing::internal::CaptureStdout();
    Reports reports({.json = "/dev/full"});
    EXPECT_THROW(reports.write("{}\n", [](bool) { return "summary\n"; }), Error);
    EXPECT_EQ(testing::internal::GetCapturedStdout(), "summary\n");
}

}  // namespace
}  // namespace nmistorm::commands
