// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "oracle/event.h"
#include "oracle/finding.h"
#include "oracle/histogram.h"
#include "oracle/observation.h"

namespace nmistorm::oracle {

/// What a run exercised, counted from its events.
struct Tally {
    std::uint64_t events = 0;
    std::uint64_t handled = 0;        ///< nmi_leave events
    std::uint64_t swaps = 0;          ///< generations published, retired, waited for and freed
    std::uint64_t grace_periods = 0;  ///< gp_end events
    std::uint64_t freed = 0;
    std::uint64_t overlaps = 0;    ///< NMI sections that ran in a generation when it was retired
    std::uint64_t idle_nmis = 0;   ///< nmi_enter with nmi_from_idle
    Histogram grace_period_ticks;  ///< TSC ticks
};

/// Feeds one run's events and then its observation to every rule. Pure: the same events and
/// observation give the same findings, whatever machine they come from.
class Judge {
  public:
    explicit Judge(const plan::RunPlan& plan);
    ~Judge();

    /// The next event; orders must ascend.
    void event(const Event& event);

    /// Events between the last one and the next were lost. What rules knew only through events may
    /// have changed unseen: they start over and judge only what they see begin from here on.
    void gap(std::uint64_t lost);

    /// A rule was broken by the events so far.
    [[nodiscard]] bool violated() const { return !findings_.empty(); }

    [[nodiscard]] const Tally& tally() const { return tally_; }

    /// All findings of the run, those from events first, worth last. Call once.
    std::vector<Finding> finish(const Observation& observation);

  private:
    struct Rules;
    std::unique_ptr<Rules> rules_;
    std::vector<Finding> findings_;
    Tally tally_;
};

}  // namespace nmistorm::oracle
