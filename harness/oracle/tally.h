// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>

#include "oracle/fact.h"
#include "oracle/histogram.h"

namespace nmistorm::oracle {

class World;

/// What a run exercised, counted from its facts.
struct Tally {
    std::uint64_t facts = 0;
    std::uint64_t handled = 0;        ///< NmiLeft
    std::uint64_t swaps = 0;          ///< generations published, retired, waited for and freed
    std::uint64_t grace_periods = 0;  ///< that ended
    std::uint64_t freed = 0;
    std::uint64_t unloaded = 0;                 ///< handlers whose code was destroyed after a grace period
    std::uint64_t overlaps = 0;                 ///< NMI sections that used a generation while it was retired
    std::uint64_t idle_nmis = 0;                ///< that interrupted an idle vCPU
    std::uint64_t offline_nmis = 0;             ///< that interrupted an offline vCPU
    std::uint64_t onlines = 0;                  ///< WentOnline
    std::uint64_t onlines_in_grace_period = 0;  ///< of those, during a grace period
    Histogram grace_period_ticks;               ///< TSC ticks

    // Each counts a fact. @p before is the world up to the fact, without it.
    void count(const fact::NmiEntered& entered, const World& before);
    void count(const fact::CallbackLoaded& loaded, const World& before);
    void count(const fact::NmiLeft& left, const World& before);
    void count(const fact::Retired& retired, const World& before);
    void count(const fact::GracePeriodEnded& ended, const World& before);
    void count(const fact::Freed& freed, const World& before);
    void count(const fact::WentOnline& online, const World& before);
    void count(const fact::CodeDestroyed& destroyed, const World& before);
    void count(const auto&, const World&) { ++facts; }
};

}  // namespace nmistorm::oracle
