// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "image/image.h"
#include "plan/explore_plan.h"
#include "plan/run_plan.h"

namespace nmistorm::drive {

/// The image that @p plan runs: its file, else the embedded one of its architecture and fault. Throws
/// UsageError for a file that is no guest of that architecture, HostCannot where none is embedded.
image::Image guest_image(const plan::RunPlan& plan);
image::Image guest_image(const plan::ExplorePlan& plan);

}  // namespace nmistorm::drive
