// SPDX-License-Identifier: GPL-2.0-or-later
// Small matrices on real vCPUs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstring>
#include <filesystem>

#include "folder.h"
#include "report.h"

namespace nmistorm::test {
namespace {

using testing::AnyOf;
using testing::HasSubstr;
using testing::StartsWith;

/// The rows of @p report with @p fault.
std::vector<Json> rows_of(const Json& report, const std::string& fault) {
    std::vector<Json> rows;
    for (const Json& row : report["rows"]) {
        if (row["fault"] == fault) {
            rows.push_back(row);
        }
    }
    return rows;
}

TEST(Matrix, finds_the_fault_by_its_rule_and_nothing_in_the_clean_image) {
    const Ended ended = run({"matrix", "--faults", "none,skip-grace-period", "--seeds", "2", "--seed", "7",
                             "--duration", "2s", "--json", "-"});
    const Json report = valid_matrix(ended.out);
    const auto faults = rows_of(report, "skip-grace-period");
    ASSERT_EQ(faults.size(), 1U);
    EXPECT_EQ(faults[0]["verdict"], "found") << ended.err;
    ASSERT_EQ(faults[0]["storms"].size(), 2U);
    for (int n = 0; n < 2; ++n) {
        const Json& storm = faults[0]["storms"][n];
        EXPECT_EQ(storm["seed"], 7 + n);
        EXPECT_EQ(storm["findings"][0]["rule"], "reclaim");
        EXPECT_EQ(storm["reproduce"],
                  "nmistorm storm --duration 2s --fault skip-grace-period --seed " + std::to_string(7 + n));
        EXPECT_LT(storm["seconds"], 2.5);
    }

    const auto clean = rows_of(report, "none");
    ASSERT_GE(clean.size(), 2U) << "every cycle";
    for (const Json& row : clean) {
        // On a busy host two seconds may show too little of the fault.
        EXPECT_THAT(row["verdict"], AnyOf("clean", "inconclusive")) << ended.err;
        EXPECT_EQ(row["storms"].size(), 2U);
        EXPECT_EQ(row["plan"]["duration_s"], 2);
        EXPECT_GT(row["nmis"]["median"], 0);  // the fault may show before the first NMI
    }
    EXPECT_EQ(ended.code, report["verdict"] == "pass" ? 0 : 3);
    EXPECT_THAT(ended.err, HasSubstr("skip-grace-period  x86_64  unset "));
}

TEST(Matrix, of_faults_alone_passes_with_several_at_a_time_and_prints_its_table) {
    const Ended ended =
        run({"matrix", "--faults", "unset-to-null,default-skipped", "--seeds", "4", "--jobs", "3"});
    EXPECT_EQ(ended.code, 0) << ended.out;
    EXPECT_THAT(ended.out, StartsWith("PASS  faults: 2 found; 8 storms in "));
    EXPECT_THAT(ended.out, HasSubstr("found 4/4  publish "));
    EXPECT_THAT(ended.out, HasSubstr("found 4/4  count "));
    EXPECT_EQ(ended.err, "") << "no live line on a pipe";
}

TEST(Matrix, explores_too_and_says_how_short_a_schedule_shows_the_fault) {
    const Ended ended =
        run({"matrix", "--faults", "skip-grace-period", "--seeds", "1", "--explore", "--json", "-"});
    EXPECT_EQ(ended.code, 0) << ended.err;
    const Json explored = valid_matrix(ended.out)["rows"][0]["explored"];
    EXPECT_EQ(explored["verdict"], "found");
    EXPECT_EQ(explored["finding"]["rule"], "reclaim");
    EXPECT_EQ(explored["preemptions"], 2);
    EXPECT_GT(explored["steps"], 0);
    EXPECT_EQ(explored["reproduce"], "nmistorm explore --fault skip-grace-period");
    EXPECT_THAT(ended.err, HasSubstr("  found, 2 preemptions, "));
}

TEST(Matrix, does_not_pass_where_a_fault_had_no_time_to_show_and_says_how_to_repeat_it) {
    // One block in a hundred leaks, and the time does not suffice for ten.
    const Folder folder;
    const Ended ended = run({"matrix", "--faults", "leak", "--seeds", "3", "--seed", "4", "--duration", "1ms",
                             "--json", folder.path("matrix.json")});
    const Json report = valid_matrix(folder.text("matrix.json"));
    EXPECT_THAT(report["rows"][0]["verdict"], AnyOf("missed", "inconclusive")) << ended.out;
    EXPECT_EQ(ended.code, report["verdict"] == "violation" ? 1 : 3);
    EXPECT_THAT(ended.out, HasSubstr("\n    nmistorm storm --duration 1ms --fault leak --seed "));
    EXPECT_THAT(ended.out,
                HasSubstr("To repeat this matrix: nmistorm matrix --faults leak --duration 1ms --seed 4\n"));
}

TEST(Matrix, shows_how_far_it_is_where_that_is_always_wanted) {
    const Ended ended = run({"matrix", "--faults", "none", "--seeds", "1", "--duration", "300ms",
                             "--progress", "always", "--quiet=false"});
    EXPECT_THAT(ended.err, HasSubstr("0 of "));
    EXPECT_THAT(ended.err, HasSubstr(" left"));
    EXPECT_THAT(ended.err, testing::EndsWith("\r\x1b[K"));
}

class MatrixInterrupt : public testing::TestWithParam<int> {};

TEST_P(MatrixInterrupt, ends_it_and_what_was_done_is_reported) {
    const Folder folder;
    Program program({"matrix", "--faults", "none,unset-to-null", "--seeds", "2", "--duration", "1h",
                     "--progress", "always", "--json", folder.path("matrix.json"), "--jobs", "9"});
    ASSERT_TRUE(program.await_stderr("2 of "));  // both of the fault; the clean image's runs for half an hour
    program.send(GetParam());
    const Ended ended = program.wait();
    EXPECT_EQ(ended.code, 130);
    const Json report = valid_matrix(folder.text("matrix.json"));
    EXPECT_EQ(report["interrupted"], true);
    EXPECT_EQ(rows_of(report, "unset-to-null").at(0)["verdict"], "found");
    for (const Json& row : rows_of(report, "none")) {
        EXPECT_EQ(row["verdict"], "not-run") << "a storm that was cut short shows nothing";
    }
    EXPECT_THAT(ended.out, StartsWith("INCONCLUSIVE (interrupted)  faults: 1 found; "));
    EXPECT_EQ(folder.entries(), 1U);
}

INSTANTIATE_TEST_SUITE_P(Signal, MatrixInterrupt, testing::Values(SIGINT, SIGTERM, SIGHUP),
                         [](const auto& signal) { return std::string("SIG") + sigabbrev_np(signal.param); });

}  // namespace
}  // namespace nmistorm::test
