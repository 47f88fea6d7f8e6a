// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "oracle/rules/rule.h"

namespace nmistorm::oracle::rules {

/// After synchronize_sched() returned, no handler starts that was retired before the call.
class Freshness {
  public:
    explicit Freshness(unsigned) {}
    static void on(const fact::CallbackLoaded& loaded, const Context& context);
};

}  // namespace nmistorm::oracle::rules
