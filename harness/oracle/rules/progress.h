// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "oracle/rules/rule.h"

namespace nmistorm::oracle::rules {

/// The guest makes progress: no vCPU stops for good, hangs or waits for what cannot happen.
class Progress {
  public:
    explicit Progress(unsigned) {}
    static void finish(const Observation& observation, const Tally& tally, FindingSink& sink);
    static void on(const FatalExit& fatal_exit, FindingSink& sink);
    static void on(const Deadlock& deadlock, FindingSink& sink);

  private:
    static void judge(const Stall& stall, FindingSink& sink);
};

}  // namespace nmistorm::oracle::rules
