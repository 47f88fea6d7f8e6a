// SPDX-License-Identifier: GPL-2.0-or-later
// SIGINT and SIGTERM end a run early, which is judged and reported all the same.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "folder.h"
#include "report.h"

namespace nmistorm::test {
namespace {

using testing::AnyOf;
using testing::HasSubstr;

const std::string bad_guests = NMISTORM_TEST_GUESTS "/bad_guest_";

class Interrupt : public testing::TestWithParam<int> {};

TEST_P(Interrupt, in_the_middle_of_a_run_is_judged_and_reported) {
    const Folder folder;
    Program program({"storm", "--duration", "1h", "--progress", "always", "--json", folder.path("run.json")});
    ASSERT_TRUE(program.await_stderr(" handled"));  // the live line: the storm is under way
    program.send(GetParam());
    const Ended ended = program.wait();
    const Json report = valid_report(folder.text("run.json"));
    EXPECT_EQ(ended.code, 130);
    EXPECT_EQ(report["interrupted"], true);
    EXPECT_THAT(report["verdict"], AnyOf("pass", "inconclusive")) << report.dump(2);
    EXPECT_EQ(report["nmi"]["requested"], report["nmi"]["handled"]) << "it is in lockstep";
    EXPECT_GT(report["nmi"]["handled"], 0);
    EXPECT_THAT(ended.out, HasSubstr(" (interrupted)  "));
    EXPECT_EQ(folder.entries(), 1U);
}

TEST_P(Interrupt, twice_ends_the_program_at_once) {
    Program program({"storm", "--duration", "1h", "--progress", "always"});
    ASSERT_TRUE(program.await_stderr(" handled"));
    program.send(GetParam());
    program.send(GetParam());
    const Ended ended = program.wait();
    // Two that come as one, or late, leave time for the report.
    EXPECT_TRUE(ended.signal == GetParam() || ended.code == 130) << ended.signal << " " << ended.code;
}

INSTANTIATE_TEST_SUITE_P(Signal, Interrupt, testing::Values(SIGINT, SIGTERM),
                         [](const auto& signal) { return signal.param == SIGINT ? "SIGINT" : "SIGTERM"; });

TEST(Interrupted, while_no_nmi_is_handled_is_judged_and_reported) {
    // The first NMI never ends: what was asked for before the storm is no part of it.
    Program program({"storm", "--guest", bad_guests + "spins_masked", "--json", "-"});
    ASSERT_TRUE(program.await_thread("vcpu 1"));
    program.send(SIGINT);
    const Ended ended = program.wait();
    const Json report = valid_report(ended.out);
    expect_verdicts_code(ended, report);
    EXPECT_EQ(report["interrupted"], true);
    EXPECT_FALSE(names_rule(report, "delivery")) << report["findings"].dump(2);
}

TEST(Interrupted, before_the_storm_began_is_judged_and_reported) {
    // A guest that does not come online: the storm never begins.
    Program program({"storm", "--guest", bad_guests + "never_online", "--json", "-"});
    ASSERT_TRUE(program.await_thread("vcpu 1"));
    program.send(SIGINT);
    const Ended ended = program.wait();
    const Json report = valid_report(ended.out);
    EXPECT_EQ(ended.code, 130);
    EXPECT_EQ(report["interrupted"], true);
    EXPECT_EQ(report["verdict"], "inconclusive");
    EXPECT_EQ(report["nmi"]["requested"], 0);
}

}  // namespace
}  // namespace nmistorm::test
