// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "oracle/rules/rule.h"

namespace nmistorm::oracle::rules {

/// A guest that obeys the ABI can have written what is in shared memory.
class AbiConformance {
  public:
    explicit AbiConformance(unsigned vcpus) : trips_(vcpus) {}
    void on(const fact::Tripped&, const Context& context) { ++trips_.at(context.at.vcpu); }
    void on(const fact::UpdaterDone&, const Context&) { done_ = true; }
    static void on(const Malformed& malformed, FindingSink& sink);
    void finish(const Observation& observation, const Tally& tally, FindingSink& sink);

  private:
    std::vector<std::uint64_t> trips_;  ///< by vCPU
    bool done_ = false;
};

}  // namespace nmistorm::oracle::rules
