// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "oracle/rules/rule.h"

namespace nmistorm::oracle::rules {

/// Each block is allocated once under its generation and freed exactly once. None is left at the end.
class Allocation {
  public:
    explicit Allocation(unsigned) {}
    static void on(const fact::Allocated& allocated, const Context& context);
    static void on(const fact::Freed& freed, const Context& context);
    static void on(const fact::UpdaterDone& done, const Context& context);

  private:
    static constexpr unsigned live_max = 4;  ///< a swap of our guest needs two
};

}  // namespace nmistorm::oracle::rules
