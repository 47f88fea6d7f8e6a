// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "oracle/finding.h"
#include "plan/explore_plan.h"
#include "plan/run_plan.h"

namespace nmistorm::campaign {

using oracle::Rule;

/// A lane that cannot show a fault: one architecture on one KVM.
struct NotShown {
    plan::Arch arch{};
    std::string_view kvm_backend;  ///< as kvm::backend() names it; empty: on every KVM
    std::string_view reason;       ///< a sentence without a full stop
};

/// How an exploration shows a fault.
struct ExploreFacts {
    plan::ExplorePlan plan = {};      ///< the default bound, raised only as far as the fault needs
    std::string_view not_shown = {};  ///< why no exploration shows the fault; else empty
};

/// What is known about one fault (abi/fault.def): what is wrong, and what shows it.
struct FaultFacts {
    abi::Fault fault{};
    std::string_view wrong;       ///< what is wrong, in a few words
    std::vector<Rule> rules;      ///< the first broken rule must be one of these
    plan::RunPlan shown_by = {};  ///< the storm that shows it, without arch, fault, seed and limits
    ExploreFacts explored = {};   ///< without arch and fault
    std::vector<NotShown> not_shown = {};
};

/// Every fault but `none`, in the order of their numbers.
std::span<const FaultFacts> fault_facts();

/// The facts of @p fault, which must not be `none`.
const FaultFacts& facts_of(abi::Fault fault);

/// The reason why @p arch on @p kvm_backend cannot show the fault; empty if it can.
std::string_view why_not_shown(const FaultFacts& facts, plan::Arch arch, std::string_view kvm_backend);

/// The storm that must find the fault: at most ten seconds and 100,000 NMIs.
plan::RunPlan showing(const FaultFacts& facts, plan::Arch arch, std::uint64_t seed);

/// The exploration that must find @p fault, which must not be `none`.
ExploreFacts explore_facts(abi::Fault fault);

}  // namespace nmistorm::campaign
