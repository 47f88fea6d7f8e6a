// SPDX-License-Identifier: GPL-2.0-or-later
#include "campaign/matrix_rows.h"

#include <algorithm>
#include <iterator>

#include "campaign/fault_facts.h"
#include "plan/names.h"

namespace nmistorm::campaign {
namespace {

plan::RunPlan clean_storm(const plan::MatrixPlan& plan, abi::Cycle cycle) {
    plan::RunPlan storm;
    storm.arch = plan.arch;
    storm.cycle = cycle;
    storm.seed = seed_of(plan, 0);
    storm.duration = clean_duration(plan);
    return storm;
}

MatrixRow fault_row(const plan::MatrixPlan& plan, abi::Fault fault, std::string_view kvm_backend) {
    const FaultFacts& facts = facts_of(fault);
    MatrixRow row{.plan = showing(facts, plan.arch, seed_of(plan, 0)),
                  .wrong = facts.wrong,
                  .rules = facts.rules,
                  .not_shown = why_not_shown(facts, plan.arch, kvm_backend)};
    row.plan.duration = plan.duration;
    row.plan.nmis.reset();
    return row;
}

ExploredImage exploration_of(const MatrixRow& row) {
    ExploreFacts facts;
    if (is_clean(row)) {
        facts.plan.cycle = row.plan.cycle;
    } else {
        facts = explore_facts(row.plan.fault);
    }
    facts.plan.arch = row.plan.arch;
    facts.plan.guest_build = row.plan.guest_build;
    return {.plan = facts.plan, .not_shown = facts.not_shown};
}

/// The rows of one build.
std::vector<MatrixRow> rows_of_build(const plan::MatrixPlan& plan, const std::optional<std::string>& build,
                                     std::string_view kvm_backend) {
    std::vector<MatrixRow> rows;
    for (const abi::Fault fault : plan.faults) {
        if (fault != abi::Fault::none) {
            rows.push_back(fault_row(plan, fault, kvm_backend));
            continue;
        }
        for (const abi::Cycle cycle : plan::all_cycles()) {
            rows.push_back({.plan = clean_storm(plan, cycle), .wrong = {}, .rules = {}, .not_shown = {}});
        }
    }
    for (MatrixRow& row : rows) {
        row.plan.guest_build = build;
        row.plan.injector = plan.injector;
        if (plan.explore) {
            row.explored = exploration_of(row);
        }
    }
    return rows;
}

}  // namespace

std::vector<MatrixRow> matrix_rows(const plan::MatrixPlan& plan, std::string_view kvm_backend) {
    if (plan.guest_builds.empty()) {
        return rows_of_build(plan, std::nullopt, kvm_backend);
    }
    std::vector<MatrixRow> rows;
    for (const std::string& build : plan.guest_builds) {
        std::ranges::move(rows_of_build(plan, build, kvm_backend), std::back_inserter(rows));
    }
    return rows;
}

std::optional<plan::RunPlan> longer_storm(const plan::MatrixPlan& plan, const Trial& trial) {
    if (!trial.failure.empty() || outcome(trial.findings) != Outcome::inconclusive ||
        trial.plan.duration >= plan.duration) {
        return std::nullopt;
    }
    plan::RunPlan longer = trial.plan;
    longer.duration = plan.duration;
    return longer;
}

std::string_view name(RowVerdict verdict) {
    switch (verdict) {
        case RowVerdict::found:
            return "found";
        case RowVerdict::clean:
            return "clean";
        case RowVerdict::missed:
            return "missed";
        case RowVerdict::wrong_rule:
            return "wrong-rule";
        case RowVerdict::flagged:
            return "flagged";
        case RowVerdict::failed:
            return "failed";
        case RowVerdict::inconclusive:
            return "inconclusive";
        case RowVerdict::not_shown:
            return "not-shown";
        case RowVerdict::not_run:
            return "not-run";
    }
    return "unknown";
}

namespace {

/// The verdict for @p row if one way of running it ended with @p outcome. @p first is the first broken rule
/// of a violation.
RowVerdict judged(const MatrixRow& row, Outcome outcome, const oracle::Finding* first) {
    switch (outcome) {
        case Outcome::pass:
            return is_clean(row) ? RowVerdict::clean : RowVerdict::missed;
        case Outcome::inconclusive:
            return RowVerdict::inconclusive;
        case Outcome::violation:
            break;
    }
    if (is_clean(row)) {
        return RowVerdict::flagged;
    }
    const bool own = first != nullptr && std::ranges::find(row.rules, first->rule) != row.rules.end();
    return own ? RowVerdict::found : RowVerdict::wrong_rule;
}

}  // namespace

RowVerdict verdict(const MatrixRow& row, const Trial& trial) {
    if (!trial.failure.empty()) {
        return RowVerdict::failed;
    }
    return judged(row, outcome(trial.findings), trial.findings.empty() ? nullptr : &trial.findings.front());
}

RowVerdict verdict(const MatrixRow& row, const ExploredImage& explored) {
    if (!explored.not_shown.empty()) {
        return RowVerdict::not_shown;
    }
    if (!explored.failure.empty()) {
        return RowVerdict::failed;
    }
    if (!explored.did) {
        return RowVerdict::not_run;
    }
    const auto& found = explored.did->found;
    return judged(row, outcome(*explored.did), found ? &found->finding : nullptr);
}

namespace {

// The worst first.
constexpr RowVerdict ranks[] = {RowVerdict::missed, RowVerdict::wrong_rule,   RowVerdict::flagged,
                                RowVerdict::failed, RowVerdict::inconclusive, RowVerdict::not_run,
                                RowVerdict::found,  RowVerdict::clean,        RowVerdict::not_shown};
static_assert(std::size(ranks) == std::size(all_row_verdicts));

}  // namespace

RowVerdict worse(RowVerdict one, RowVerdict other) {
    return std::ranges::find(ranks, one) < std::ranges::find(ranks, other) ? one : other;
}

RowVerdict verdict_of_storms(const MatrixRow& row) {
    if (!row.not_shown.empty()) {
        return RowVerdict::not_shown;
    }
    if (row.trials.empty()) {
        return RowVerdict::not_run;
    }
    RowVerdict worst = is_clean(row) ? RowVerdict::clean : RowVerdict::found;
    for (const Trial& trial : row.trials) {
        worst = worse(worst, verdict(row, trial));
    }
    return worst;
}

RowVerdict verdict(const MatrixRow& row) {
    const RowVerdict storms = verdict_of_storms(row);
    return row.explored ? worse(storms, verdict(row, *row.explored)) : storms;
}

Outcome outcome(RowVerdict verdict) {
    switch (verdict) {
        case RowVerdict::found:
        case RowVerdict::clean:
        case RowVerdict::not_shown:
            return Outcome::pass;
        case RowVerdict::missed:
        case RowVerdict::wrong_rule:
        case RowVerdict::flagged:
            return Outcome::violation;
        case RowVerdict::failed:
        case RowVerdict::inconclusive:
        case RowVerdict::not_run:
            break;
    }
    return Outcome::inconclusive;
}

Outcome outcome(const std::vector<MatrixRow>& rows) {
    const auto any = [&rows](Outcome wanted) {
        return std::ranges::any_of(
            rows, [wanted](const MatrixRow& row) { return outcome(verdict(row)) == wanted; });
    };
    if (any(Outcome::violation)) {
        return Outcome::violation;
    }
    const bool nothing_ran = std::ranges::all_of(rows, [](const MatrixRow& row) {
        return row.trials.empty() && !(row.explored && row.explored->did);
    });
    return nothing_ran || any(Outcome::inconclusive) ? Outcome::inconclusive : Outcome::pass;
}

}  // namespace nmistorm::campaign
