// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <vector>

#include "oracle/rules/rule.h"

namespace nmistorm::oracle::rules {

/// Handlers leave in their data what they must: on each vCPU they count in that vCPU's slot how often they
/// used the data, and they write to nothing outside the block.
class Data {
  public:
    explicit Data(unsigned vcpus) : vcpus_(vcpus) {}
    void on(const fact::Allocated& allocated, const Context& context);
    void on(const fact::NmiLeft& left, const Context& context);
    void on(const fact::SlotLeft& slot, const Context& context);
    void on(const fact::Freed& freed, const Context& context);
    static void on(const fact::Touched& touched, const Context& context);
    static void on(const fact::Tripped& tripped, const Context& context);
    void gap() { live_.clear(); }

    void words(auto add) const {
        for (const Uses& each : live_) {
            add(each.generation);
            for (const std::uint32_t uses : each.by_vcpu) {
                add(uses);
            }
        }
        add(live_.size());
    }

  private:
    /// Of data whose allocation was seen, and that is not freed.
    struct Uses {
        std::uint32_t generation = 0;
        std::vector<std::uint32_t> by_vcpu;
    };
    static constexpr std::size_t most = 16;  ///< more are in use only if they are not freed

    Uses* find(std::uint32_t generation);

    unsigned vcpus_;
    std::vector<Uses> live_;  ///< the last allocated is last
};

}  // namespace nmistorm::oracle::rules
