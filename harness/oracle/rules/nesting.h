// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <set>

#include "oracle/rules/rule.h"

namespace nmistorm::oracle::rules {

/// No handler starts inside another on the same vCPU, and each handler restores what it interrupted.
class Nesting {
  public:
    explicit Nesting(unsigned) {}
    static void on(const fact::NmiTaken& taken, const Context& context);
    void on(const fact::NmiEntered& entered, const Context& context);
    static void on(const fact::NmiReturned& returned, const Context& context);
    static void on(const fact::Tripped& tripped, const Context& context);
    void finish(const Observation& observation, const Tally& tally, FindingSink& sink) const;

  private:
    std::set<unsigned> nested_;  ///< vCPUs for which nesting was reported
};

}  // namespace nmistorm::oracle::rules
