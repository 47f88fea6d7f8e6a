// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <set>

#include "oracle/rules/rule.h"

namespace nmistorm::oracle::rules {

/// No handler starts inside another on the same vCPU, and each handler restores what it interrupted.
class Nesting : public Check {
  public:
    using Check::Check;
    void event(const Event& event) override;
    void finish(const Observation& observation) override;

  private:
    std::set<unsigned> nested_;  ///< vCPUs for which nesting was reported
};

}  // namespace nmistorm::oracle::rules
