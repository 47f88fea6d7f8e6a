// SPDX-License-Identifier: GPL-2.0-or-later
// Hosts that cannot run guests: exit code 77, and a sentence that says what is missing.
#include <gtest/gtest.h>

#include <cerrno>

#include "folder.h"
#include "program.h"

namespace nmistorm::test {
namespace {

/// What stands before it goes first.
const std::string any_kvm = "device=/dev/null KVM_GET_API_VERSION=12 capabilities=1 KVM_CAP_MAX_VCPUS=64";

Ended on(const std::string& kvm, const Words& more = {}) {
    Words words = {"storm", "--duration", "1s"};
    words.insert(words.end(), more.begin(), more.end());
    return run(words, {.kvm = kvm});
}

std::string opening_fails_with(int error) {
    return "open=" + std::to_string(error);
}

TEST(Host, without_a_kvm_device_is_told_which_module_to_load) {
    expect_error(on(opening_fails_with(ENOENT)), 77, "there is no /dev/kvm: load kvm_intel or kvm_amd");
}

TEST(Host, without_a_kvm_device_has_a_report_of_the_doctor_that_says_so) {
    const Ended ended = run({"doctor"}, {.kvm = opening_fails_with(ENOENT)});
    EXPECT_EQ(ended.code, 77);
    EXPECT_EQ(ended.err, "");
    EXPECT_NE(ended.out.find("host   /dev/kvm  FAIL    there is no /dev/kvm: load kvm_intel or kvm_amd"),
              std::string::npos)
        << ended.out;
}

TEST(Host, that_gives_no_permission_is_told_of_the_group) {
    for (const int error : {EACCES, EPERM}) {
        expect_error(on(opening_fails_with(error)), 77, "no permission to open /dev/kvm: add this user to");
    }
}

TEST(Host, with_virtualisation_off_is_told_so) {
    for (const int error : {ENODEV, ENXIO}) {
        expect_error(on(opening_fails_with(error)), 77, "has virtualisation off");
    }
}

TEST(Host, whose_device_cannot_be_opened_for_another_reason_is_told_the_reason) {
    expect_error(on(opening_fails_with(EIO)), 77, "cannot open /dev/kvm: Input/output error");
}

TEST(Host, whose_device_is_no_kvm_is_told_so) {
    expect_error(on("device=/dev/null"), 77, "/dev/kvm does not speak KVM API version 12");
}

TEST(Host, whose_kvm_is_of_another_version_is_told_so) {
    expect_error(on("device=/dev/null KVM_GET_API_VERSION=11"), 77, "does not speak KVM API version 12");
}

TEST(Host, whose_kvm_cannot_inject_nmis_is_told_which_capability_it_lacks) {
    expect_error(on("KVM_CAP_USER_NMI=0 " + any_kvm), 77, "lacks KVM_CAP_USER_NMI, which injecting NMIs");
}

TEST(Host, whose_kvm_has_no_interrupt_controller_is_told_which_capability_it_lacks) {
    expect_error(on("KVM_CAP_IRQCHIP=0 " + any_kvm), 77, "lacks KVM_CAP_IRQCHIP");
}

TEST(Host, that_allows_fewer_vcpus_than_asked_for_is_told_how_many) {
    expect_error(on("KVM_CAP_MAX_VCPUS=4 " + any_kvm, {"--vcpus", "8"}), 77, "at most 4 vCPUs");
}

TEST(Host, that_says_no_maximum_is_held_to_the_recommended_number_of_vcpus) {
    expect_error(on("KVM_CAP_MAX_VCPUS=0 KVM_CAP_NR_VCPUS=3 " + any_kvm, {"--vcpus", "4"}), 77,
                 "at most 3 vCPUs");
}

TEST(Host, whose_kvm_fails_later_is_a_failure_of_the_harness_that_names_the_request) {
    expect_error(on(any_kvm + " KVM_CREATE_VM=-12"), 3, "KVM_CREATE_VM: Cannot allocate memory");
}

TEST(Host, that_cannot_leaves_a_report_from_before_as_it_was_and_makes_no_other) {
    const Folder folder;
    folder.put("run.json", "from before");
    expect_error(on(no_kvm, {"--json", folder.path("run.json")}), 77, "no /dev/kvm");
    expect_error(on(any_kvm + " KVM_CREATE_VM=-12", {"--json", folder.path("run.json")}), 3, "KVM_CREATE_VM");
    EXPECT_EQ(folder.text("run.json"), "from before");
    expect_error(on(no_kvm, {"--json", folder.path("new.json")}), 77, "no /dev/kvm");
    expect_error(on(any_kvm + " KVM_CREATE_VM=-12", {"--json", folder.path("new.json")}), 3, "KVM_CREATE_VM");
    EXPECT_EQ(folder.entries(), 1U);
}

TEST(Host, that_cannot_writes_nothing_to_a_stdout_that_is_for_data) {
    expect_error(on(no_kvm, {"--json", "-"}), 77, "no /dev/kvm");
}

}  // namespace
}  // namespace nmistorm::test
