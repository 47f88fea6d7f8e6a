// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "oracle/fact.h"

namespace nmistorm::oracle {

/// The rules of the design's section 6, and `abi-conformance`: a guest that obeys the ABI can have written
/// what is in shared memory.
enum class Rule {
#define NMISTORM_RULE(type, enumerator, name, judges) enumerator,
#include "oracle/rules.def"
};
inline constexpr Rule all_rules[] = {
#define NMISTORM_RULE(type, enumerator, name, judges) Rule::enumerator,
#include "oracle/rules.def"
};
std::string_view name(Rule rule);
std::optional<Rule> parse_rule(std::string_view word);

/// Who is at fault when the rule is broken.
enum class Judges { guest, kvm, run };
std::string_view name(Judges judges);
Judges judges(Rule rule);

/// One broken rule.
struct Finding {
    Rule rule;
    std::optional<unsigned> vcpu;
    std::optional<GuestVirt> at;              ///< the instruction or callback of the finding
    std::optional<std::uint32_t> generation;  ///< of the handler data in the finding
    std::string detail;                       ///< one sentence with the figures
    std::vector<Recorded> around;             ///< the last facts up to and including the one that broke it
    std::string where;                        ///< `at` as symbol+offset file:line, see locate()
};

/// Fills `where` of each finding that has an `at`, as @p describe names it.
void locate(std::vector<Finding>& findings, const std::function<std::string(GuestVirt)>& describe);

enum class Outcome { pass, violation, inconclusive };
std::string_view name(Outcome outcome);

/// violation if there is a finding other than coverage, else inconclusive if there is any, else pass.
Outcome outcome(const std::vector<Finding>& findings);

}  // namespace nmistorm::oracle
