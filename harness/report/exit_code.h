// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "oracle/finding.h"

namespace nmistorm::report {

/// Exit code: 0, 1 or 3 by outcome; 130 if interrupted without a violation.
constexpr int exit_code(oracle::Outcome outcome, bool interrupted) {
    if (outcome == oracle::Outcome::violation) {
        return 1;
    }
    if (interrupted) {
        return 130;
    }
    return outcome == oracle::Outcome::pass ? 0 : 3;
}

}  // namespace nmistorm::report
