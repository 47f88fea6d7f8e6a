// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

#include "image/image.h"
#include "kvm/system.h"
#include "oracle/exploration.h"
#include "plan/explore_plan.h"

namespace nmistorm::engines::explore {

/// The progress of an exploration.
struct ExploreStatus {
    double elapsed_s = 0;
    plan::Condition condition{};
    unsigned preemptions = 0;
    std::uint64_t schedules = 0;
    std::uint64_t states = 0;
    std::uint64_t steps = 0;
};

using oracle::Checkpoint;

struct ExploreHooks {
    std::function<void(const ExploreStatus&)> status;  ///< called ten times a second
    std::function<bool()> interrupted;                 ///< polled: true ends the exploration early
    /// Called every checkpoint_every with what a later exploration can continue from.
    std::function<void(const Checkpoint&)> checkpoint = {};
    std::chrono::nanoseconds checkpoint_every = std::chrono::minutes(1);
};

struct ExploreResult {
    oracle::Exploration exploration;
    Checkpoint progress;
};

/// Explores all of @p plan: in each condition first without a preemption, then with one, and so on up to the
/// bound, until a rule is broken. What @p before covers is not repeated. Throws HostCannot, and Error if the
/// guest cannot be explored. Everything else that the guest does is in the result.
ExploreResult explore(const plan::ExplorePlan& plan, const image::Image& image, const kvm::System& system,
                      const Checkpoint& before, const ExploreHooks& hooks);

}  // namespace nmistorm::engines::explore
