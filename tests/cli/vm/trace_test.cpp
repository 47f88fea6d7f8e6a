// SPDX-License-Identifier: GPL-2.0-or-later
// `--trace`, which protoc decodes and a script compares with the facts (tests/scripts/trace_test.py).
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>

#include "folder.h"
#include "program.h"

namespace nmistorm::test {
namespace {

/// What the script says of a trace and the facts of the same run.
Ended compared(const Folder& folder, const std::string& trace = "trace") {
    return run({NMISTORM_TRACE_TEST, NMISTORM_PROTOC, trace, folder.path("facts"), folder.path(trace)},
               {.program = NMISTORM_PYTHON});
}

void expect_same(const Ended& ended) {
    EXPECT_EQ(ended.code, 0) << ended.out << ended.err;
}

TEST(Trace, of_a_storm_shows_its_facts) {
    const Folder folder;
    const Ended storm =
        run({"storm", "--nmis", "2000", "--duration", "1m", "--cycle", "replace", "--vcpus", "3", "--hotplug",
             "--facts", folder.path("facts"), "--trace", folder.path("trace")});
    EXPECT_EQ(storm.code, 0) << storm.out << storm.err;
    expect_same(compared(folder));
    EXPECT_EQ(run({"judge", folder.path("facts"), "--trace", folder.path("judged")}).code, 0);
    expect_same(compared(folder, "judged"));
}

TEST(Trace, of_an_interrupted_storm_is_whole) {
    const Folder folder;
    Program storm({"storm", "--duration", "1h", "--facts", folder.path("facts"), "--trace",
                   folder.path("trace"), "--progress", "always"});
    ASSERT_TRUE(storm.await_stderr("handled"));
    storm.send(SIGINT);
    const Ended ended = storm.wait();
    EXPECT_EQ(ended.code, 130) << ended.out << ended.err;
    expect_same(compared(folder));
}

TEST(Trace, of_a_schedule_shows_its_facts) {
    const Folder folder;
    EXPECT_EQ(run({"explore", "--fault", "unset-to-null", "--schedule", folder.path("found"), "--facts",
                   folder.path("facts"), "--trace", folder.path("trace")})
                  .code,
              1);
    expect_same(compared(folder));
    EXPECT_EQ(run({"replay", folder.path("found"), "--facts", folder.path("facts"), "--trace",
                   folder.path("trace")})
                  .code,
              1);
    expect_same(compared(folder));
    EXPECT_EQ(run({"explore", "--preemptions", "0", "--trace", folder.path("none")}).code, 0);
    EXPECT_FALSE(std::filesystem::exists(folder.path("none"))) << "no schedule broke a rule";
}

}  // namespace
}  // namespace nmistorm::test
