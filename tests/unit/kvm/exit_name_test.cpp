// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include "kvm/vcpu.h"

namespace nmistorm::kvm {
namespace {

TEST(ExitName, is_the_one_in_the_kernels_header_or_a_number) {
    EXPECT_EQ(exit_name(KVM_EXIT_SHUTDOWN), "KVM_EXIT_SHUTDOWN");
    EXPECT_EQ(exit_name(KVM_EXIT_HLT), "KVM_EXIT_HLT");
    EXPECT_EQ(exit_name(1234), "KVM exit 1234");
}

}  // namespace
}  // namespace nmistorm::kvm
