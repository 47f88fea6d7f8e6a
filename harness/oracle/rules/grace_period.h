// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "oracle/rules/rule.h"

namespace nmistorm::oracle::rules {

/// A grace period ends only after every handler and reader that began before it has ended. No reader runs on
/// an offline vCPU, where grace periods do not wait for readers.
class GracePeriod : public Check {
  public:
    using Check::Check;
    void event(const Event& event) override;

  private:
    void ended(const Event& event);
};

}  // namespace nmistorm::oracle::rules
