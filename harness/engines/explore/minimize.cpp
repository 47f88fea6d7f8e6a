// SPDX-License-Identifier: GPL-2.0-or-later
#include "engines/explore/minimize.h"

#include <tuple>

namespace nmistorm::engines::explore {
namespace {

/// @p schedule with @p steps as the length of move @p at, or without the move if that is zero.
Schedule with(const Schedule& schedule, std::size_t at, std::uint32_t steps) {
    Schedule result = schedule;
    result[at].steps = steps;
    if (steps == 0) {
        result.erase(result.begin() + static_cast<std::ptrdiff_t>(at));
    }
    return result;
}

/// Returns true if a change of move @p at improved @p best.
bool improve(Cost& best, std::size_t at, const Attempt& attempt) {
    const auto better = [&](std::uint32_t steps) {
        if (auto cost = attempt(with(best.schedule, at, steps)); cost && *cost < best) {
            best = std::move(*cost);
            return true;
        }
        return false;
    };
    const std::uint32_t steps = best.schedule[at].steps;
    if (better(0)) {
        return true;
    }
    // From half of the instructions to all but one.
    for (std::uint32_t cut = steps / 2; cut > 0; cut /= 2) {
        if (better(steps - cut)) {
            return true;
        }
    }
    return false;
}

}  // namespace

bool Cost::operator<(const Cost& other) const {
    return std::tuple(preemptions, nmis, steps_of(schedule), schedule.size()) <
           std::tuple(other.preemptions, other.nmis, steps_of(other.schedule), other.schedule.size());
}

Cost minimize(Cost found, const Attempt& attempt) {
    for (std::size_t at = 0; at < found.schedule.size();) {
        at = improve(found, at, attempt) ? 0 : at + 1;
    }
    return found;
}

}  // namespace nmistorm::engines::explore
