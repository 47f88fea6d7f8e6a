// SPDX-License-Identifier: GPL-2.0-or-later
#include "kvm/system.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "kvm.h"

namespace nmistorm::kvm {
namespace {

using testing::HasSubstr;

std::string why_not() {
    try {
        System::open();
    } catch (const HostCannot& error) {
        return error.what();
    }
    return {};
}

TEST(System, opens_a_kvm_that_has_what_a_machine_needs) {
    const fake_kvm::Kvm kvm;
    EXPECT_EQ(why_not(), "");
}

TEST(System, says_that_there_is_no_kvm) {
    EXPECT_THAT(why_not(), HasSubstr("there is no /dev/kvm"));
}

TEST(System, names_each_capability_that_it_misses) {
    for (const auto& [capability, name] : {std::pair(KVM_CAP_USER_NMI, "KVM_CAP_USER_NMI"),
                                           {KVM_CAP_IRQCHIP, "KVM_CAP_IRQCHIP"},
                                           {KVM_CAP_USER_MEMORY, "KVM_CAP_USER_MEMORY"},
                                           {KVM_CAP_IMMEDIATE_EXIT, "KVM_CAP_IMMEDIATE_EXIT"},
                                           {KVM_CAP_EXT_CPUID, "KVM_CAP_EXT_CPUID"},
                                           {KVM_CAP_MP_STATE, "KVM_CAP_MP_STATE"},
                                           {KVM_CAP_VCPU_EVENTS, "KVM_CAP_VCPU_EVENTS"}}) {
        fake_kvm::Kvm kvm;
        kvm.capabilities.erase(capability);
        EXPECT_THAT(why_not(), HasSubstr(std::string("lacks ") + name + ","));
    }
}

TEST(System, has_as_many_vcpus_as_kvm_says_else_as_it_recommends_else_four) {
    fake_kvm::Kvm kvm;
    const System system = System::open();
    EXPECT_EQ(system.max_vcpus(), 64U);
    kvm.capabilities.erase(KVM_CAP_MAX_VCPUS);
    EXPECT_EQ(system.max_vcpus(), 8U);
    kvm.capabilities.erase(KVM_CAP_NR_VCPUS);
    EXPECT_EQ(system.max_vcpus(), 4U);
}

TEST(System, takes_all_cpuid_entries_that_kvm_supports) {
    fake_kvm::Kvm kvm;
    kvm.cpuid_functions = 256;
    const std::vector<kvm_cpuid_entry2> entries = System::open().supported_cpuid();
    ASSERT_EQ(entries.size(), 256U);
    EXPECT_EQ(entries.back().function, 255U);
}

TEST(System, names_the_request_that_fails) {
    fake_kvm::Kvm kvm;
    kvm.failures = {{KVM_GET_SUPPORTED_CPUID, EPERM}};
    try {
        (void)System::open().supported_cpuid();
        FAIL() << "nothing was thrown";
    } catch (const Error& error) {
        EXPECT_STREQ(error.what(), "KVM_GET_SUPPORTED_CPUID: Operation not permitted");
    }
}

}  // namespace
}  // namespace nmistorm::kvm
