// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <random>

namespace nmistorm {

/// A random time from half to one and a half times @p average.
inline std::chrono::nanoseconds around(std::chrono::nanoseconds average, std::mt19937_64& random) {
    const std::int64_t length = average.count();
    return std::chrono::nanoseconds(
        length / 2 + static_cast<std::int64_t>(random() % (static_cast<std::uint64_t>(length) + 1)));
}

}  // namespace nmistorm
