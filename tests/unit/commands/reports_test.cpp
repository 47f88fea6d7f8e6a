// SPDX-License-Identifier: GPL-2.0-or-later
#include "commands/reports.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "base/error.h"
#include "report/renderers.h"

namespace nmistorm::commands {
namespace {

report::Document sample() {
    return {
        .command = {}, .end = {}, .headline = "2.0 s", .provenance = {}, .figures = report::Json::object()};
}

const std::string plain = report::terminal_text(sample(), false);

struct Outputs {
    std::string out;
    std::string err;
};

Outputs write(const cli::Output& output) {
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    Reports(output).write(sample());
    return {testing::internal::GetCapturedStdout(), testing::internal::GetCapturedStderr()};
}

TEST(Reports, print_the_summary_on_stdout_without_colour_where_that_is_no_terminal) {
    const Outputs written = write({});
    EXPECT_EQ(written.out, plain);
    EXPECT_EQ(written.err, "");
}

TEST(Reports, leave_stdout_to_the_json_where_it_goes_there) {
    const Outputs written = write({.json = "-"});
    EXPECT_EQ(written.out, "{}\n");
    EXPECT_EQ(written.err, plain);
}

TEST(Reports, leave_stdout_to_the_ktap_where_it_goes_there) {
    const Outputs written = write({.ktap = "-"});
    EXPECT_EQ(written.out, report::ktap_text(sample()));
    EXPECT_EQ(written.err, plain);
}

TEST(Reports, give_the_exit_code) {
    report::Document document = sample();
    document.verdict = oracle::Outcome::violation;
    EXPECT_EQ(Reports({.json = {}, .progress = {}, .quiet = true}).write(document), 1);
}

TEST(Reports, print_no_summary_where_quiet_is_asked_for) {
    EXPECT_EQ(write({.json = {}, .progress = {}, .quiet = true}).out, "");
    EXPECT_EQ(write({.json = "-", .progress = {}, .quiet = true}).err, "");
}

TEST(Reports, refuse_a_file_that_cannot_be_written_before_there_is_anything_to_write) {
    EXPECT_THROW(Reports({.json = "/nonexistent/report.json"}), UsageError);
    EXPECT_THROW(Reports({.json = {}, .html = "/nonexistent/report.html"}), UsageError);
}

TEST(Reports, write_the_page_although_the_json_cannot_be_written) {
    const std::string page = testing::TempDir() + "/reports_test.html";
    Reports reports({.json = "/dev/full", .html = page, .progress = {}, .quiet = true});
    EXPECT_THROW(reports.write(sample()), Error);
    std::ostringstream text;
    text << std::ifstream(page).rdbuf();
    EXPECT_EQ(text.str(), report::html_text(sample()));
    std::filesystem::remove(page);
}

TEST(Reports, print_the_summary_all_the_same_where_the_page_cannot_be_written) {
    testing::internal::CaptureStdout();
    Reports reports({.json = {}, .html = "/dev/full"});
    EXPECT_THROW(reports.write(sample()), Error);
    EXPECT_EQ(testing::internal::GetCapturedStdout(), plain);
}

TEST(Reports, print_the_summary_all_the_same_where_the_json_cannot_be_written) {
    testing::internal::CaptureStdout();
    Reports reports({.json = "/dev/full"});
    EXPECT_THROW(reports.write(sample()), Error);
    EXPECT_EQ(testing::internal::GetCapturedStdout(), plain);
}

TEST(Reports, say_what_could_not_be_written_before_them_and_are_written_all_the_same) {
    testing::internal::CaptureStdout();
    Reports reports({.junit = "/dev/full"});
    try {
        reports.write(sample(), std::make_exception_ptr(Error("no facts")));
        ADD_FAILURE() << "nobody is told";
    } catch (const Error& error) {
        EXPECT_STREQ(error.what(), "no facts; cannot write '/dev/full': No space left on device");
    }
    EXPECT_EQ(testing::internal::GetCapturedStdout(), plain);
}

}  // namespace
}  // namespace nmistorm::commands
