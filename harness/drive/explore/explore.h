// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "drive/explore/explored_guest.h"
#include "drive/explore/search.h"
#include "drive/explore/shorten.h"
#include "image/image.h"
#include "kvm/system.h"
#include "plan/explore_plan.h"

namespace nmistorm::drive::explore {

/// One search: a condition and a bound.
struct Pass {
    plan::Condition condition{};
    unsigned preemptions = 0;
    SearchEnd end{};
    SearchTally tally;
    std::uint64_t steps = 0;  ///< instructions that were run
    double seconds = 0;
};

/// A broken rule and the shortest schedule known to break it.
struct Found {
    oracle::Finding finding;
    plan::Condition condition{};
    Priced best;         ///< no schedule takes fewer preemptions
    double seconds = 0;  ///< from the beginning until it was found, without shortening it
};

struct ExploreResult {
    std::vector<Pass> passes;
    std::optional<Found> found;
    std::shared_ptr<const Learned> learned;
    std::string unjudged;  ///< what the image lacks for the oracle (Landmarks::missing)
    double seconds = 0;
    std::uint64_t steps = 0;
    bool interrupted = false;
    bool out_of_budget = false;
};

/// How an exploration stands.
struct ExploreStatus {
    double elapsed_s = 0;
    plan::Condition condition{};
    unsigned preemptions = 0;
    std::uint64_t schedules = 0;
    std::uint64_t states = 0;
    std::uint64_t steps = 0;
};

struct ExploreHooks {
    std::function<void(const ExploreStatus&)> status;  ///< called ten times a second
    std::function<bool()> interrupted;
};

/// Goes through all of @p plan: each condition, with no preemption first, then with one, and so on up to the
/// bound, until a rule is broken. Throws HostCannot and Error; whatever the guest does is in the result.
ExploreResult explore(const plan::ExplorePlan& plan, const image::Image& image, const kvm::System& system,
                      const ExploreHooks& hooks);

}  // namespace nmistorm::drive::explore
