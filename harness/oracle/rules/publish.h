// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "oracle/rules/rule.h"

namespace nmistorm::oracle::rules {

/// Published data has not been freed. A handler is entered through a published callback and is the one that
/// was loaded; its data is fully initialised and is the data published with it.
class Publish : public Check {
  public:
    using Check::Check;
    void event(const Event& event) override;

  private:
    void published(const Event& event);
    void called(const Event& event);
    void left(const Event& event);
    void tripped(const Event& event);
};

}  // namespace nmistorm::oracle::rules
