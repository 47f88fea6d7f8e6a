// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <optional>

#include <nmistorm/abi/version.h>

#include "oracle/rules/rule.h"

namespace nmistorm::oracle::rules {

/// Per CPU: nmi_count = handler entries = entries answered by the callback + default actions, and the default
/// actions match the dummy and declining callbacks. Each NMI is counted before its callback is loaded. If an
/// NMI may still be under way at the end, each count may lag by one.
class Count : public Check {
  public:
    using Check::Check;
    void event(const Event& event) override;
    void gap() override;
    void sample(unsigned vcpu, const Counters& counters) override;
    void finish(const Observation& observation) override;

  private:
    struct Seen {
        std::uint64_t enters = 0, from_idle = 0, from_offline = 0, calls = 0, leaves = 0, answered = 0,
                      defaulted = 0, by_dummy = 0, by_unknown = 0;
        std::optional<std::uint32_t> next_count = 1;  ///< nmi_count in the next NMI; none: not known
    };

    void entered(const Event& event);
    void compare_counters(unsigned vcpu, const Counters& counters, bool exact);
    void compare_events(unsigned vcpu, const Counters& counters);

    std::array<Seen, abi::max_cpus> seen_{};
    bool complete_ = true;  ///< no event was lost
};

}  // namespace nmistorm::oracle::rules
