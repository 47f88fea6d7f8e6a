// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "oracle/rules/rule.h"

namespace nmistorm::oracle::rules {

/// The run exercised what it should test. Each condition that is not met is one finding, which says what to
/// do about it. Such findings make a run inconclusive.
class Coverage : public Check {
  public:
    using Check::Check;
    void finish(const Observation& observation) override;

  private:
    void judge_swaps(const Observation& observation);
    void judge_unloads(const Observation& observation);
    void judge_hotplug(const Observation& observation);
    void judge_targets(const Observation& observation);
    void judge_arrivals(const Observation& observation);
    void judge_loss(const Observation& observation);
};

}  // namespace nmistorm::oracle::rules
