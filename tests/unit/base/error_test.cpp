// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/error.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace nmistorm {
namespace {

TEST(Error, of_an_errno_ends_in_its_message) {
    try {
        throw_errno("KVM_RUN (vCPU 1)", EFAULT);
        FAIL() << "nothing was thrown";
    } catch (const Error& error) {
        EXPECT_STREQ(error.what(), "KVM_RUN (vCPU 1): Bad address");
    }
}

}  // namespace
}  // namespace nmistorm
