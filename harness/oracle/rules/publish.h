// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "oracle/rules/rule.h"

namespace nmistorm::oracle::rules {

/// What is published has not been freed. A handler is entered through a published callback, the callback
/// it ran is the one it loaded, and its data is wholly initialised and what was published with it.
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
