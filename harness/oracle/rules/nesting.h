// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "oracle/rules/rule.h"

namespace nmistorm::oracle::rules {

/// No handler starts on a vCPU inside another, and what it interrupted comes back unchanged.
class Nesting : public Check {
  public:
    using Check::Check;
    void event(const Event& event) override;
};

}  // namespace nmistorm::oracle::rules
