// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "oracle/rules/rule.h"

namespace nmistorm::oracle::rules {

/// Each block is allocated once under its generation and freed exactly once. None is left at the end.
class Allocation : public Check {
  public:
    using Check::Check;
    void event(const Event& event) override;

  private:
    void allocated(const Event& event);
    void freed(const Event& event);
    void done();

    static constexpr unsigned live_max = 4;  ///< a swap needs two
};

}  // namespace nmistorm::oracle::rules
