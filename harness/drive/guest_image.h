// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "image/image.h"
#include "plan/explore_plan.h"
#include "plan/run_plan.h"

namespace nmistorm::drive {

/// The image that @p plan runs: the plan's file, or else the embedded image of its architecture and fault.
/// Throws UsageError if the file is no guest of that architecture, HostCannot if none is embedded.
image::Image guest_image(const plan::RunPlan& plan);
image::Image guest_image(const plan::ExplorePlan& plan);

}  // namespace nmistorm::drive
