// SPDX-License-Identifier: GPL-2.0-or-later
#include "oracle/finding.h"

#include <algorithm>

#include "base/enum_names.h"

namespace nmistorm::oracle {
namespace {

constexpr std::string_view rule_names[] = {
#define NMISTORM_RULE(type, enumerator, name, judges) name,
#include "oracle/rules.def"
};

}  // namespace

std::string_view name(Rule rule) {
    return rule_names[static_cast<std::size_t>(rule)];
}

std::optional<Rule> parse_rule(std::string_view word) {
    return find_name<Rule>(rule_names, word);
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
    static constexpr Judges of_rules[] = {
#define NMISTORM_RULE(type, enumerator, name, judges) Judges::judges,
#include "oracle/rules.def"
    };
    return of_rules[static_cast<std::size_t>(rule)];
}

void locate(std::vector<Finding>& findings, const std::function<std::string(GuestVirt)>& describe) {
    for (Finding& finding : findings) {
        if (finding.at) {
            finding.where = describe(*finding.at);
        }
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
