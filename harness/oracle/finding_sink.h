// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "oracle/finding.h"

namespace nmistorm::oracle {

/// What a finding is about, as far as it is known.
struct Concern {
    std::optional<unsigned> vcpu = {};
    std::optional<GuestVirt> at = {};
    std::optional<std::uint32_t> generation = {};
};

/// Where the rules put their findings. Knows the last events, and stops a rule that is broken over
/// and over from burying the others.
class FindingSink {
  public:
    static constexpr std::size_t per_rule = 8;  ///< further findings of a rule are dropped
    static constexpr std::size_t around = 24;   ///< events

    explicit FindingSink(std::vector<Finding>& findings) : findings_(findings) {}

    /// @p event is about to be judged.
    void seen(const Event& event) { last_[seen_++ % around] = event; }

    /// What follows is found in the observation, not in an event.
    void end_of_events() { seen_ = 0; }

    /// Findings of @p rule come before all others, which may be consequences.
    void lead(Rule rule);

    [[nodiscard]] bool empty() const { return findings_.empty(); }

    template <typename... Args>
    void report(Rule rule, const Concern& concern, fmt::format_string<Args...> format, Args&&... args) {
        // Before the text is made: a rule may be broken by every event of a long run.
        if (reported_[static_cast<std::size_t>(rule)]++ < per_rule) {
            findings_.push_back({rule,
                                 concern.vcpu,
                                 concern.at,
                                 concern.generation,
                                 fmt::format(format, std::forward<Args>(args)...),
                                 last_events(),
                                 {}});
        }
    }

  private:
    [[nodiscard]] std::vector<Event> last_events() const;

    std::vector<Finding>& findings_;
    std::array<std::size_t, std::size(all_rules)> reported_{};
    std::array<Event, around> last_{};
    std::size_t seen_ = 0;
};

}  // namespace nmistorm::oracle
