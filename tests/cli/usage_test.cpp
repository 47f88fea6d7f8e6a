// SPDX-License-Identifier: GPL-2.0-or-later
// Wrong commands are reported before anything else, with or without a KVM.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "folder.h"
#include "program.h"

namespace nmistorm::test {
namespace {

using testing::HasSubstr;

struct Wrong {
    Words words;
    std::string says;
};

void expect_each_refused(const std::vector<Wrong>& cases) {
    for (const Wrong& wrong : cases) {
        SCOPED_TRACE(testing::PrintToString(wrong.words));
        expect_error(run(wrong.words, {.kvm = no_kvm}), 2, wrong.says);
    }
}

TEST(Usage, of_a_command_that_there_is_not_is_refused) {
    expect_each_refused({{{}, "a command is needed"},
                         {{"strom"}, "unknown command 'strom'"},
                         {{""}, "unknown command ''"},
                         {{"--vcpus", "2"}, "unknown flag '--vcpus'"},
                         {{"storm", "storm"}, "storm is given twice"}});
}

TEST(Usage, of_flags_that_there_are_not_is_refused) {
    expect_each_refused({{{"storm", "--vcpu", "2"}, "unknown flag '--vcpu'"},
                         {{"storm", "-x"}, "unknown flag '-x'"},
                         {{"storm", "fast"}, "unknown word 'fast'"},
                         {{"storm", "--no-quiet"}, "unknown flag '--no-quiet'"},
                         {{"storm", std::string(10'000, 'x')}, "unknown word 'xxx"}});
}

TEST(Usage, of_a_flag_without_its_value_is_refused) {
    for (const char* flag : {"--arch", "--guest", "--guest-build", "--vcpus", "--duration", "--nmis",
                             "--source", "--pace", "--targets", "--cycle", "--fault", "--seed", "--observe",
                             "--json", "--junit", "--ktap", "--out", "--progress", "--config"}) {
        expect_each_refused({{{"storm", flag}, "needs a value"}, {{"storm", flag, ""}, flag}});
    }
}

TEST(Usage, of_values_that_no_run_can_have_is_refused) {
    expect_each_refused(
        {{{"storm", "--vcpus", "0"}, "--vcpus takes 1 to 1024, not '0'"},
         {{"storm", "--vcpus", "1025"}, "--vcpus takes 1 to 1024, not '1025'"},
         {{"storm", "--vcpus", "-1"}, "--vcpus takes 1 to 1024"},
         {{"storm", "--vcpus", "4294967298"}, "--vcpus takes 1 to 1024"},
         {{"storm", "--arch", "arm"}, "--arch takes i386 or x86_64"},
         {{"storm", "--duration", "0s"}, "--duration takes a time"},
         {{"storm", "--duration", "10"}, "--duration takes a time"},
         {{"storm", "--duration", "99999999999999999999h"}, "--duration takes a time"},
         {{"storm", "--nmis", "0"}, "--nmis takes a number from 1 up"},
         {{"storm", "--nmis", "18446744073709551616"}, "--nmis takes a number from 1 up"},
         {{"storm", "--source", "apic"}, "--source takes all or some of kvm-nmi"},
         {{"storm", "--churn", "9ms"}, "--churn takes a time such as 100ms or 2s, 10ms to 1000h"},
         {{"storm", "--work", "sleep"}, "--work takes all or some of busy,preempt-disabled"},
         {{"bench", "--vcpus", "1"}, "--vcpus takes 2 to 1024"},
         {{"storm", "--pace", "rate=0"}, "--pace takes lockstep"},
         {{"storm", "--pace", "burst"}, "--pace takes lockstep"},
         {{"storm", "--targets", "0,,1"}, "--targets takes all, others"},
         {{"storm", "--cycle", "reload"}, "--cycle takes unset, replace, unload or deferred"},
         {{"storm", "--fault", "skip"}, "--fault takes none, skip-grace-period"},
         {{"storm", "--seed", "one"}, "--seed takes a number"},
         {{"storm", "--observe", "nothing"}, "--observe takes counters or events"},
         {{"storm", "--progress", "sometimes"}, "--progress takes auto, always or never"}});
}

TEST(Usage, of_flags_that_contradict_each_other_is_refused) {
    expect_each_refused(
        {{{"storm", "--guest", NMISTORM_CLEAN_IMAGE, "--fault", "torn-publish"}, "leave one out"},
         {{"storm", "--guest", NMISTORM_CLEAN_IMAGE, "--guest-build", "gcc-O0"}, "leave one out"},
         {{"storm", "--targets", "others", "--vcpus", "1"}, "leaves no target"},
         {{"storm", "--targets", "0,2", "--vcpus", "2"}, "--targets names vCPU 2"},
         {{"storm", "--quiet", "--progress", "always"}, "contradict each other"},
         {{"storm", "--vcpus", "2", "--vcpus", "3"}, "--vcpus is given 2 times"},
         {{"storm", "--arch", "i386", "--guest", NMISTORM_CLEAN_IMAGE},
          "built for x86_64, but the run is one of i386"}});
}

TEST(Usage, errors_stay_on_one_line_for_any_argument) {
    const Folder folder;
    expect_each_refused({{{"storm", "--arch", "a\nb\x1b[31m"}, "not 'a\\x0ab\\x1b[31m'"},
                         {{"storm", "--guest", "no\nsuch\x1b[31m"}, "no\\x0asuch\\x1b[31m"},
                         {{"storm", "--guest", folder.put("two\nlines", "no ELF")}, "two\\x0alines"},
                         {{"storm", "--json", "no\nsuch/run.json"}, "no\\x0asuch/run.json"},
                         {{"storm", "--config", "no\nsuch"}, "no\\x0asuch"}});
}

TEST(Usage, help_and_version_need_no_kvm) {
    for (const Words& words : {Words{"--help"}, {"-h"}, {"storm", "--help"}, {"storm", "-h"}}) {
        const Ended help = run(words, {.kvm = no_kvm});
        EXPECT_EQ(help.code, 0);
        EXPECT_THAT(help.out, HasSubstr("storm"));
        EXPECT_EQ(help.err, "");
    }
    const Ended version = run({"--version"}, {.kvm = no_kvm});
    EXPECT_EQ(version.code, 0);
    EXPECT_THAT(version.out, testing::MatchesRegex("nmistorm [0-9]+\\.[0-9]+\\.[0-9]+\n"
                                                   "guest ABI [0-9]+\n"
                                                   "schemas nmistorm\\.run/[0-9]+ .*\n"
                                                   "build ID [0-9a-f]+\n"));
    EXPECT_EQ(version.err, "");
}

TEST(Usage, errors_keep_their_code_where_stderr_takes_nothing) {
    for (const Stream& err :
         {Stream{Stream::To::nowhere, {}}, {Stream::To::broken_pipe, {}}, {Stream::To::file, "/dev/full"}}) {
        const Ended ended = run({"storm", "--vcpus", "0"}, {.err = err, .kvm = no_kvm});
        EXPECT_EQ(ended.signal, 0);
        EXPECT_EQ(ended.code, 2);
        EXPECT_EQ(ended.out, "");
    }
}

TEST(Usage, help_that_cannot_be_written_is_a_failure_and_no_crash) {
    for (const Stream& out :
         {Stream{Stream::To::nowhere, {}}, {Stream::To::broken_pipe, {}}, {Stream::To::file, "/dev/full"}}) {
        expect_error(run({"--help"}, {.out = out, .kvm = no_kvm}), 3, "cannot write to stdout: ");
    }
}

}  // namespace
}  // namespace nmistorm::test
