// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <gtest/gtest.h>

#include <cstdio>
#include <string>
#include <utility>

#include "kvm/system.h"

namespace nmistorm {

/// Of the kernel whose KVM the tests run on.
inline std::pair<int, int> kernel_version() {
    const std::string release = kvm::kernel_release();
    int major = 0;
    int minor = 0;
    EXPECT_EQ(std::sscanf(release.c_str(), "%d.%d", &major, &minor), 2) << release;
    return {major, minor};
}

}  // namespace nmistorm
