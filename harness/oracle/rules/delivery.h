// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "oracle/rules/rule.h"

namespace nmistorm::oracle::rules {

/// NMIs handled lie within the bounds that KVM gives for what was requested; in lockstep they are equal.
/// Judges KVM.
class Delivery : public Check {
  public:
    using Check::Check;
    void finish(const Observation& observation) override;

  private:
    void judge(unsigned vcpu, const VcpuObservation& seen);
    void judge_settled(unsigned vcpu, const VcpuObservation& seen, bool lockstep);
};

}  // namespace nmistorm::oracle::rules
