// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "oracle/limit.h"
#include "plan/explore_plan.h"

namespace nmistorm::guests {

/// What stepping with @p plan cannot show of any image. @p no_coverage says why the rule coverage does not
/// judge.
std::vector<oracle::Limit> limits_of_stepping(const plan::ExplorePlan& plan, std::string no_coverage);

}  // namespace nmistorm::guests
