// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "oracle/rules/rule.h"

namespace nmistorm::oracle::rules {

/// Handlers load only callbacks that were published, run what they loaded, and find its data initialised.
class Publish {
  public:
    explicit Publish(unsigned) {}
    static void on(const fact::Published& published, const Context& context);
    static void on(const fact::CallbackLoaded& loaded, const Context& context);
    static void on(const fact::CallbackBegan& began, const Context& context);
    static void on(const fact::NmiLeft& left, const Context& context);
    static void on(const fact::Touched& touched, const Context& context);
    static void on(const fact::Tripped& tripped, const Context& context);
};

}  // namespace nmistorm::oracle::rules
