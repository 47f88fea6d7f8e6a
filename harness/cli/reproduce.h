// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "plan/bench_plan.h"
#include "plan/explore_plan.h"
#include "plan/matrix_plan.h"
#include "plan/run_plan.h"

namespace nmistorm::cli {

/// @p words as one line that a POSIX shell splits into them again.
std::string quoted(const std::vector<std::string>& words);

/// `nmistorm storm`, the flags by which @p plan differs from the default plan, and always the seed;
/// quoted for a POSIX shell. parse() turns it into the same plan.
std::string reproduce(const plan::RunPlan& plan);
/// The same as words, not quoted.
std::vector<std::string> command_of(const plan::RunPlan& plan);
std::vector<std::string> command_of(const plan::ExplorePlan& plan);

/// `nmistorm matrix` likewise.
std::string reproduce(const plan::MatrixPlan& plan);

/// `nmistorm bench` likewise. It has no flag for the seed.
std::string reproduce(const plan::BenchPlan& plan);

/// `nmistorm explore` likewise. It has no flag for the seed.
std::string reproduce(const plan::ExplorePlan& plan);

}  // namespace nmistorm::cli
