// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "campaign/matrix_report.h"
#include "plan/names.h"
#include "report/figures.h"

namespace nmistorm::campaign {
namespace {

using report::Align;
using report::Column;
using report::counted;
using report::grouped;

/// The cycle, and the settings in which the storm differs from the default.
std::string storm_of(const plan::RunPlan& plan) {
    const plan::RunPlan usual;
    std::string text(plan::name(plan.cycle));
    const auto say = [&text](bool differs, const std::string& what) { text += differs ? ", " + what : ""; };
    say(plan.vcpus != usual.vcpus, counted(plan.vcpus, "vCPU"));
    say(plan.sources != usual.sources, "sources " + plan::sources_text(plan.sources));
    say(plan.pace != usual.pace, to_string(plan.pace));
    say(plan.targets != usual.targets, "targets " + to_string(plan.targets));
    say(plan.handlers != usual.handlers, "handlers " + plan::handlers_text(plan.handlers));
    say(plan.hotplug, "hotplug");
    return text;
}

/// "found 20/20"
std::string verdict_of(const MatrixRow& row) {
    std::string text(name(verdict_of_storms(row)));
    if (!row.trials.empty()) {
        const auto well =
            std::ranges::count_if(row.trials, [&row](const Trial& trial) { return went_well(row, trial); });
        text += fmt::format(" {}/{}", well, row.trials.size());
    }
    return text;
}

/// None where no storm was run.
std::optional<Outcome> outcome_of_storms(const MatrixRow& row) {
    const RowVerdict verdict = verdict_of_storms(row);
    return verdict == RowVerdict::not_shown || verdict == RowVerdict::not_run
               ? std::nullopt
               : std::optional(outcome(verdict));
}

/// Each rule once, in the order of the storms.
std::string first_rules(const MatrixRow& row) {
    std::vector<std::string_view> rules;
    for (const Trial& trial : row.trials) {
        if (trial.findings.empty()) {
            continue;
        }
        const std::string_view rule = oracle::name(trial.findings.front().rule);
        if (std::ranges::find(rules, rule) == rules.end()) {
            rules.push_back(rule);
        }
    }
    return fmt::format("{}", fmt::join(rules, ", "));
}

std::string whole(double figure) {
    return grouped(static_cast<std::uint64_t>(std::llround(figure)));
}

/// In the order of the columns; empty if no storm went as it must.
std::vector<std::string> figures(const MatrixRow& row) {
    const auto seconds = spread_of(row, &Trial::seconds);
    const auto nmis = spread_of(row, &Trial::nmis);
    if (!seconds || !nmis) {
        return {};
    }
    std::vector<std::string> cells = {fmt::format("{:.2f}", seconds->median),
                                      fmt::format("{:.2f}", seconds->p95), whole(nmis->median),
                                      whole(nmis->p95)};
    for (const auto figure : {&Trial::swaps, &Trial::overlaps, &Trial::idle_nmis}) {
        if (const auto exercised = spread_of(row, figure)) {
            cells.push_back(whole(exercised->median));
        }
    }
    return cells;
}

/// "found, 1 preemption, 775 steps, 0.70 s"
std::string exploration(const MatrixRow& row, const ExploredImage& explored) {
    std::string text(name(verdict(row, explored)));
    if (!explored.did) {
        return text;
    }
    if (const auto& found = explored.did->found) {
        return fmt::format("{}, {}, {}, {:.2f} s", text, counted(found->preemptions, "preemption"),
                           counted(plan::steps_of(found->schedule), "step"), found->seconds);
    }
    return fmt::format("{}, {}, {:.2f} s", text, counted(schedules(*explored.did), "schedule"),
                       explored.did->seconds);
}

}  // namespace

report::Table table_of(const std::vector<MatrixRow>& rows) {
    const bool built =
        std::ranges::any_of(rows, [](const MatrixRow& row) { return row.plan.guest_build.has_value(); });
    std::vector<Column> columns = {{"fault"},
                                   {"arch"},
                                   {"storm"},
                                   {"verdict"},
                                   {"rule"},
                                   {"seconds", Align::right},
                                   {"p95", Align::right},
                                   {"NMIs", Align::right},
                                   {"p95", Align::right},
                                   {"swaps", Align::right},
                                   {"overlaps", Align::right},
                                   {"from idle", Align::right}};
    const bool explored =
        std::ranges::any_of(rows, [](const MatrixRow& row) { return row.explored.has_value(); });
    const std::size_t storm_columns = columns.size();
    if (explored) {
        columns.push_back({"explored"});
    }
    if (built) {
        columns.insert(columns.begin(), {"build"});
    }
    report::Table table{.columns = std::move(columns), .outcome_column = built ? 4U : 3U};
    for (const MatrixRow& row : rows) {
        std::vector<std::string> cells = {std::string(plan::name(row.plan.fault)),
                                          std::string(plan::name(row.plan.arch)), storm_of(row.plan),
                                          verdict_of(row), first_rules(row)};
        std::ranges::move(figures(row), std::back_inserter(cells));
        cells.resize(storm_columns);
        if (explored) {
            cells.push_back(row.explored ? exploration(row, *row.explored) : "");
        }
        if (built) {
            cells.insert(cells.begin(), row.plan.guest_build.value_or(""));
        }
        table.rows.push_back(std::move(cells));
        table.outcomes.push_back(outcome_of_storms(row));
    }
    return table;
}

}  // namespace nmistorm::campaign
