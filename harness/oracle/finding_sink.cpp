// SPDX-License-Identifier: GPL-2.0-or-later
#include "oracle/finding_sink.h"

#include <algorithm>

namespace nmistorm::oracle {

void FindingSink::lead(Rule rule) {
    std::stable_partition(findings_.begin(), findings_.end(),
                          [rule](const Finding& each) { return each.rule == rule; });
}

std::vector<Recorded> FindingSink::last_facts() const {
    const std::size_t first = seen_ - std::min(seen_, around);
    std::vector<Recorded> facts;
    for (std::size_t i = first; i < seen_; ++i) {
        facts.push_back(last_[i % around]);
    }
    return facts;
}

}  // namespace nmistorm::oracle
