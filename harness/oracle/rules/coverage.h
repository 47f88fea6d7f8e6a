// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "oracle/rules/rule.h"

namespace nmistorm::oracle::rules {

/// The run exercised what it should test. Each condition that is not met is one finding, which says what to
/// do about it. Such findings make a run inconclusive.
class Coverage {
  public:
    explicit Coverage(unsigned) {}
    static void finish(const Observation& observation, const Tally& tally, FindingSink& sink);

  private:
    static void judge_swaps(const Observation& observation, const Tally& tally, FindingSink& sink);
    static void judge_deferred(const Observation& observation, const Tally& tally, FindingSink& sink);
    static void judge_unloads(const Observation& observation, const Tally& tally, FindingSink& sink);
    static void judge_hotplug(const Observation& observation, const Tally& tally, FindingSink& sink);
    static void judge_targets(const Observation& observation, const Tally& tally, FindingSink& sink);
    static void judge_sources(const Observation& observation, FindingSink& sink);
    static void judge_arrivals(const Observation& observation, FindingSink& sink);
    static void judge_loss(const Observation& observation, const Tally& tally, FindingSink& sink);
};

}  // namespace nmistorm::oracle::rules
