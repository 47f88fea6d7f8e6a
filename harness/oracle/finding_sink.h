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

/// What a finding refers to, as far as it is known.
struct Concern {
    std::optional<unsigned> vcpu = {};
    std::optional<GuestVirt> at = {};
    std::optional<std::uint32_t> generation = {};
};

/// Collects the rules' findings. It remembers the last events, and limits the findings of one rule so that
/// they do not crowd out the others.
class FindingSink {
  public:
    static constexpr std::size_t per_rule = 8;  ///< further findings of a rule are dropped
    static constexpr std::size_t around = 24;   ///< events

    explicit FindingSink(std::vector<Finding>& findings) : findings_(findings) {}

    /// @p event is about to be judged.
    void seen(const Event& event) { last_[seen_++ % around] = event; }

    /// The findings that follow come from the observation, not from an event.
    void end_of_events() { seen_ = 0; }

    /// Puts the findings of @p rule first, since the others may be consequences of it.
    void lead(Rule rule);

    [[nodiscard]] bool empty() const { return findings_.empty(); }

    template <typename... Args>
    void report(Rule rule, const Concern& concern, fmt::format_string<Args...> format, Args&&... args) {
        // Count before making the text: every event of a long run may break the same rule.
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
