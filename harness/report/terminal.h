// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "report/run_report.h"

namespace nmistorm::report {

/// What a run has done so far.
struct LiveFigures {
    double elapsed_s = 0;
    double nmis_per_s = 0;  ///< handled, over the last moments
    std::uint64_t handled = 0;
    std::uint64_t swaps = 0;
    std::uint64_t grace_periods = 0;
    std::uint64_t overlaps = 0;
    std::uint64_t findings = 0;
};

/// One line of ASCII, at most @p width characters, without an end of line. Fields that do not fit are left
/// out, the least important first.
std::string live_line(const LiveFigures& figures, std::size_t width);

/// The closing summary: the verdict, what was exercised, KVM's accounting, every finding with the
/// events around it, and how to repeat a run that did not pass. Ends in a newline. @p colour: with ANSI
/// escapes.
std::string summary(const RunReport& report, bool colour);

}  // namespace nmistorm::report
