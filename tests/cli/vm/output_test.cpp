// SPDX-License-Identifier: GPL-2.0-or-later
// Reports of runs: complete, in the right place, and without an effect on the verdict.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "folder.h"
#include "report.h"

namespace nmistorm::test {
namespace {

using testing::AnyOf;
using testing::HasSubstr;
using testing::StartsWith;

const Stream closed{Stream::To::nowhere, {}};
const Stream broken{Stream::To::broken_pipe, {}};
const Stream full{Stream::To::file, "/dev/full"};
constexpr const char* any_verdict = "500 NMIs handled on 2 vCPUs";

Ended storm(const std::string& json, const Setup& setup = {}) {
    return run({"storm", "--nmis", "500", "--json", json}, setup);
}

TEST(Output, as_json_to_stdout_leaves_the_summary_to_stderr) {
    const Ended ended = storm("-");
    const Json report = valid_report(ended.out);
    expect_verdicts_code(ended, report);
    EXPECT_EQ(report["nmi"]["handled"], 500);
    EXPECT_THAT(ended.err, HasSubstr(any_verdict));
}

TEST(Output, replaces_a_report_from_before_as_a_whole) {
    const Folder folder;
    folder.put("run.json", std::string(100'000, 'x'));
    for (const char* seed : {"1", "2"}) {
        const Ended ended =
            run({"storm", "--nmis", "500", "--seed", seed, "--json", folder.path("run.json")});
        const Json report = valid_report(folder.text("run.json"));
        expect_verdicts_code(ended, report);
        EXPECT_EQ(std::to_string(report["plan"]["seed"].get<int>()), seed);
        EXPECT_EQ(folder.entries(), 1U);
    }
}

TEST(Output, of_two_runs_at_once_to_one_file_is_that_of_one_of_them) {
    const Folder folder;
    const Words words = {"storm", "--nmis", "500", "--json", folder.path("run.json")};
    Program one(words);
    Program two(words);
    EXPECT_THAT(one.wait().code, AnyOf(0, 3));
    EXPECT_THAT(two.wait().code, AnyOf(0, 3));
    EXPECT_EQ(valid_report(folder.text("run.json"))["nmi"]["handled"], 500);
    EXPECT_EQ(folder.entries(), 1U);
}

TEST(Output, to_a_full_disk_is_a_failure_that_still_tells_the_verdict) {
    const Ended ended = storm("/dev/full");
    EXPECT_EQ(ended.code, 3);
    EXPECT_EQ(ended.err, "nmistorm: cannot write '/dev/full': No space left on device\n");
    EXPECT_THAT(ended.out, HasSubstr(any_verdict));
}

TEST(Output, as_json_to_a_stdout_that_takes_nothing_is_a_failure_that_still_tells_the_verdict) {
    for (const auto& [out, why] :
         {std::pair(broken, "Broken pipe"), std::pair(full, "No space left on device")}) {
        const Ended ended = storm("-", {.out = out});
        EXPECT_EQ(ended.code, 3);
        EXPECT_THAT(ended.err, HasSubstr(any_verdict));
        EXPECT_THAT(ended.err, HasSubstr(std::string("\nnmistorm: cannot write to stdout: ") + why + "\n"));
    }
}

TEST(Output, whose_summary_nobody_takes_is_a_failure_that_leaves_the_file_whole) {
    const Folder folder;
    for (const Stream& out : {closed, broken, full}) {
        expect_error(storm(folder.path("run.json"), {.out = out}), 3, "cannot write to stdout: ");
        EXPECT_EQ(valid_report(folder.text("run.json"))["nmi"]["handled"], 500);
        std::filesystem::remove(folder.path("run.json"));
    }
}

TEST(Output, does_not_suffer_from_a_stderr_that_takes_no_live_line) {
    const Folder folder;
    for (const Stream& err : {closed, broken, full}) {
        const Ended ended =
            run({"storm", "--duration", "300ms", "--progress", "always", "--json", folder.path("run.json")},
                {.err = err});
        expect_verdicts_code(ended, valid_report(folder.text("run.json")));
        EXPECT_THAT(ended.out, AnyOf(StartsWith("PASS"), StartsWith("INCONCLUSIVE")));
        std::filesystem::remove(folder.path("run.json"));
    }
}

}  // namespace
}  // namespace nmistorm::test
