// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/matrix_terminal.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "plan/names.h"
#include "report/figures.h"
#include "report/matrix_table.h"
#include "report/page.h"

namespace nmistorm::report {
namespace {

using oracle::MatrixRow;
using oracle::Trial;

constexpr std::size_t storms_shown = 3;  // for a row that did not go as it must

/// "torn-publish", or "torn-publish by gcc-O0" if builds were asked for.
std::string image_of(const MatrixRow& row) {
    return fmt::format("{}{}", plan::name(row.plan.fault),
                       row.plan.guest_build ? " by " + *row.plan.guest_build : "");
}

/// "9 found, 1 missed" of the rows that are clean or not, as @p clean says; empty if there are none.
std::string verdicts(const MatrixReport& report, bool clean) {
    std::string text;
    for (const oracle::RowVerdict each : oracle::all_row_verdicts) {
        const auto rows = std::ranges::count_if(report.rows, [&](const MatrixRow& row) {
            return is_clean(row) == clean && verdict(row) == each;
        });
        if (rows != 0) {
            text += fmt::format("{}{} {}", text.empty() ? "" : ", ", rows, name(each));
        }
    }
    return text;
}

std::uint64_t clean_nmis(const MatrixReport& report) {
    std::uint64_t nmis = 0;
    for (const MatrixRow& row : report.rows) {
        for (const Trial& trial : row.trials) {
            nmis += is_clean(row) ? trial.nmis : 0;
        }
    }
    return nmis;
}

void verdict_line(Page& page, const MatrixReport& report) {
    const std::string faults = verdicts(report, false);
    const std::string cycles = verdicts(report, true);
    page.line("{}{}  {}{}{} in {}", page.banner(oracle::outcome(report.rows)),
              report.interrupted ? " (interrupted)" : "",
              faults.empty() ? "" : fmt::format("faults: {}; ", faults),
              cycles.empty() ? ""
                             : fmt::format("cycles of the clean image: {}, in {}; ", cycles,
                                           counted(clean_nmis(report), "NMI")),
              counted(count_storms(report), "storm"), elapsed(report.duration_s));
}

void setting(Page& page, const MatrixReport& report) {
    const plan::MatrixPlan& plan = report.plan;
    page.row("host", fmt::format("{}, Linux {}", report.kvm_backend, report.kernel));
    page.row("storms", fmt::format("{} of each image, up to {}, {} at a time; seeds from {}", plan.seeds,
                                   plan::to_string(plan.duration), report.jobs, plan.seed));
}

std::string what_happened(const Trial& trial) {
    if (!trial.failure.empty()) {
        return trial.failure;
    }
    if (trial.findings.empty()) {
        return fmt::format("no rule was broken in {} and {}", elapsed(trial.seconds),
                           counted(trial.nmis, "NMI"));
    }
    const oracle::Finding& first = trial.findings.front();
    return fmt::format("{}: {}{}{}", oracle::name(first.rule), first.detail,
                       first.where.empty() ? "" : ", at ", first.where);
}

std::string what_happened(const oracle::ExploredImage& explored) {
    if (!explored.failure.empty()) {
        return explored.failure;
    }
    if (!explored.did) {
        return "it was not explored";
    }
    if (const auto& found = explored.did->found) {
        return fmt::format("explored: {}: {}{}{}", oracle::name(found->finding.rule), found->finding.detail,
                           found->finding.where.empty() ? "" : ", at ", found->finding.where);
    }
    return fmt::format("explored: no rule was broken in {}", counted(schedules(*explored.did), "schedule"));
}

/// What went wrong with @p row, and how to repeat it.
void trouble(Page& page, const MatrixRow& row) {
    std::size_t bad = 0;
    for (const Trial& trial : row.trials) {
        if (went_well(row, trial) || ++bad > storms_shown) {
            continue;
        }
        page.line("  {}", what_happened(trial));
        page.line("    {}", trial.reproduce);
    }
    if (bad > storms_shown) {
        page.line("  and {}; --json has all", counted(bad - storms_shown, "more storm"));
    }
    if (row.explored && oracle::outcome(verdict(row, *row.explored)) != oracle::Outcome::pass) {
        page.line("  {}", what_happened(*row.explored));
        page.line("    {}", row.explored->reproduce);
    }
}

void troubles(Page& page, const MatrixReport& report) {
    for (const MatrixRow& row : report.rows) {
        if (oracle::outcome(verdict(row)) == oracle::Outcome::pass) {
            continue;
        }
        std::vector<std::string_view> rules;
        std::ranges::transform(row.rules, std::back_inserter(rules),
                               [](oracle::Rule rule) { return oracle::name(rule); });
        page.line(
            "\n{}: {}{}", page.painted("1", image_of(row)), name(verdict(row)),
            rules.empty() ? "" : fmt::format("; {} must see that {}", fmt::join(rules, " or "), row.wrong));
        trouble(page, row);
    }
}

void not_shown(Page& page, const MatrixReport& report) {
    for (const MatrixRow& row : report.rows) {
        if (!row.not_shown.empty()) {
            page.line("\n{} cannot be shown by {} on {}: {}", page.painted("1", image_of(row)),
                      plan::name(row.plan.arch), report.kvm_backend, row.not_shown);
        }
        if (row.explored && !row.explored->not_shown.empty()) {
            page.line("\n{} cannot be shown by exploring: {}", page.painted("1", image_of(row)),
                      row.explored->not_shown);
        }
    }
}

}  // namespace

std::string matrix_line(const MatrixFigures& figures, std::size_t width) {
    std::string line = fmt::format("{} of {} runs", figures.done, figures.all);
    if (figures.wrong != 0) {
        line += fmt::format("  {} not as they must be", figures.wrong);
    }
    line += "  " + elapsed(figures.elapsed_s);
    if (figures.left_s) {
        line += "  " + elapsed(*figures.left_s) + " left";
    }
    return line.substr(0, width);
}

std::string summary(const MatrixReport& report, bool colour) {
    Page page(colour);
    verdict_line(page, report);
    setting(page, report);
    page.line("\n{}", matrix_table(report.rows));
    page.line(
        "Of the storms that went as they must: seconds and NMIs until they ended, median and 95th "
        "percentile;\n"
        "swaps, overlaps and NMIs from idle until then, median.");
    troubles(page, report);
    not_shown(page, report);
    if (exit_code(report) != 0) {
        page.line("\nTo repeat this matrix: {}", report.reproduce);
    }
    return std::move(page).text();
}

}  // namespace nmistorm::report
