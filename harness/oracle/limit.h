// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "oracle/finding.h"

namespace nmistorm::oracle {

/// A rule that a run cannot judge, or only in part, since what it needs is not seen there. A report never
/// says of it that it held.
struct Limit {
    Rule rule{};
    bool in_part = false;  ///< it is judged as far as `why` allows
    std::string why;       ///< a few words, such as "there are no events with --observe counters"
    bool operator==(const Limit&) const = default;
};

/// @p limits rule @p rule out altogether.
inline bool rules_out(const std::vector<Limit>& limits, Rule rule) {
    return std::ranges::any_of(limits,
                               [rule](const Limit& limit) { return limit.rule == rule && !limit.in_part; });
}

}  // namespace nmistorm::oracle
