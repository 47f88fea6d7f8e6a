// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/cases.h"

#include <algorithm>

#include <fmt/format.h>

namespace nmistorm::report {
namespace {

using Verdict = Case::Verdict;

std::string trimmed(const std::string& line) {
    const auto begin = line.find_first_not_of(' ');
    return begin == std::string::npos ? "" : line.substr(begin);
}

/// Adds what @p finding says.
void take(Case& taken, const FindingText& finding) {
    if (taken.verdict == Verdict::pass) {
        taken.verdict = finding.outcome == oracle::Outcome::violation ? Verdict::fail : Verdict::error;
        taken.text = finding.lines.empty() ? finding.title : trimmed(finding.lines.front());
    }
    taken.lines.push_back(finding.title + finding.text);
    taken.lines.insert(taken.lines.end(), finding.lines.begin(), finding.lines.end());
}

void take(Case& taken, const oracle::Limit& limit) {
    if (taken.verdict != Verdict::pass) {
        return;
    }
    if (limit.in_part) {
        taken.text = "judged in part: " + limit.why;
    } else {
        taken.verdict = Verdict::skip;
        taken.text = limit.why;
    }
}

Suite& suite_named(std::vector<Suite>& suites, const std::string& name) {
    const auto known = std::ranges::find(suites, name, &Suite::name);
    return known != suites.end() ? *known : suites.emplace_back(Suite{name, {}});
}

/// Why the exit code is not 0.
Case end_of(const Document& document) {
    const bool violation = document.verdict == oracle::Outcome::violation;
    return {.suite = document.command,
            .name = "end",
            .verdict = violation ? Verdict::fail : Verdict::error,
            .text = !document.end.empty()  ? document.end
                    : violation            ? document.headline
                    : document.interrupted ? "interrupted"
                                           : "nothing was shown"};
}

}  // namespace

Case::Verdict verdict_of(oracle::Outcome outcome) {
    switch (outcome) {
        case oracle::Outcome::pass:
            return Case::Verdict::pass;
        case oracle::Outcome::violation:
            return Case::Verdict::fail;
        case oracle::Outcome::inconclusive:
            break;
    }
    return Case::Verdict::error;
}

std::vector<Case> rule_cases(const std::string& suite, const std::vector<oracle::Limit>& limits,
                             const std::vector<FindingText>& findings) {
    const bool broken = std::ranges::any_of(
        findings, [](const FindingText& finding) { return finding.outcome == oracle::Outcome::violation; });
    std::vector<Case> cases;
    for (const oracle::Rule rule : oracle::all_rules) {
        Case& added = cases.emplace_back(
            Case{.suite = suite, .name = std::string(oracle::name(rule)), .verdict = Verdict::pass});
        for (const FindingText& finding : findings) {
            if (finding.title == added.name) {
                take(added, finding);
            }
        }
        for (const oracle::Limit& limit : limits) {
            if (limit.rule == rule) {
                take(added, limit);
            }
        }
        if (rule == oracle::Rule::coverage && added.verdict == Verdict::pass && broken) {
            added.verdict = Verdict::skip;  // as the rule has it
            added.text = "a broken rule cut the run short";
        }
    }
    return cases;
}

std::size_t Suite::count(Case::Verdict verdict) const {
    return static_cast<std::size_t>(std::ranges::count(cases, verdict, &Case::verdict));
}

Case::Verdict Suite::verdict() const {
    for (const Verdict worst : {Verdict::fail, Verdict::error, Verdict::pass}) {
        if (count(worst) != 0) {
            return worst;
        }
    }
    return Verdict::skip;
}

std::vector<Suite> suites_of(const Document& document) {
    std::vector<Suite> suites;
    bool green = true;
    for (const Case& each : document.cases) {
        suite_named(suites, each.suite).cases.push_back(each);
        green = green && (each.verdict == Verdict::pass || each.verdict == Verdict::skip);
    }
    if (green && exit_code(document) != 0) {
        suite_named(suites, document.command).cases.push_back(end_of(document));
    }
    return suites;
}

std::vector<Row> properties_of(const Document& document) {
    std::vector<Row> rows = {
        {"result", fmt::format("{}{}: {}", oracle::name(document.verdict),
                               document.interrupted ? ", interrupted" : "", document.headline)}};
    const Provenance& from = document.provenance;
    const auto add = [&rows](const char* label, const std::string& text) {
        if (!text.empty()) {
            rows.push_back({label, text});
        }
    };
    add("reproduce", from.reproduce);
    add("guest", document.guest);
    add("kvm_backend", from.kvm_backend);
    add("kernel", from.kernel);
    add("version", from.version);
    add("build_id", from.build_id);
    return rows;
}

std::string utf8(std::string_view text) {
    const std::string quoted = Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
    return Json::parse(quoted).get<std::string>();
}

}  // namespace nmistorm::report
