// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "campaign/spread.h"
#include "oracle/exploration.h"
#include "oracle/finding.h"
#include "plan/matrix_plan.h"
#include "plan/run_plan.h"

namespace nmistorm::campaign {

using oracle::Outcome;
using oracle::Rule;

/// The result of one storm of a matrix.
struct Trial {
    plan::RunPlan plan;
    std::vector<oracle::Finding> findings;  ///< in the order of the judge
    std::string failure;                    ///< why the harness failed; empty if it did not
    std::string reproduce;                  ///< command line that repeats the storm; filled by the command

    // What the storm had exercised when it ended. A finding ends it within milliseconds.
    double seconds = 0;      ///< since the first request
    std::uint64_t nmis = 0;  ///< NMIs entered, including those before the first counted request
    std::uint64_t swaps = 0;
    std::uint64_t grace_periods = 0;
    std::uint64_t overlaps = 0;
    std::uint64_t idle_nmis = 0;
};

/// The result of exploring a row's image within a bound.
struct ExploredImage {
    plan::ExplorePlan plan;
    std::string_view not_shown;                ///< why no exploration shows the fault; else empty
    std::optional<oracle::Exploration> did{};  ///< none if it was not run or was cut short before a finding
    std::string failure{};                     ///< as in Trial
    std::string reproduce{};
};

/// One image and its storms: the clean image must pass them, a fault must be found by them.
struct MatrixRow {
    plan::RunPlan plan;           ///< of the first storm; others differ in the seed, see longer_storm()
    std::string_view wrong;       ///< what is wrong with the image; empty for the clean one
    std::vector<Rule> rules;      ///< the first broken rule must be one of these; none for the clean image
    std::string_view not_shown;   ///< why this lane cannot show the fault and does not run it; else empty
    std::vector<Trial> trials{};  ///< in the order of seeds
    std::optional<ExploredImage> explored{};  ///< with MatrixPlan::explore
};

/// The row belongs to the clean image.
inline bool is_clean(const MatrixRow& row) {
    return row.plan.fault == abi::Fault::none;
}

/// The rows for @p plan on @p kvm_backend (see kvm::backend()), still without trials. The clean image has a
/// row for every cycle. With several builds, all rows of the first come first.
std::vector<MatrixRow> matrix_rows(const plan::MatrixPlan& plan, std::string_view kvm_backend);

/// The storm to run in place of that of @p trial, if that storm was inconclusive and ran for less time than
/// @p plan allows; else none. Storms of the clean image are as short as a quiet host allows, so a busy host
/// may need a longer one.
std::optional<plan::RunPlan> longer_storm(const plan::MatrixPlan& plan, const Trial& trial);

enum class RowVerdict {
    found,         ///< every storm found the fault by one of its rules
    clean,         ///< nothing was found in the clean image
    missed,        ///< a storm passed
    wrong_rule,    ///< the first broken rule is not one of the row's
    flagged,       ///< the clean image broke a rule
    failed,        ///< a storm ended because the harness failed
    inconclusive,  ///< a storm was inconclusive
    not_shown,     ///< this lane cannot show the fault
    not_run,       ///< no storm was run
};
inline constexpr RowVerdict all_row_verdicts[] = {
    RowVerdict::found,        RowVerdict::clean,     RowVerdict::missed,
    RowVerdict::wrong_rule,   RowVerdict::flagged,   RowVerdict::failed,
    RowVerdict::inconclusive, RowVerdict::not_shown, RowVerdict::not_run};
std::string_view name(RowVerdict verdict);  ///< "found", ..., "wrong-rule", ...

/// The one of the two that is worse for a row.
RowVerdict worse(RowVerdict one, RowVerdict other);

/// The verdict of one storm of @p row; never not_shown or not_run.
RowVerdict verdict(const MatrixRow& row, const Trial& trial);

/// The verdict of the row's exploration, which may be not_shown or not_run.
RowVerdict verdict(const MatrixRow& row, const ExploredImage& explored);

/// The worst verdict of the row's storms, without its exploration.
RowVerdict verdict_of_storms(const MatrixRow& row);

/// The worst verdict of the row's storms and its exploration: a violation is worse than inconclusive. If only
/// one of the two can show the fault, that one must show it.
RowVerdict verdict(const MatrixRow& row);

/// The outcome of a matrix that has a row with this verdict.
Outcome outcome(RowVerdict verdict);

/// The storm found the row's fault, or found nothing in the clean image.
inline bool went_well(const MatrixRow& row, const Trial& trial) {
    return outcome(verdict(row, trial)) == Outcome::pass;
}

/// violation if any row has it, else inconclusive if any has it or nothing was run, else pass.
Outcome outcome(const std::vector<MatrixRow>& rows);

/// How @p figure spreads over the storms of @p row that went well; none if there are none.
template <typename Figure>
std::optional<Spread> spread_of(const MatrixRow& row, Figure Trial::*figure) {
    std::vector<double> values;
    for (const Trial& trial : row.trials) {
        if (went_well(row, trial)) {
            values.push_back(static_cast<double>(trial.*figure));
        }
    }
    return spread(values);
}

}  // namespace nmistorm::campaign
