// SPDX-License-Identifier: GPL-2.0-or-later
// The doctor on the KVM that the tests run on.
#include "doctor/examine.h"

#include <gmock/gmock.h>

#include <iostream>

#include "kernel_version.h"

namespace nmistorm::doctor {
namespace {

std::vector<std::string> said() {
    std::vector<std::string> all;
    for (const Check& check : examine()) {
        if (check.about != "speed") {
            all.push_back(check.about + " " + check.name + " " + std::string(name(check.result)) + " " +
                          check.says);
            std::cout << all.back() << "\n";
        }
    }
    return all;
}

TEST(DoctorOnKvm, finds_it_usable_and_says_the_same_ten_times) {
    EXPECT_TRUE(usable(examine()));
    const std::vector<std::string> first = said();
    for (int i = 0; i < 9; ++i) {
        EXPECT_EQ(said(), first);
    }
}

TEST(DoctorOnKvm, finds_that_every_source_works_and_that_nmis_merge_as_they_must) {
    for (const Check& check : examine()) {
        if (check.about == "sources" || check.name == "burst" || check.name == "masked") {
            EXPECT_EQ(check.result, Result::pass) << check.name << ": " << check.says;
        }
    }
}

/// Of the check @p name about NMIs.
Result result_of(const Checks& checks, const std::string& name) {
    for (const Check& check : checks) {
        if (check.about == "NMIs" && check.name == name) {
            return check.result;
        }
    }
    ADD_FAILURE() << name << " was not looked at";
    return Result::unsupported;
}

TEST(DoctorOnKvm, finds_what_kvm_is_known_for) {
    const Checks checks = examine();
    EXPECT_EQ(result_of(checks, "PIT"), Result::pass);
    EXPECT_EQ(result_of(checks, "waiting for SIPI"), Result::pass);
    EXPECT_EQ(result_of(checks, "PIT re-injected"), Result::fail) << "nobody acknowledges its interrupts";
    if (kvm::backend() == "kvm_amd") {
        // Linux 6.4 has virtual NMIs, and keeps what is pending otherwise.
        const Result before_6_4 = kernel_version() < std::pair(6, 4) ? Result::fail : Result::pass;
        EXPECT_EQ(result_of(checks, "255 pending"), before_6_4);
        EXPECT_EQ(result_of(checks, "restore"), before_6_4);
        EXPECT_EQ(result_of(checks, "shadow"), Result::fail) << "this one steps over the shadow";
    } else if (kvm::backend() == "kvm_pvm") {
        EXPECT_EQ(result_of(checks, "shadow"), Result::pass);
    }
}

}  // namespace
}  // namespace nmistorm::doctor
