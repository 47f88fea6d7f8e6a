// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <optional>

#include <nmistorm/abi/version.h>

#include "oracle/rules/rule.h"

namespace nmistorm::oracle::rules {

/// No handler or reader used data, or a handler's code, between its free and its next publication.
class Reclaim : public Check {
  public:
    using Check::Check;
    void event(const Event& event) override;
    void finish(const Observation& observation) override;

  private:
    void freed(const Event& event);
    void unloaded(const Event& event);
    void left(const Event& event);
    void tripped(const Event& event);
    void caught(const Event& event);
    void got_away(unsigned vcpu);

    /// By vCPU: the handler that was running when its code was destroyed.
    std::array<std::optional<Concern>, abi::max_cpus> in_destroyed_code_;
};

}  // namespace nmistorm::oracle::rules
