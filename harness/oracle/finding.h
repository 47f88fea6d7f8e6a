// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
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
    count,
    grace_period,
    reclaim,
    publish,
    freshness,
    allocation,
    delivery,
    nesting,
    progress,
    abi_conformance,
    coverage,
};
inline constexpr Rule all_rules[] = {Rule::count,     Rule::grace_period,    Rule::reclaim,  Rule::publish,
                                     Rule::freshness, Rule::allocation,      Rule::delivery, Rule::nesting,
                                     Rule::progress,  Rule::abi_conformance, Rule::coverage};
std::string_view name(Rule rule);

/// Who is at fault when the rule is broken.
enum class Judges { guest, kvm, run };
std::string_view name(Judges judges);
Judges judges(Rule rule);  ///< delivery: kvm, coverage: run, all others: guest

/// One broken rule.
struct Finding {
    Rule rule;
    std::optional<unsigned> vcpu;
    std::optional<GuestVirt> at;              ///< the instruction or callback of the finding
    std::optional<std::uint32_t> generation;  ///< of the handler data in the finding
    std::string detail;                       ///< one sentence with the figures
    std::vector<Recorded> around;             ///< the last facts up to and including the one that broke it
    std::string where;                        ///< `at` as symbol+offset file:line; filled by the driver
};

enum class Outcome { pass, violation, inconclusive };
std::string_view name(Outcome outcome);

/// violation if there is a finding other than coverage, else inconclusive if there is any, else pass.
Outcome outcome(const std::vector<Finding>& findings);

}  // namespace nmistorm::oracle
