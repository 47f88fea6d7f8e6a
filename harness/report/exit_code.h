// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/exit_code.h"
#include "oracle/finding.h"

namespace nmistorm::report {

/// By outcome, or exit_interrupted if interrupted without a violation.
constexpr int exit_code(oracle::Outcome outcome, bool interrupted) {
    if (outcome == oracle::Outcome::violation) {
        return exit_violation;
    }
    if (interrupted) {
        return exit_interrupted;
    }
    return outcome == oracle::Outcome::pass ? exit_pass : exit_inconclusive;
}

}  // namespace nmistorm::report
