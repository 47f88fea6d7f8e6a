// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "oracle/histogram.h"

namespace nmistorm::oracle {

/// What a run has done since it began.
struct Totals {
    std::uint64_t handled = 0;  ///< NMIs entered
    std::uint64_t swaps = 0;
    std::uint64_t overlaps = 0;
    std::uint64_t grace_periods = 0;
    Histogram grace_period_ticks;  ///< TSC ticks; empty without events
};

/// What a run did in one interval, which begins where the one before ended.
struct Interval {
    double end_s = 0;  ///< since the first request
    std::uint64_t handled = 0;
    std::uint64_t swaps = 0;
    std::uint64_t overlaps = 0;
    std::uint64_t grace_periods = 0;
    std::uint64_t timed = 0;                  ///< grace periods of which the time is known
    std::uint64_t p50 = 0, p99 = 0, max = 0;  ///< ticks that they took; 0 if none was timed
    bool operator==(const Interval&) const = default;
};

/// What a run did over time, in bounded memory however long it is. Totals are kept at the ends of intervals.
/// When there are too many, every second one is dropped, so that two intervals become one, and the next
/// intervals are twice as long.
class Series {
  public:
    static constexpr std::size_t most = 600;  ///< intervals
    static constexpr double shortest_s = 0.1;

    /// @p begun: the totals at the first request, which count for no interval.
    explicit Series(Totals begun = {}, std::size_t at_most = most, double interval_s = shortest_s);

    /// Keeps @p totals if an interval has passed since the last that were kept. @p at_s must not decrease.
    void look(double at_s, const Totals& totals);
    /// Keeps @p totals: the run is over, and its last interval may be shorter.
    void end(double at_s, const Totals& totals);

    /// Nothing before the first one has ended.
    [[nodiscard]] std::vector<Interval> intervals() const;

  private:
    struct Kept {
        double at_s;
        Totals totals;
    };
    void keep(double at_s, const Totals& totals);

    std::size_t at_most_;
    double interval_s_;
    std::vector<Kept> kept_;  ///< the first one is where it began
};

}  // namespace nmistorm::oracle
