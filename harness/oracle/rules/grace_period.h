// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "oracle/rules/rule.h"

namespace nmistorm::oracle::rules {

/// A grace period ends only after every handler and reader that began before it has ended. No reader runs on
/// an offline vCPU, where grace periods do not wait for readers.
class GracePeriod {
  public:
    explicit GracePeriod(unsigned) {}
    static void on(const fact::GracePeriodEnded& ended, const Context& context);
    static void on(const fact::ReaderBegan& began, const Context& context);
    static void on(const fact::WentOffline& offline, const Context& context);
};

}  // namespace nmistorm::oracle::rules
