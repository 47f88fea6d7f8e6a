// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <vector>

#include "plan/names.h"
#include "plan/run_plan.h"

namespace nmistorm::plan {

/// Everything that determines a benchmark. The defaults are those of `nmistorm bench` without a flag.
struct BenchPlan {
    Arch arch = Arch::x86_64;
    std::vector<Source> sources = all_sources();  ///< as in RunPlan
    /// How long each figure is measured in each round.
    std::chrono::nanoseconds duration = std::chrono::milliseconds(100);
    unsigned rounds = 5;  ///< in each the harness and its floor take turns
    unsigned vcpus = 8;   ///< grace periods are measured with 2, 4, 8, ... up to so many
    bool pin = false;     ///< as in RunPlan
    bool operator==(const BenchPlan&) const = default;
};

inline constexpr unsigned rounds_max = 1000;

}  // namespace nmistorm::plan
