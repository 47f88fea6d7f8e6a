// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <vector>

#include "oracle/rules/rule.h"

namespace nmistorm::oracle::rules {

/// No data is freed, and no handler's code destroyed, while a handler or reader may use it. After data was
/// retired, a whole grace period has passed before it is freed.
class Reclaim {
  public:
    explicit Reclaim(unsigned vcpus) : in_destroyed_code_(vcpus) {}
    static void on(const fact::CallbackLoaded& loaded, const Context& context);
    void on(const fact::NmiLeft& left, const Context& context);
    static void on(const fact::ReaderBegan& began, const Context& context);
    static void on(const fact::Freed& freed, const Context& context);
    void on(const fact::CodeDestroyed& destroyed, const Context& context);
    static void on(const fact::Touched& touched, const Context& context);
    void on(const fact::Tripped& tripped, const Context& context);
    void finish(const Observation& observation, const Tally& tally, FindingSink& sink);

    void words(auto add) const {
        for (const auto& each : in_destroyed_code_) {
            add(each ? std::uint64_t{1} << 32 | each->generation.value_or(0) : 0);
        }
    }

  private:
    void caught(const fact::Tripped& tripped, const Context& context);
    void got_away(unsigned vcpu, FindingSink& sink);

    /// By vCPU: the handler that was running when its code was destroyed.
    std::vector<std::optional<Concern>> in_destroyed_code_;
};

}  // namespace nmistorm::oracle::rules
