// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>

#include "image/image.h"
#include "plan/explore_plan.h"
#include "plan/run_plan.h"

namespace nmistorm::engines {

/// The image that @p plan runs: the plan's file, or else the embedded image of its architecture, fault and
/// build. Throws UsageError if the file is no guest of that architecture, HostCannot if none is embedded.
image::Image guest_image(const plan::RunPlan& plan);
image::Image guest_image(const plan::ExplorePlan& plan);

/// How that image was compiled; none for a file, of which it is not known.
std::optional<std::string> build_of_guest(const plan::RunPlan& plan);
std::optional<std::string> build_of_guest(const plan::ExplorePlan& plan);

}  // namespace nmistorm::engines
