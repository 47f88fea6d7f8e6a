// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <span>

#include "plan/run_plan.h"
#include "sources/target.h"

namespace nmistorm::engines {

struct TimeLeft {
    double seconds = 0;
    bool at_most = false;  ///< what ends the storm before that cannot be estimated
    bool operator==(const TimeLeft&) const = default;
};

/// How long NMIs still come, @p elapsed_s after the first request: until plan.duration is over, or if it is
/// sooner until all requests of plan.nmis are made, each target going on as fast as so far. None if nothing
/// limits the storm, while there is too little to estimate from, and when it is over.
std::optional<TimeLeft> time_left(const plan::RunPlan& plan, double elapsed_s,
                                  std::span<const sources::Requests> targets);

}  // namespace nmistorm::engines
