// SPDX-License-Identifier: GPL-2.0-or-later
#include "doctor/report.h"

#include <algorithm>

#include <fmt/format.h>

#include "doctor/examine.h"
#include "report/figures.h"
#include "report/json_parts.h"
#include "report/schemas.h"

namespace nmistorm::doctor {
namespace {

std::optional<oracle::Outcome> outcome_of(Result result) {
    if (result == Result::unsupported) {
        return std::nullopt;
    }
    return result == Result::pass ? oracle::Outcome::pass : oracle::Outcome::violation;
}

report::Table table_of(const Checks& checks) {
    report::Table table{
        .columns = {{"about"}, {"check"}, {"result"}, {""}}, .outcome_column = 2, .indent = 2};
    for (const Check& check : checks) {
        table.rows.push_back({check.about, check.name, std::string(name(check.result)), check.says});
        table.outcomes.push_back(outcome_of(check.result));
    }
    return table;
}

/// What KVM does wrong does not change the exit code, so it is no failure where guests run.
report::Case case_of(const Check& check, bool usable) {
    using Verdict = report::Case::Verdict;
    report::Case result{.suite = check.about, .name = check.name, .text = check.says};
    if (check.result != Result::pass) {
        result.verdict = check.result == Result::fail && !usable ? Verdict::error : Verdict::skip;
        result.text = fmt::format("{}: {}", name(check.result), check.says);
    }
    return result;
}

report::Json json_of(const Check& check) {
    return {{"about", check.about},
            {"name", check.name},
            {"result", name(check.result)},
            {"says", check.says},
            {"figure", report::or_null(check.figure)}};
}

}  // namespace

report::Json to_json(const Checks& checks) {
    return report::list_json(checks, json_of);
}

report::Document document(const Checks& checks, const report::Provenance& provenance) {
    const auto failed = std::ranges::count(checks, Result::fail, &Check::result);
    report::Document document{
        .command = "doctor",
        .verdict = usable(checks) ? oracle::Outcome::pass : oracle::Outcome::inconclusive,
        .end = usable(checks) ? "" : "no guest runs here",
        .headline = fmt::format("{}, {} failed", report::counted(checks.size(), "check"), failed),
        .provenance = provenance,
        .tables = {table_of(checks)}};
    document.figures = {{"schema", report::doctor_schema},
                        {"command", "doctor"},
                        {"usable", usable(checks)},
                        {"host", report::host_json(provenance)},
                        {"checks", to_json(checks)}};
    for (const Check& check : checks) {
        document.cases.push_back(case_of(check, usable(checks)));
    }
    if (!usable(checks)) {
        document.advice = "To run guests without this host's KVM: scripts/nested";
    }
    return document;
}

}  // namespace nmistorm::doctor
