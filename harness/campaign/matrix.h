// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <functional>
#include <optional>

#include "campaign/matrix_report.h"
#include "kvm/system.h"
#include "plan/matrix_plan.h"

namespace nmistorm::campaign {

/// The progress of a matrix, for the live line.
struct MatrixStatus {
    double elapsed_s = 0;
    std::size_t done = 0;  ///< storms and explorations
    std::size_t all = 0;
    std::size_t wrong = 0;              ///< storms and explorations with an unexpected result
    std::optional<double> left_s = {};  ///< an estimate; none while there is no basis for it
};

struct MatrixHooks {
    std::function<void(const MatrixStatus&)> status;  ///< called ten times a second, on the caller's thread
    std::function<bool()> interrupted;                ///< polled on any thread; true ends the matrix early
};

/// Runs the storms of @p plan, each on a machine of its own, and judges them; then runs the explorations. It
/// runs one storm of every row before the second one of any, so that an early end leaves results of each row.
/// A storm that was interrupted before it had a finding is left out. If the harness fails in a storm, the
/// failure is recorded and the others continue. Throws HostCannot.
MatrixReport matrix(const plan::MatrixPlan& plan, const kvm::System& system, const MatrixHooks& hooks);

}  // namespace nmistorm::campaign
