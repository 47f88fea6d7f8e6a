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

/// Feeds the events of one run and then its observation to every rule. It is pure: the same events and
/// observation give the same findings on every machine.
class Judge {
  public:
    explicit Judge(const plan::RunPlan& plan);
    Judge(const Judge&) = delete;  // the rules refer to it
    Judge& operator=(const Judge&) = delete;
    ~Judge();

    /// Takes the next event. Orders must ascend and the vCPU must be one of the plan's.
    void event(const Event& event);

    /// Events between the last one and the next were lost. State that rules know only through events may have
    /// changed unseen, so rules start over and judge only what they see begin after the gap.
    void gap(std::uint64_t lost);

    /// Takes the counters of @p vcpu, which may be running. They must have been read in this order: exits,
    /// answered and defaulted, dummy and declined, count, entries.
    void sample(unsigned vcpu, const Counters& counters);

    /// The events and samples so far broke a rule.
    [[nodiscard]] bool violated() const { return !findings_.empty(); }

    [[nodiscard]] const Tally& tally() const { return tally_; }

    /// All findings of the run: those from events first, coverage last. At most FindingSink::per_rule of each
    /// rule are kept. Call once.
    std::vector<Finding> finish(const Observation& observation);

  private:
    struct Rules;
    std::unique_ptr<Rules> rules_;
    std::vector<Finding> findings_;
    Tally tally_;
};

}  // namespace nmistorm::oracle
