// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "plan/run_plan.h"
#include "plan/shard.h"

namespace nmistorm::plan {

/// Everything that determines a matrix. The defaults are those of `nmistorm matrix` without a flag.
struct MatrixPlan {
    Arch arch = Arch::x86_64;
    std::vector<abi::Fault> faults = all_images();  ///< ascending, without repetition; none: the clean image
    /// Each runs all images; empty: the default build alone. Ascending, without repetition.
    std::vector<std::string> guest_builds = {};
    Injector injector = Injector::own;  ///< of every storm
    unsigned seeds = 3;                 ///< storms of each image, and of the clean one in each cycle
    std::uint64_t seed = 1;             ///< of the first one, see seed_of()
    std::chrono::nanoseconds duration = std::chrono::seconds(10);  ///< limit on each storm
    bool explore = false;                                          ///< every image is explored, too
    Shard shard = {};                                              ///< of the storms, and of the explorations
    std::optional<unsigned> jobs;  ///< storms at a time; none: usual_jobs() of this host's CPUs
    bool operator==(const MatrixPlan&) const = default;

    static std::vector<abi::Fault> all_images();
};

inline constexpr unsigned seeds_max = 10'000;
inline constexpr unsigned jobs_max = 256;

/// The seed of an image's storm number @p n, counted from 0. `--seeds 1 --seed S` repeats one of them.
std::uint64_t seed_of(const MatrixPlan& plan, unsigned n);

/// How long each storm of the clean image lasts. No finding ends such a storm early, so in each cycle all of
/// them share the time that one storm may take; each gets at least the time that it needs to exercise
/// swaps, overlaps and NMIs from idle. In whole milliseconds.
std::chrono::nanoseconds clean_duration(const MatrixPlan& plan);

/// How many storms to run at a time on @p cpus CPUs. A storm has a busy thread for each vCPU, and one more
/// with Injector::central. At least 1.
unsigned usual_jobs(unsigned cpus, Injector injector);

}  // namespace nmistorm::plan
