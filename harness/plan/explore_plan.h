// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plan/run_plan.h"
#include "plan/shard.h"

namespace nmistorm::plan {

/// What the vCPUs other than the updater's are doing when the swap begins.
enum class Condition { busy, preempt_off, idle };
inline constexpr Condition all_conditions[] = {Condition::busy, Condition::preempt_off, Condition::idle};
std::string_view name(Condition condition);
std::optional<Condition> parse_condition(std::string_view word);

/// Where vCPUs may be switched and NMIs may come.
enum class Reduction {
    none,     ///< between any two instructions
    visible,  ///< before instructions that touch what others can see
};
std::string_view name(Reduction reduction);
std::optional<Reduction> parse_reduction(std::string_view word);

// The data structures have room for this much (guests/stepped/step_facts.h, engines/explore/visited.h). A
// search of that size need not end in reasonable time.
inline constexpr unsigned explored_vcpus_max = 8;
inline constexpr unsigned explored_nmis_max = 7;
inline constexpr unsigned preemptions_max = 100;
inline constexpr unsigned swaps_max = 8;

/// Everything that determines an exploration. The defaults are those of `nmistorm explore` without a flag.
struct ExplorePlan {
    Arch arch = Arch::x86_64;
    std::optional<std::string> guest_file = {};
    abi::Fault fault = abi::Fault::none;
    std::optional<std::string> guest_build = {};  ///< as in RunPlan
    unsigned vcpus = 2;
    abi::Cycle cycle = abi::Cycle::unset;
    std::optional<Condition> condition = {};  ///< none: one after the other
    unsigned swaps = 1;
    unsigned preemptions = 2;  ///< at most
    unsigned nmis = 1;         ///< at most
    Reduction reduction = Reduction::visible;
    Shard shard = {};
    std::optional<std::chrono::nanoseconds> budget = {};  ///< none: no limit
    std::optional<std::uint64_t> memory = {};             ///< in bytes, of what grows; none: no limit
    std::uint32_t seed = 1;
    bool operator==(const ExplorePlan&) const = default;
};

}  // namespace nmistorm::plan
