// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "campaign/matrix_report.h"
#include "plan/names.h"
#include "report/cases.h"
#include "report/figures.h"

namespace nmistorm::campaign {
namespace {

using report::counted;
using report::elapsed;
using report::FindingText;

constexpr std::size_t storms_shown = 3;  // for a row that did not go as it must

/// "torn-publish", or "torn-publish by gcc-O0" if builds were asked for.
std::string image_of(const MatrixRow& row) {
    return fmt::format("{}{}", plan::name(row.plan.fault),
                       row.plan.guest_build ? " by " + *row.plan.guest_build : "");
}

/// "9 found, 1 missed" of the rows that are clean or not, as @p clean says; empty if there are none.
std::string verdicts(const MatrixReport& report, bool clean) {
    std::string text;
    for (const RowVerdict each : all_row_verdicts) {
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

std::string headline(const MatrixReport& report) {
    const std::string faults = verdicts(report, false);
    const std::string cycles = verdicts(report, true);
    return fmt::format("{}{}{} in {}", faults.empty() ? "" : fmt::format("faults: {}; ", faults),
                       cycles.empty() ? ""
                                      : fmt::format("cycles of the clean image: {}, in {}; ", cycles,
                                                    counted(clean_nmis(report), "NMI")),
                       counted(count_storms(report), "storm"), elapsed(report.duration_s));
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

std::string what_happened(const ExploredImage& explored) {
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
std::vector<std::string> lines_of(const MatrixRow& row) {
    std::vector<std::string> lines;
    const auto say = [&lines](const std::string& what, const std::string& reproduce) {
        lines.push_back("  " + what);
        lines.push_back("    " + reproduce);
    };
    std::size_t bad = 0;
    for (const Trial& trial : row.trials) {
        if (!went_well(row, trial) && ++bad <= storms_shown) {
            say(what_happened(trial), trial.reproduce);
        }
    }
    if (bad > storms_shown) {
        lines.push_back(fmt::format("  and {}; --json has all", counted(bad - storms_shown, "more storm")));
    }
    if (row.explored && outcome(verdict(row, *row.explored)) != Outcome::pass) {
        say(what_happened(*row.explored), row.explored->reproduce);
    }
    return lines;
}

FindingText trouble(const MatrixRow& row) {
    std::vector<std::string_view> rules;
    std::ranges::transform(row.rules, std::back_inserter(rules),
                           [](Rule rule) { return oracle::name(rule); });
    return {
        .outcome = outcome(verdict(row)),
        .title = image_of(row),
        .text = fmt::format(
            ": {}{}", name(verdict(row)),
            rules.empty() ? "" : fmt::format("; {} must see that {}", fmt::join(rules, " or "), row.wrong)),
        .lines = lines_of(row)};
}

/// What its storms and its exploration took.
double seconds_of(const MatrixRow& row) {
    double sum = row.explored && row.explored->did ? row.explored->did->seconds : 0;
    for (const Trial& trial : row.trials) {
        sum += trial.seconds;
    }
    return sum;
}

report::Case case_of(const MatrixRow& row) {
    using Verdict = report::Case::Verdict;
    report::Case result{.suite = std::string(plan::name(row.plan.fault)),
                        .name = fmt::format("{} {}{}", plan::name(row.plan.arch), plan::name(row.plan.cycle),
                                            row.plan.guest_build ? " " + *row.plan.guest_build : ""),
                        .seconds = seconds_of(row)};
    const RowVerdict verdict = campaign::verdict(row);
    if (verdict == RowVerdict::not_shown) {
        result.verdict = Verdict::skip;
        result.text = "cannot be shown: " +
                      std::string(row.not_shown.empty() ? row.explored->not_shown : row.not_shown);
    } else if (outcome(verdict) != Outcome::pass) {
        result.verdict = report::verdict_of(outcome(verdict));
        const FindingText what = trouble(row);
        result.text = what.title + what.text;
        result.lines = what.lines;
        result.lines.insert(result.lines.begin(), result.text);
    }
    return result;
}

/// What went wrong first, then what this lane cannot show.
std::vector<FindingText> findings_of(const MatrixReport& report) {
    std::vector<FindingText> texts;
    for (const MatrixRow& row : report.rows) {
        if (outcome(verdict(row)) != Outcome::pass) {
            texts.push_back(trouble(row));
        }
    }
    const auto cannot_show = [&texts](const MatrixRow& row, const std::string& text) {
        texts.push_back({.outcome = Outcome::pass, .title = image_of(row), .text = text});
    };
    for (const MatrixRow& row : report.rows) {
        if (!row.not_shown.empty()) {
            cannot_show(row, fmt::format(" cannot be shown by {} on {}: {}", plan::name(row.plan.arch),
                                         report.provenance.kvm_backend, row.not_shown));
        }
        if (row.explored && !row.explored->not_shown.empty()) {
            cannot_show(row, fmt::format(" cannot be shown by exploring: {}", row.explored->not_shown));
        }
    }
    return texts;
}

}  // namespace

std::map<RowVerdict, std::size_t> count_verdicts(const MatrixReport& report) {
    std::map<RowVerdict, std::size_t> counts;
    for (const MatrixRow& row : report.rows) {
        ++counts[verdict(row)];
    }
    return counts;
}

std::size_t count_storms(const MatrixReport& report) {
    std::size_t storms = 0;
    for (const MatrixRow& row : report.rows) {
        storms += row.trials.size();
    }
    return storms;
}

report::Document document(const MatrixReport& report) {
    const plan::MatrixPlan& plan = report.plan;
    report::Document document{
        .command = "matrix",
        .verdict = outcome(report.rows),
        .interrupted = report.interrupted,
        .end = report.interrupted ? "interrupted" : "",
        .headline = headline(report),
        .provenance = report.provenance,
        .rows = {{"storms", fmt::format("{} of each image, up to {}, {} at a time; seeds from {}", plan.seeds,
                                        plan::to_string(plan.duration), report.jobs, plan.seed)}},
        .tables = {table_of(report.rows)},
        .notes = {"Of the storms that went as they must: seconds and NMIs until they ended, median and 95th "
                  "percentile;\nswaps, overlaps and NMIs from idle until then, median."},
        .findings = findings_of(report),
        .seconds = report.duration_s,
        .figures = to_json(report)};
    std::ranges::transform(report.rows, std::back_inserter(document.cases), case_of);
    if (exit_code(document) != 0) {
        document.advice = "To repeat this matrix: " + report.provenance.reproduce;
    }
    return document;
}

}  // namespace nmistorm::campaign
