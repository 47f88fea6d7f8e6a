// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>

namespace nmistorm {

/// CLOCK_MONOTONIC, the only clock that the harness reads.
using Clock = std::chrono::steady_clock;

}  // namespace nmistorm
