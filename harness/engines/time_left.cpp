// SPDX-License-Identifier: GPL-2.0-or-later
#include "engines/time_left.h"

#include <algorithm>
#include <chrono>

namespace nmistorm::engines {
namespace {

using sources::Requests;

constexpr double enough_s = 1;  // to know a rate; before that slices are tuned

/// Until the last target has made its requests; none while a rate is not known.
std::optional<double> until_requested(double elapsed_s, std::span<const Requests> targets) {
    double last = 0;
    for (const Requests& target : targets) {
        if (target.made >= target.all) {
            continue;
        }
        if (target.made == 0 || elapsed_s < enough_s) {
            return std::nullopt;
        }
        const auto made = static_cast<double>(target.made);
        last = std::max(last, static_cast<double>(target.all - target.made) * elapsed_s / made);
    }
    return last;
}

}  // namespace

std::optional<TimeLeft> time_left(const plan::RunPlan& plan, double elapsed_s,
                                  std::span<const Requests> targets) {
    using Seconds = std::chrono::duration<double>;
    std::optional<double> left;
    bool at_most = plan.until_covered;
    if (plan.duration) {
        left = Seconds(*plan.duration).count() - elapsed_s;
    }
    if (plan.nmis) {
        const std::optional<double> requests = until_requested(elapsed_s, targets);
        at_most = at_most || !requests;
        left = left && requests ? std::min(*left, *requests) : left ? left : requests;
    }
    if (!left || *left <= 0) {
        return std::nullopt;
    }
    return TimeLeft{*left, at_most};
}

}  // namespace nmistorm::engines
