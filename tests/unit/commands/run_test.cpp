// SPDX-License-Identifier: GPL-2.0-or-later
// Commands from their flags to the exit code, on a KVM in this process.
#include <gmock/gmock.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <variant>

#include "base/error.h"
#include "commands/interrupts.h"
#include "kvm.h"
#include "run_words.h"

namespace nmistorm::commands {
namespace {

using testing::HasSubstr;

TEST(Storm, reports_a_pass_with_code_0) {
    const fake_kvm::Kvm kvm;
    const Ran ran = report_of({"storm", "--nmis", "2000", "--seed", "7"});
    EXPECT_EQ(ran.report["verdict"], "pass") << ran.report["findings"];
    EXPECT_EQ(ran.code, 0);
    EXPECT_EQ(ran.report["nmi"]["requested"], 2000);
}

TEST(Storm, reports_a_violation_with_code_1) {
    const fake_kvm::Kvm kvm;
    const Ran ran = report_of({"storm", "--fault", "default-skipped", "--duration", "1h"});
    EXPECT_EQ(ran.code, 1);
    EXPECT_EQ(ran.report["findings"][0]["rule"], "count");
}

TEST(Storm, reports_even_where_its_facts_find_no_room) {
    const fake_kvm::Kvm kvm;
    testing::internal::CaptureStdout();
    try {
        run_words(
            {"storm", "--nmis", "2000", "--seed", "7", "--facts", "/dev/full", "--json", "-", "--quiet"});
        ADD_FAILURE() << "nobody is told that the facts are not there";
    } catch (const Error& error) {
        EXPECT_THAT(error.what(), HasSubstr("/dev/full"));
    }
    const auto report = nlohmann::json::parse(testing::internal::GetCapturedStdout());
    EXPECT_EQ(report["nmi"]["requested"], 2000) << "the storm went on";
}

TEST(Storm, reports_and_writes_its_facts_even_where_its_trace_finds_no_room) {
    const fake_kvm::Kvm kvm;
    const std::string facts = testing::TempDir() + "whole." + std::to_string(getpid()) + ".jsonl";
    testing::internal::CaptureStdout();
    try {
        run_words({"storm", "--nmis", "2000", "--seed", "7", "--facts", facts, "--trace", "/dev/full",
                   "--json", "-", "--quiet"});
        ADD_FAILURE() << "nobody is told that the trace is not there";
    } catch (const Error& error) {
        EXPECT_THAT(error.what(), HasSubstr("/dev/full"));
    }
    const auto report = nlohmann::json::parse(testing::internal::GetCapturedStdout());
    EXPECT_EQ(report["nmi"]["requested"], 2000) << "the storm went on";
    EXPECT_EQ(report_of({"judge", facts}).code, 0);
    std::filesystem::remove(facts);
}

TEST(Storm, that_showed_nothing_is_reported_with_code_3) {
    const fake_kvm::Kvm kvm;
    EXPECT_EQ(report_of({"storm", "--nmis", "50", "--vcpus", "1"}).code, 3);
}

TEST(Storm, is_not_tried_where_the_host_cannot) {
    EXPECT_THROW(run_words({"storm", "--dry-run"}), HostCannot);
    fake_kvm::Kvm kvm;
    kvm.program = [](fake_kvm::Cpu& cpu) {
        cpu.exit([](kvm_run& run) { run.exit_reason = KVM_EXIT_SHUTDOWN; });
    };
    EXPECT_THROW(run_words({"storm", "--dry-run", "--arch", "i386"}), HostCannot);
}

TEST(Storm, says_that_it_could_run) {
    const fake_kvm::Kvm kvm;
    for (const char* arch : {"x86_64", "i386"}) {
        testing::internal::CaptureStdout();
        EXPECT_EQ(run_words({"storm", "--dry-run", "--arch", arch}), 0);
        EXPECT_THAT(testing::internal::GetCapturedStdout(), HasSubstr("can run it"));
    }
}

TEST(Matrix, reports_every_storm) {
    const fake_kvm::Kvm kvm;
    const Ran ran = report_of({"matrix", "--faults", "default-skipped", "--seeds", "2", "--jobs", "2"});
    EXPECT_EQ(ran.code, 0) << ran.report;
    EXPECT_EQ(ran.report["verdict"], "pass");
}

TEST(Explore, is_not_tried_where_kvm_cannot_step) {
    const fake_kvm::Kvm kvm;
    EXPECT_THROW(run_words({"explore"}), HostCannot);
}

TEST(Answer, is_printed) {
    testing::internal::CaptureStdout();
    EXPECT_EQ(run_words({"--version"}), 0);
    EXPECT_NE(testing::internal::GetCapturedStdout(), "");
}

// An interrupt stays set, so this runs in a process of its own.
class InterruptDeathTest : public testing::Test {
  protected:
    InterruptDeathTest() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

void interrupt_a_storm(int signal) {
    fake_kvm::Kvm kvm;
    std::atomic<unsigned> runs = 0;
    kvm.at = [&](fake_kvm::Moment moment, unsigned /*cpu*/) {
        if (moment == fake_kvm::Moment::leaving && ++runs == 1'000) {
            kill(getpid(), signal);
        }
    };
    const int code = run_words({"storm", "--duration", "1h", "--quiet"});
    std::_Exit(interrupted() ? code : 1);
}

TEST_F(InterruptDeathTest, ends_a_storm_which_is_judged_with_code_130) {
    EXPECT_EXIT(interrupt_a_storm(SIGINT), testing::ExitedWithCode(130), "");
    EXPECT_EXIT(interrupt_a_storm(SIGTERM), testing::ExitedWithCode(130), "");
}

TEST_F(InterruptDeathTest, is_remembered_however_many_come) {
    EXPECT_EXIT(
        {
            catch_interrupts();
            const bool before = interrupted();
            raise(SIGTERM);
            raise(SIGINT);
            std::_Exit(!before && interrupted() ? 0 : 1);
        },
        testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace nmistorm::commands
