// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "oracle/rules/rule.h"

namespace nmistorm::oracle::rules {

/// No handler or reader used data between its free and its next publication.
class Reclaim : public Check {
  public:
    using Check::Check;
    void event(const Event& event) override;

  private:
    void freed(const Event& event);
    void left(const Event& event);
    void tripped(const Event& event);
};

}  // namespace nmistorm::oracle::rules
