// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "oracle/rules/rule.h"

namespace nmistorm::oracle::rules {

/// Every handler and every reader that began before a grace period began had ended before it ended; and no
/// reader is where grace periods wait for none, on an offline vCPU.
class GracePeriod : public Check {
  public:
    using Check::Check;
    void event(const Event& event) override;

  private:
    void ended(const Event& event);
};

}  // namespace nmistorm::oracle::rules
