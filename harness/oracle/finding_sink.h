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

/// Collects the rules' findings. It remembers the last facts, and limits the findings of one rule so that
/// they do not crowd out the others.
class FindingSink {
  public:
    static constexpr std::size_t per_rule = 8;  ///< further findings of a rule are dropped
    static constexpr std::size_t around = 24;   ///< facts

    /// @p fact is about to be judged.
    void seen(const At& at, const Fact& fact) { last_[seen_++ % around] = {at, fact}; }

    /// The findings that follow come from the observation, not from a fact.
    void end_of_facts() { seen_ = 0; }

    /// Puts the findings of @p rule first, since the others may be consequences of it.
    void lead(Rule rule);

    [[nodiscard]] bool empty() const { return findings_.empty(); }
    [[nodiscard]] const std::vector<Finding>& findings() const { return findings_; }
    /// Empties it.
    std::vector<Finding> take() { return std::exchange(*this, {}).findings_; }

    template <typename... Args>
    void report(Rule rule, const Concern& concern, fmt::format_string<Args...> format, Args&&... args) {
        // Count before making the text: every fact of a long run may break the same rule.
        if (reported_[static_cast<std::size_t>(rule)]++ < per_rule) {
            findings_.push_back({rule,
                                 concern.vcpu,
                                 concern.at,
                                 concern.generation,
                                 fmt::format(format, std::forward<Args>(args)...),
                                 last_facts(),
                                 {}});
        }
    }

  private:
    [[nodiscard]] std::vector<Recorded> last_facts() const;

    std::vector<Finding> findings_;
    std::array<std::size_t, std::size(all_rules)> reported_{};
    std::array<Recorded, around> last_{};
    std::size_t seen_ = 0;
};

}  // namespace nmistorm::oracle
