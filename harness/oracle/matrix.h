// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oracle/exploration.h"
#include "oracle/finding.h"
#include "oracle/spread.h"
#include "plan/matrix_plan.h"
#include "plan/run_plan.h"

namespace nmistorm::oracle {

/// What one storm of a matrix showed.
struct Trial {
    plan::RunPlan plan;
    std::vector<Finding> findings;  ///< in the order of the judge
    std::string failure;            ///< on what the harness failed; empty if it did not
    std::string reproduce;          ///< command line that repeats it; filled by the command

    // What it had exercised when it ended, which a finding makes it do within milliseconds.
    double seconds = 0;      ///< since the first request
    std::uint64_t nmis = 0;  ///< entered, those before the first request that counts included
    std::uint64_t swaps = 0;
    std::uint64_t grace_periods = 0;
    std::uint64_t overlaps = 0;
    std::uint64_t idle_nmis = 0;
};

/// What going through all schedules within a bound showed of a row's image.
struct ExploredImage {
    plan::ExplorePlan plan;
    std::string_view not_shown;  ///< why no exploration shows the fault; else empty
    std::optional<Exploration>
        did{};              ///< nothing where it was not made, or cut short before it found anything
    std::string failure{};  ///< as in Trial
    std::string reproduce{};
};

/// One image and the storm that it must stand, or be found by.
struct MatrixRow {
    plan::RunPlan plan;           ///< of its first storm; others differ in the seed, see longer_storm()
    std::string_view wrong;       ///< what is wrong with the image; empty for the clean one
    std::vector<Rule> rules;      ///< one of these must be the first that is broken; none for the clean one
    std::string_view not_shown;   ///< why this lane cannot show it, so that it is not run; else empty
    std::vector<Trial> trials{};  ///< by seed
    std::optional<ExploredImage> explored{};  ///< with MatrixPlan::explore
};

/// The row is the clean image's.
inline bool is_clean(const MatrixRow& row) {
    return row.plan.fault == abi::Fault::none;
}

/// What @p plan asks for on @p kvm_backend, as kvm::backend() names it, without a trial yet. The clean
/// image has a row for every cycle.
std::vector<MatrixRow> matrix_rows(const plan::MatrixPlan& plan, std::string_view kvm_backend);

/// The storm to run instead of that of @p trial, which proved nothing but had less time than a storm of
/// @p plan may take; nothing where there is no such reason. The clean image's are as short as a quiet host
/// allows.
std::optional<plan::RunPlan> longer_storm(const plan::MatrixPlan& plan, const Trial& trial);

enum class RowVerdict {
    found,         ///< in every storm, by one of its rules
    clean,         ///< nothing was found in the clean image
    missed,        ///< a storm passed
    wrong_rule,    ///< the first rule that was broken is none of its own
    flagged,       ///< a rule was broken by the clean image
    failed,        ///< a storm ended because the harness failed
    inconclusive,  ///< a storm proved nothing
    not_shown,     ///< this lane cannot show it
    not_run,       ///< nothing took place
};
inline constexpr RowVerdict all_row_verdicts[] = {
    RowVerdict::found,        RowVerdict::clean,     RowVerdict::missed,
    RowVerdict::wrong_rule,   RowVerdict::flagged,   RowVerdict::failed,
    RowVerdict::inconclusive, RowVerdict::not_shown, RowVerdict::not_run};
std::string_view name(RowVerdict verdict);  ///< "found", ..., "wrong-rule", ...

/// The same of one storm of @p row; never not_shown or not_run.
RowVerdict verdict(const MatrixRow& row, const Trial& trial);

/// The same of its exploration, which may be not_shown or not_run.
RowVerdict verdict(const MatrixRow& row, const ExploredImage& explored);

/// The worst of its storms alone.
RowVerdict verdict_of_storms(const MatrixRow& row);

/// The worst of its storms and its exploration: a violation is worse than inconclusive.
/// If only one of the two can show the fault, that one must show it.
RowVerdict verdict(const MatrixRow& row);

/// What a verdict makes of the matrix as a whole.
Outcome outcome(RowVerdict verdict);

/// The storm found what it must, or nothing where there is nothing to find.
inline bool went_well(const MatrixRow& row, const Trial& trial) {
    return outcome(verdict(row, trial)) == Outcome::pass;
}

/// Violation if a row says so, else inconclusive if one does or nothing was run, else pass.
Outcome outcome(const std::vector<MatrixRow>& rows);

/// How @p figure spreads over the storms of @p row that went as they must; nothing where none did.
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

}  // namespace nmistorm::oracle
