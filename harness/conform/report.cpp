// SPDX-License-Identifier: GPL-2.0-or-later
#include "conform/report.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "plan/names.h"
#include "report/figures.h"
#include "report/json_parts.h"
#include "report/schemas.h"

namespace nmistorm::conform {
namespace {

using report::Align;
using report::Json;

constexpr std::size_t most_findings = 20;

std::size_t count(const Results& results, Result result) {
    return static_cast<std::size_t>(std::ranges::count(results.cases, result, &Judged::result));
}

/// A predicate of cases.
auto shows(const Deviation& deviation) {
    return [id = deviation.id](const Judged& each) {
        return std::ranges::find(each.known, id) != each.known.end();
    };
}

std::size_t cases_of(const Results& results, const Deviation& deviation) {
    return static_cast<std::size_t>(std::ranges::count_if(results.cases, shows(deviation)));
}

/// A known deviation that no case showed, though every one ran.
bool gone(const Results& results, const Deviation& deviation) {
    return results.whole && !results.interrupted && count(results, Result::unsupported) == 0 &&
           cases_of(results, deviation) == 0;
}

std::string clauses_text(const Judged& each) {
    std::vector<std::string_view> names;
    for (const model::Clause clause : each.clauses) {
        names.push_back(name(clause));
    }
    return names.empty() ? "no clause alone, nor any two" : fmt::format("{}", fmt::join(names, ", "));
}

std::string seen_text(const Judged& each) {
    return each.says.empty() ? to_string(each.seen) : fmt::format("{} ({})", to_string(each.seen), each.says);
}

/// In one line.
std::string says(const Judged& each) {
    switch (each.result) {
        case Result::pass:
            return to_string(each.seen);
        case Result::known:
            return fmt::format("known: {}; seen: {}", fmt::join(each.known, ", "), seen_text(each));
        case Result::deviation:
            return fmt::format("against {}; seen: {}", clauses_text(each), seen_text(each));
        case Result::unsupported:
            break;
    }
    return each.says;
}

std::vector<std::string> lines(const Judged& each) {
    std::vector<std::string> lines = {fmt::format("  {}", describe(each.of)),
                                      fmt::format("  seen       {}", seen_text(each))};
    for (const model::Trace& trace : each.permitted) {
        lines.push_back(fmt::format("  permitted  {}", to_string(trace)));
    }
    for (const model::Clause clause : each.clauses) {
        lines.push_back(fmt::format("  right      {} ({})", right(clause), source(clause)));
        lines.push_back(fmt::format("  wrong      {}", wrong(clause)));
    }
    lines.push_back(fmt::format("  again      {}", command_for(each.of)));
    lines.push_back(fmt::format("  in C       nmistorm conform --emit-c {}", name(each.of)));
    return lines;
}

report::Table known_table(const Results& results) {
    report::Table table{.title = "Known deviations of this KVM",
                        .columns = {{"deviation"}, {"cases", Align::right}, {"one of them"}, {"where"}, {""}},
                        .indent = 2};
    for (const Deviation& deviation : results.known) {
        const auto one = std::ranges::find_if(results.cases, shows(deviation));
        const std::size_t cases = cases_of(results, deviation);
        table.rows.push_back({std::string(deviation.id), report::grouped(cases),
                              one != results.cases.end() ? name(one->of)
                              : gone(results, deviation) ? "it has gone"
                                                         : "not seen",
                              fmt::format("{} {}", deviation.file, deviation.function),
                              std::string(deviation.says)});
    }
    return table;
}

report::Table case_table(const Results& results) {
    report::Table table{
        .title = "Every case", .columns = {{"case"}, {"result"}, {""}}, .outcome_column = 1, .indent = 2};
    for (const Judged& each : results.cases) {
        table.rows.push_back({name(each.of), std::string(name(each.result)), says(each)});
        table.outcomes.push_back(each.result == Result::unsupported ? std::nullopt
                                 : each.result == Result::deviation
                                     ? std::optional(oracle::Outcome::violation)
                                     : std::optional(oracle::Outcome::pass));
    }
    return table;
}

/// Why cases are unsupported, with how many.
std::vector<std::string> unsupported_notes(const Results& results) {
    std::vector<std::pair<std::string, std::size_t>> reasons;
    for (const Judged& each : results.cases) {
        if (each.result == Result::unsupported) {
            const std::string reason =
                fmt::format("{}/{}: {}", plan::name(each.of.arch), name(each.of.irqchip), each.says);
            const auto known = std::ranges::find(reasons, reason, &decltype(reasons)::value_type::first);
            ++(known != reasons.end() ? known : reasons.insert(reasons.end(), {reason, 0}))->second;
        }
    }
    std::vector<std::string> notes;
    notes.reserve(reasons.size());
    for (const auto& [reason, cases] : reasons) {
        notes.push_back(fmt::format("unsupported: {} of {}", report::counted(cases, "case"), reason));
    }
    return notes;
}

report::Case case_of(const Judged& each) {
    using Verdict = report::Case::Verdict;
    report::Case made{.suite = fmt::format("{}/{}", plan::name(each.of.arch), name(each.of.irqchip)),
                      .name = name(each.of)};
    if (each.result != Result::pass) {
        made.verdict = each.result == Result::deviation ? Verdict::fail : Verdict::skip;
        made.text = fmt::format("{}: {}", name(each.result), says(each));
    }
    if (each.result == Result::deviation) {
        made.lines = lines(each);
    }
    return made;
}

Json json_of(const Judged& each) {
    Json clauses = Json::array();
    for (const model::Clause clause : each.clauses) {
        clauses.push_back(name(clause));
    }
    Json permitted = Json::array();
    for (const model::Trace& trace : each.permitted) {
        permitted.push_back(to_string(trace));
    }
    return {{"name", name(each.of)}, {"result", name(each.result)},  {"clauses", clauses},
            {"known", each.known},   {"seen", to_string(each.seen)}, {"permitted", permitted},
            {"says", each.says}};
}

Json json_of(const Results& results, const Deviation& deviation) {
    return {{"id", deviation.id},
            {"clause", name(deviation.clause)},
            {"source", source(deviation.clause)},
            {"file", deviation.file},
            {"function", deviation.function},
            {"says", deviation.says},
            {"cases", cases_of(results, deviation)},
            {"gone", gone(results, deviation)}};
}

oracle::Outcome verdict(const Results& results) {
    if (count(results, Result::deviation) != 0) {
        return oracle::Outcome::violation;
    }
    return count(results, Result::unsupported) == results.cases.size() ? oracle::Outcome::inconclusive
                                                                       : oracle::Outcome::pass;
}

void add_summary(report::Document& document, const Results& results) {
    if (!results.known.empty()) {
        document.tables.push_back(known_table(results));
    }
    for (const Deviation& deviation : results.known) {
        if (gone(results, deviation)) {
            document.notes.push_back(fmt::format(
                "{} has gone: every case ran, and none showed it on this CPU and kernel", deviation.id));
        }
    }
    for (const std::string& note : unsupported_notes(results)) {
        document.notes.push_back(note);
    }
    for (const Judged& each : results.cases) {
        if (each.result == Result::deviation) {
            document.findings.push_back({.title = name(each.of),
                                         .text = fmt::format(" is against {}", clauses_text(each)),
                                         .lines = lines(each)});
        }
    }
}

}  // namespace

std::string command_for(const Case& each) {
    return "nmistorm conform --filter " + name(each);
}

report::Document document(const Results& results, const report::Provenance& provenance, bool every_case) {
    const std::size_t unsupported = count(results, Result::unsupported);
    report::Document document{
        .command = "conform",
        .verdict = verdict(results),
        .interrupted = results.interrupted,
        .end = results.interrupted                   ? "interrupted"
               : unsupported == results.cases.size() ? "no case ran"
                                                     : "",
        .headline = fmt::format(
            "{}: {} as permitted, {} known, {} not permitted, {} unsupported; {}, {} made",
            report::counted(results.cases.size(), "case"), report::grouped(count(results, Result::pass)),
            report::grouped(count(results, Result::known)),
            report::grouped(count(results, Result::deviation)), report::grouped(unsupported),
            report::elapsed(results.seconds), report::counted(results.vms, "VM")),
        .provenance = provenance};
    document.findings_shown = most_findings;
    add_summary(document, results);
    if (every_case) {
        document.appendix.push_back(case_table(results));
    } else {
        document.details.push_back(case_table(results));
    }
    for (const Judged& each : results.cases) {
        document.cases.push_back(case_of(each));
    }
    document.seconds = results.seconds;
    document.figures = {
        {"schema", report::conform_schema},
        {"command", "conform"},
        {"verdict", oracle::name(document.verdict)},
        {"interrupted", results.interrupted},
        {"reproduce", provenance.reproduce},
        {"host", report::host_json(provenance)},
        {"duration_s", results.seconds},
        {"counts",
         {{"cases", results.cases.size()},
          {"pass", count(results, Result::pass)},
          {"known", count(results, Result::known)},
          {"deviation", count(results, Result::deviation)},
          {"unsupported", unsupported}}},
        {"deviations",
         report::list_json(results.known, [&](const auto& each) { return json_of(results, each); })},
        {"cases", report::list_json(results.cases, [](const Judged& each) { return json_of(each); })}};
    return document;
}

}  // namespace nmistorm::conform
