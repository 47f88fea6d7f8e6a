// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <optional>

#include "plan/schedule.h"

namespace nmistorm::engines::explore {

using plan::Move;
using plan::Schedule;

/// A schedule and its cost, the most expensive part first.
struct Cost {
    Schedule schedule;
    unsigned preemptions = 0;
    unsigned nmis = 0;
    bool operator<(const Cost& other) const;
};

/// Plays a schedule and leaves out moves that cannot be made. Returns what was played if it broke the rule
/// that is looked for, else nothing.
using Attempt = std::function<std::optional<Cost>(const Schedule& schedule)>;

/// A schedule that breaks the same rule at a lower cost than @p found, or @p found itself. It leaves out
/// moves and shortens runs as long as the rule is still broken. No single change of this kind improves the
/// result.
Cost minimize(Cost found, const Attempt& attempt);

}  // namespace nmistorm::engines::explore
