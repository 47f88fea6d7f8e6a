// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "oracle/rules/rule.h"

namespace nmistorm::oracle::rules {

/// After synchronize_sched() returned, no handler starts that was retired before the call.
class Freshness : public Check {
  public:
    using Check::Check;
    void event(const Event& event) override;
};

}  // namespace nmistorm::oracle::rules
