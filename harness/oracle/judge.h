// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "oracle/event.h"
#include "oracle/finding.h"
#include "oracle/observation.h"
#include "oracle/tally.h"

namespace nmistorm::oracle {

/// Feeds one run's events and then its observation to every rule. Pure: the same events and
/// observation give the same findings on every machine.
class Judge {
  public:
    explicit Judge(const plan::RunPlan& plan);
    Judge(const Judge&) = delete;  // the rules refer to it
    Judge& operator=(const Judge&) = delete;
    ~Judge();

    /// The next event; orders must ascend and its vCPU be one of the plan's.
    void event(const Event& event);

    /// Events between the last one and the next were lost. What rules knew only through events may
    /// have changed unseen: they start over and judge only what they see begin from here on.
    void gap(std::uint64_t lost);

    /// The counters of @p vcpu while it may be running, read in this order: exits, answered and
    /// defaulted, dummy and declined, count, entries.
    void sample(unsigned vcpu, const Counters& counters);

    /// A rule was broken by the events and samples so far.
    [[nodiscard]] bool violated() const { return !findings_.empty(); }

    [[nodiscard]] const Tally& tally() const { return tally_; }

    /// All findings of the run, those from events first, coverage last; of each rule the first
    /// FindingSink::per_rule. Call once.
    std::vector<Finding> finish(const Observation& observation);

  private:
    struct Rules;
    std::unique_ptr<Rules> rules_;
    std::vector<Finding> findings_;
    Tally tally_;
};

}  // namespace nmistorm::oracle
