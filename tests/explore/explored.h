// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "../vm/storm.h"
#include "engines/explore/explore.h"
#include "engines/guest_image.h"

namespace nmistorm::engines::explore {

using oracle::Exploration;
using oracle::SearchEnd;
using plan::Condition;
using plan::ExplorePlan;
using plan::Reduction;

inline image::Image image_of(const ExplorePlan& plan) {
    return guest_image(plan);
}

inline ExploreResult go_on(const ExplorePlan& plan, const Checkpoint& before) {
    return explore::explore(plan, image_of(plan), kvm::System::open(), before, {});
}
inline Exploration explore(const ExplorePlan& plan) {
    return go_on(plan, {}).exploration;
}

/// A smaller bound, since `nmistorm explore` itself covers the full one.
inline ExplorePlan small(plan::Arch arch, unsigned preemptions, Condition condition) {
    ExplorePlan plan;
    plan.arch = arch;
    plan.preemptions = preemptions;
    plan.condition = condition;
    return plan;
}

inline std::string rule_of(const Exploration& result) {
    return result.found ? std::string(oracle::name(result.found->finding.rule)) : "nothing";
}

}  // namespace nmistorm::engines::explore
