// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <gtest/gtest.h>
#include <sys/utsname.h>

#include <cstdio>
#include <utility>

namespace nmistorm {

/// Of the kernel whose KVM the tests run on.
inline std::pair<int, int> kernel_version() {
    utsname names{};
    int major = 0;
    int minor = 0;
    EXPECT_EQ(uname(&names), 0);
    EXPECT_EQ(std::sscanf(names.release, "%d.%d", &major, &minor), 2) << names.release;
    return {major, minor};
}

}  // namespace nmistorm
