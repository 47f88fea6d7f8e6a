// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <vector>

#include "oracle/rules/rule.h"

namespace nmistorm::oracle::rules {

/// Per CPU: nmi_count = handler entries = callbacks that ran = entries answered by the callback + default
/// actions, and the default actions match the dummy and declining callbacks. One callback runs for each NMI.
/// Each NMI is counted before its callback is loaded. If an NMI may still be under way at the end, each count
/// may lag by one.
class Count {
  public:
    explicit Count(unsigned vcpus) : seen_(vcpus) {}
    void on(const fact::NmiTaken& taken, const Context& context);
    void on(const fact::NmiEntered& entered, const Context& context);
    void on(const fact::CallbackLoaded& loaded, const Context& context);
    void on(const fact::NmiLeft& left, const Context& context);
    void gap();
    static void on(const Sample& sample, FindingSink& sink);
    void on(const AtRest& rest, FindingSink& sink) const;
    void finish(const Observation& observation, const Tally& tally, FindingSink& sink) const;
    void words(auto add) const {
        for (const Seen& each : seen_) {
            add(each.taken | std::uint64_t{each.next_count.value_or(0)} << 32);
        }
    }

  private:
    struct Seen {
        std::uint64_t taken = 0, enters = 0, from_idle = 0, from_offline = 0, calls = 0, leaves = 0,
                      answered = 0, defaulted = 0, by_dummy = 0, by_unknown = 0;
        std::optional<std::uint32_t> next_count = 1;  ///< nmi_count in the next NMI; none: not known
    };

    /// Of the vCPU that @p concern names.
    static void compare_counters(const Concern& concern, const Counters& counters, bool exact,
                                 FindingSink& sink);
    void compare_facts(unsigned vcpu, const Counters& counters, FindingSink& sink) const;

    std::vector<Seen> seen_;  ///< by vCPU
    bool complete_ = true;    ///< no fact was lost
};

}  // namespace nmistorm::oracle::rules
