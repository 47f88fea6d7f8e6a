// SPDX-License-Identifier: GPL-2.0-or-later
#include "guests/stepped/limits.h"

#include <utility>

namespace nmistorm::guests {

/// Stepping sees no event: not what a callback answered, not with which generation data was allocated or
/// published, not when code was destroyed. Of the guest's ABI it sees no more than tripwires.
std::vector<oracle::Limit> limits_of_stepping(const plan::ExplorePlan& plan, std::string no_coverage) {
    using oracle::Rule;
    const std::string no_events = "events are off";
    std::vector<oracle::Limit> limits = {
        {Rule::delivery, false, "the harness delivers the NMIs"},
        {Rule::coverage, false, std::move(no_coverage)},
        {Rule::count, true, no_events},
        {Rule::publish, true, no_events},
        {Rule::data, true, no_events},
        {Rule::allocation, true, no_events},
        {Rule::abi_conformance, true, no_events},
        {Rule::progress, true, "only deadlocks, livelocks and fatal exits are seen"}};
    if (plan.cycle == abi::Cycle::unload) {
        limits.push_back({Rule::reclaim, true, no_events});
    }
    return limits;
}

}  // namespace nmistorm::guests
