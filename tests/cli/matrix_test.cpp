// SPDX-License-Identifier: GPL-2.0-or-later
// `nmistorm matrix` if no storm can be run.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "folder.h"
#include "report.h"

namespace nmistorm::test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

const std::string any_kvm = "device=/dev/null KVM_GET_API_VERSION=12 capabilities=1 KVM_CAP_MAX_VCPUS=64";

TEST(Matrix, that_is_asked_for_wrongly_says_so_before_it_looks_for_a_kvm) {
    const std::pair<Words, std::string> cases[] = {
        {{"--faults", "torn"}, "--faults takes a list of none, skip-grace-period, "},
        {{"--seeds", "0"}, "--seeds takes 1 to 10000, not '0'"},
        {{"--jobs", "0"}, "--jobs takes 1 to 256, not '0'"},
        {{"--vcpus", "2"}, "unknown flag '--vcpus'"},
        {{"--json", "/proc/nmistorm.json"}, "cannot write '/proc/nmistorm.json': "}};
    for (const auto& [flags, says] : cases) {
        Words words = flags;
        words.insert(words.begin(), "matrix");
        expect_error(run(words, {.kvm = no_kvm}), 2, says);
    }
}

TEST(Matrix, on_a_host_without_kvm_says_what_is_missing_and_leaves_no_file) {
    const Folder folder;
    expect_error(run({"matrix", "--json", folder.path("matrix.json")}, {.kvm = no_kvm}), 77,
                 "there is no /dev/kvm: load kvm_intel or kvm_amd");
    EXPECT_EQ(folder.entries(), 0U);
}

TEST(Matrix, on_a_host_that_has_too_few_vcpus_says_so_instead_of_a_table) {
    expect_error(
        run({"matrix", "--faults", "none", "--jobs", "2"}, {.kvm = "KVM_CAP_MAX_VCPUS=1 " + any_kvm}), 77,
        "at most 1 vCPUs");
}

TEST(Matrix, whose_every_storm_fails_in_the_harness_is_inconclusive_and_says_on_what) {
    const Ended ended =
        run({"matrix", "--faults", "none,torn-publish", "--seeds", "2", "--jobs", "2", "--json", "-"},
            {.kvm = any_kvm + " KVM_CREATE_VM=-12"});
    EXPECT_EQ(ended.code, 3);
    EXPECT_THAT(ended.err, StartsWith("INCONCLUSIVE  faults: 1 failed; "));
    EXPECT_THAT(ended.err, HasSubstr("KVM_CREATE_VM: Cannot allocate memory"));
    const Json report = valid_matrix(ended.out);
    EXPECT_EQ(report["verdict"], "inconclusive");
    for (const Json& row : report["rows"]) {
        EXPECT_EQ(row["verdict"], "failed");
        ASSERT_EQ(row["storms"].size(), 2U);
        EXPECT_THAT(row["storms"][1]["failure"].get<std::string>(), HasSubstr("Cannot allocate memory"));
    }
}

TEST(Matrix, has_help_that_needs_no_kvm) {
    const Ended help = run({"matrix", "--help"}, {.kvm = no_kvm});
    EXPECT_EQ(help.code, 0);
    EXPECT_THAT(help.out, HasSubstr("--faults LIST"));
    EXPECT_EQ(help.err, "");
}

}  // namespace
}  // namespace nmistorm::test
