// SPDX-License-Identifier: GPL-2.0-or-later
// Guests that break a rule: exit code 1, a finding that names it, and a line that repeats it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "folder.h"
#include "report.h"

namespace nmistorm::test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

struct Bad {
    const char* guest;
    const char* rule;  ///< "": more than one rule may report it
    const char* detail;
};

void PrintTo(const Bad& bad, std::ostream* out) {
    *out << bad.guest;
}

class BadGuest : public testing::TestWithParam<Bad> {};

TEST_P(BadGuest, is_a_violation_within_seconds_that_names_the_rule) {
    const std::string file = std::string(NMISTORM_TEST_GUESTS "/bad_guest_") + GetParam().guest;
    const Ended ended = run({"storm", "--guest", file, "--duration", "30s", "--json", "-"});
    EXPECT_EQ(ended.code, 1);
    EXPECT_THAT(ended.err, StartsWith("VIOLATION"));
    const Json report = valid_report(ended.out);
    EXPECT_EQ(report["verdict"], "violation");
    EXPECT_EQ(report["guest"]["image"], file);
    EXPECT_TRUE(GetParam().rule == std::string() || names_rule(report, GetParam().rule))
        << report["findings"].dump(2);
    EXPECT_THAT(report["findings"].dump(), HasSubstr(GetParam().detail));
    EXPECT_LT(report["duration_s"], 20);
}

INSTANTIATE_TEST_SUITE_P(
    That, BadGuest,
    testing::Values(Bad{"triple_fault", "progress", "KVM_EXIT_SHUTDOWN (triple fault)"},
                    Bad{"never_online", "progress", "did not come online"},
                    Bad{"spins_masked", "progress", "did not return from an NMI handler"},
                    Bad{"wild_access", "progress", "KVM_EXIT_IO (out to port 0x1234)"},
                    Bad{"deaf", "", "vCPU "}, Bad{"scribbles", "abi-conformance", "vCPU "}),
    [](const auto& bad) { return std::string(bad.param.guest); });

std::string first_rule(const Json& report) {
    return report["findings"].empty() ? "none" : report["findings"][0]["rule"].get<std::string>();
}

TEST(Violation, is_repeated_by_the_line_that_says_so) {
    const Folder folder;
    const Ended ended =
        run({"storm", "--fault", "skip-grace-period", "--json", folder.path("run.json"), "--quiet"});
    EXPECT_EQ(ended.code, 1);
    EXPECT_EQ(ended.out, "") << "--quiet";
    const Json report = valid_report(folder.text("run.json"));
    EXPECT_EQ(first_rule(report), "reclaim") << report["findings"].dump(2);
    EXPECT_EQ(report["guest"]["fault"], "skip-grace-period");

    const auto folder_of_program = std::filesystem::path(NMISTORM_BINARY).parent_path().string();
    const Ended again = run({"-c", report["reproduce"].get<std::string>() + " --json -"},
                            {.program = "/bin/sh", .environment = {"PATH=" + folder_of_program}});
    EXPECT_EQ(again.code, 1);
    const Json repeated = valid_report(again.out);
    EXPECT_EQ(first_rule(repeated), "reclaim") << repeated["findings"].dump(2);
    EXPECT_EQ(repeated["plan"], report["plan"]);
    EXPECT_THAT(again.err, HasSubstr("To repeat this run: " + report["reproduce"].get<std::string>() + "\n"));
}

}  // namespace
}  // namespace nmistorm::test
