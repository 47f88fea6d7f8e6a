// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

#include "kvm/system.h"
#include "oracle/matrix.h"
#include "plan/matrix_plan.h"

namespace nmistorm::drive {

/// How a matrix stands, for the live line.
struct MatrixStatus {
    double elapsed_s = 0;
    std::size_t done = 0;  ///< storms and explorations
    std::size_t all = 0;
    std::size_t wrong = 0;              ///< those that did not go as they must
    std::optional<double> left_s = {};  ///< an estimate, once there can be one
};

struct MatrixHooks {
    std::function<void(const MatrixStatus&)> status;  ///< called ten times a second, on the caller's thread
    std::function<bool()> interrupted;                ///< polled, on any thread: true ends the matrix early
};

struct MatrixResult {
    std::vector<oracle::MatrixRow> rows;
    double duration_s = 0;
    unsigned jobs = 1;         ///< storms at a time
    bool interrupted = false;  ///< so that storms are missing
};

/// Runs the storms of @p plan, each on a machine of its own, and judges them; then explores what is to be. A
/// round of all rows goes before the next, so that an early end leaves something of each. A storm that was
/// interrupted before it found something is left out; one in which the harness fails is noted and the others
/// go on. Throws HostCannot.
MatrixResult matrix(const plan::MatrixPlan& plan, const kvm::System& system, const MatrixHooks& hooks);

}  // namespace nmistorm::drive
