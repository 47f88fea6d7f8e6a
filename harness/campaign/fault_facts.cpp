// SPDX-License-Identifier: GPL-2.0-or-later
#include "campaign/fault_facts.h"

#include <algorithm>

namespace nmistorm::campaign {
namespace {

const std::vector<FaultFacts>& table() {
    using enum oracle::Rule;
// clang-format off
#define RULES(...) {__VA_ARGS__}
#define STORM(...) {__VA_ARGS__}
#define EXPLORE(...) {.plan = {__VA_ARGS__}, .not_shown = {}}
#define NEVER(why) {.plan = {}, .not_shown = why}
#define NMISTORM_FAULT_ROW(enumerator, name, what, broken, storm, exploration) \
    {.fault = abi::Fault::enumerator, .wrong = what, .rules = broken, .shown_by = storm, .explored = exploration},
    // clang-format on
    static const std::vector<FaultFacts> facts = {
#include <nmistorm/abi/fault.def>
    };
#undef RULES
#undef STORM
#undef EXPLORE
#undef NEVER
    return facts;
}

}  // namespace

std::span<const FaultFacts> fault_facts() {
    return table();
}

const FaultFacts& facts_of(abi::Fault fault) {
    return table().at(static_cast<std::size_t>(fault) - 1);
}

std::string_view why_not_shown(const FaultFacts& facts, plan::Arch arch, std::string_view kvm_backend) {
    const auto found = std::ranges::find_if(facts.not_shown, [&](const NotShown& lane) {
        return lane.arch == arch && (lane.kvm_backend.empty() || lane.kvm_backend == kvm_backend);
    });
    return found == facts.not_shown.end() ? std::string_view{} : found->reason;
}

plan::RunPlan showing(const FaultFacts& facts, plan::Arch arch, std::uint64_t seed) {
    plan::RunPlan plan = facts.shown_by;
    plan.arch = arch;
    plan.fault = facts.fault;
    plan.seed = seed;
    plan.duration = std::chrono::seconds(10);
    plan.nmis = 100'000;
    return plan;
}

ExploreFacts explore_facts(abi::Fault fault) {
    ExploreFacts facts = facts_of(fault).explored;
    facts.plan.fault = fault;
    return facts;
}

}  // namespace nmistorm::campaign
