// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>

#include "oracle/event.h"
#include "oracle/histogram.h"

namespace nmistorm::oracle {

class Timeline;

/// What a run exercised, counted from its events.
struct Tally {
    std::uint64_t events = 0;
    std::uint64_t handled = 0;        ///< nmi_leave events
    std::uint64_t swaps = 0;          ///< generations published, retired, waited for and freed
    std::uint64_t grace_periods = 0;  ///< gp_end events
    std::uint64_t freed = 0;
    std::uint64_t unloaded = 0;                 ///< handlers whose code was destroyed after a grace period
    std::uint64_t overlaps = 0;                 ///< NMI sections that used a generation while it was retired
    std::uint64_t idle_nmis = 0;                ///< nmi_enter with nmi_from_idle
    std::uint64_t offline_nmis = 0;             ///< nmi_enter with nmi_from_offline
    std::uint64_t onlines = 0;                  ///< cpu_online events
    std::uint64_t onlines_in_grace_period = 0;  ///< cpu_online events during a grace period
    Histogram grace_period_ticks;               ///< TSC ticks

    /// Counts @p event. @p before is the timeline up to the event, without it.
    void count(const Event& event, const Timeline& before);
};

}  // namespace nmistorm::oracle
