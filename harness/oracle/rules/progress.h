// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "oracle/rules/rule.h"

namespace nmistorm::oracle::rules {

/// Handlers return, grace periods end, swaps continue, and no vCPU stops for good.
class Progress : public Check {
  public:
    using Check::Check;
    void finish(const Observation& observation) override;

  private:
    void stalled(const Stall& stall);
    void judge(const FatalExit& fatal_exit);
};

}  // namespace nmistorm::oracle::rules
