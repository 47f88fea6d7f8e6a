// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "oracle/rules/rule.h"

namespace nmistorm::oracle::rules {

/// The number of NMIs handled lies within the bounds that KVM's rules give for the requests; in lockstep the
/// two are equal. This rule judges KVM.
class Delivery {
  public:
    explicit Delivery(unsigned) {}
    static void finish(const Observation& observation, const Tally& tally, FindingSink& sink);

  private:
    static void judge(const SourceAccount& account, bool settled, FindingSink& sink);
    static void judge(unsigned vcpu, const VcpuObservation& seen, FindingSink& sink);
    static void judge_settled(unsigned vcpu, const VcpuObservation& seen, bool lockstep, FindingSink& sink);
};

}  // namespace nmistorm::oracle::rules
