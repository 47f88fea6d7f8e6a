// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <optional>

#include "plan/schedule.h"

namespace nmistorm::drive::explore {

using plan::Move;
using plan::Schedule;

/// A schedule and what it costs, the dearest first.
struct Cost {
    Schedule schedule;
    unsigned preemptions = 0;
    unsigned nmis = 0;
    bool operator<(const Cost& other) const;
};

/// Plays a schedule, leaving out what cannot be done, and returns what was done if that broke the rule that
/// is looked for; nothing if it did not.
using Attempt = std::function<std::optional<Cost>(const Schedule& schedule)>;

/// A schedule that breaks the same rule for less than @p found, or @p found itself: moves are left out and
/// runs are cut as long as that goes well. The result is one that no such single change improves.
Cost minimize(Cost found, const Attempt& attempt);

}  // namespace nmistorm::drive::explore
