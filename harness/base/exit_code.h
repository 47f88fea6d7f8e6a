// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

namespace nmistorm {

/// What the program ends with (design, section 7).
enum ExitCode : int {
    exit_pass = 0,
    exit_violation = 1,
    exit_usage = 2,          ///< the command line or a file is wrong
    exit_inconclusive = 3,   ///< nothing was shown, or the harness itself failed
    exit_host_cannot = 77,   ///< as automake's tests: skipped
    exit_interrupted = 130,  ///< by SIGINT, SIGTERM or SIGHUP, without a violation
};

}  // namespace nmistorm
