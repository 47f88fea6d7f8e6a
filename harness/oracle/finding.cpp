// SPDX-License-Identifier: GPL-2.0-or-later
#include "oracle/finding.h"

#include <algorithm>

namespace nmistorm::oracle {

std::string_view name(Rule rule) {
    switch (rule) {
        case Rule::count:
            return "count";
        case Rule::grace_period:
            return "grace-period";
        case Rule::reclaim:
            return "reclaim";
        case Rule::publish:
            return "publish";
        case Rule::freshness:
            return "freshness";
        case Rule::allocation:
            return "allocation";
        case Rule::delivery:
            return "delivery";
        case Rule::nesting:
            return "nesting";
        case Rule::progress:
            return "progress";
        case Rule::abi_conformance:
            return "abi-conformance";
        case Rule::coverage:
            return "coverage";
    }
    return "unknown";
}

std::string_view name(Judges judges) {
    switch (judges) {
        case Judges::guest:
            return "guest";
        case Judges::kvm:
            return "kvm";
        case Judges::run:
            return "run";
    }
    return "unknown";
}

Judges judges(Rule rule) {
    switch (rule) {
        case Rule::delivery:
            return Judges::kvm;
        case Rule::coverage:
            return Judges::run;
        default:
            return Judges::guest;
    }
}

std::string_view name(Outcome outcome) {
    switch (outcome) {
        case Outcome::pass:
            return "pass";
        case Outcome::violation:
            return "violation";
        case Outcome::inconclusive:
            return "inconclusive";
    }
    return "unknown";
}

Outcome outcome(const std::vector<Finding>& findings) {
    if (findings.empty()) {
        return Outcome::pass;
    }
    const bool only_worth =
        std::ranges::all_of(findings, [](const Finding& finding) { return finding.rule == Rule::coverage; });
    return only_worth ? Outcome::inconclusive : Outcome::violation;
}

}  // namespace nmistorm::oracle
