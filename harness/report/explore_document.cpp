// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include "plan/names.h"
#include "report/cases.h"
#include "report/ends.h"
#include "report/explore_report.h"
#include "report/figures.h"

namespace nmistorm::report {
namespace {

using oracle::Exploration;

const char* end_of(const Exploration& did) {
    return did.found                ? ""
           : did.interrupted        ? "interrupted"
           : did.out_of_budget      ? "out of budget"
           : did.out_of_memory      ? "--memory is used up"
           : oracle::exhausted(did) ? "exhausted"
                                    : "";
}

std::string bound(const plan::ExplorePlan& plan) {
    return fmt::format("{}, cycle {}, {}, {}, {}, reduction {}, shard {}", counted(plan.swaps, "swap"),
                       plan::name(plan.cycle), counted(plan.vcpus, "vCPU"),
                       counted(plan.preemptions, "preemption"), counted(plan.nmis, "NMI"),
                       name(plan.reduction), to_string(plan.shard));
}

Table rounds(const Exploration& did) {
    Table table{.columns = {{"targets", Align::left, 12},
                            {"preemptions", Align::right, 11},
                            {"", Align::left, 10},
                            {"schedules", Align::right, 10},
                            {"whole", Align::right, 10},
                            {"states", Align::right, 10},
                            {"steps", Align::right, 11},
                            {"seconds", Align::right, 8}},
                .indent = 2,
                .gap = 1};
    for (const oracle::Round& round : did.rounds) {
        table.rows.push_back({std::string(name(round.condition)), std::to_string(round.preemptions),
                              std::string(oracle::name(round.end)),
                              grouped(round.tally.ended + round.tally.merged), grouped(round.tally.ended),
                              grouped(round.tally.states), grouped(round.steps),
                              fmt::format("{:.2f}", round.seconds)});
    }
    return table;
}

Table coverage(const Exploration& did) {
    Table table{.columns = {{"function", Align::left, 20},
                            {"reached", Align::right, 8},
                            {"of", Align::right, 5},
                            {" not reached from"}},
                .indent = 2,
                .gap = 1};
    for (const oracle::Covered& covered : did.coverage) {
        std::string missed;
        for (const GuestVirt at : covered.missed) {
            missed += fmt::format(" {:#x}", at.value);
        }
        table.rows.push_back(
            {covered.function, std::to_string(covered.reached), std::to_string(covered.all), missed});
    }
    return table;
}

FindingText finding(const oracle::Found& found) {
    const oracle::Finding& broken = found.finding;
    FindingText text{
        .title = std::string(oracle::name(broken.rule)),
        .text = fmt::format(" (judges {}), vCPU {}{}", oracle::name(oracle::judges(broken.rule)),
                            broken.vcpu.value_or(0),
                            found.seconds > 0 ? fmt::format(", after {:.2f} s", found.seconds) : ""),
        .lines = {"  " + broken.detail}};
    if (!broken.where.empty() || broken.at) {
        text.lines.push_back(broken.where.empty() ? fmt::format("  at {:#x}", broken.at->value)
                                                  : "  at " + broken.where);
    }
    text.lines.push_back(fmt::format("  {}, {}, {}; targets {}", counted(found.preemptions, "preemption"),
                                     counted(found.nmis, "NMI"),
                                     counted(plan::steps_of(found.schedule), "step"), name(found.condition)));
    for (const plan::Move& move : found.schedule) {
        text.lines.push_back("    " + to_string(move));
    }
    text.lines.emplace_back();
    for (const std::string& line : found.listing) {
        text.lines.push_back("  " + line);
    }
    return text;
}

/// That the whole bound was searched, without which no rule is known to hold.
Case bound_case(const ExploreReport& report) {
    const Exploration& did = report.exploration;
    Case bound{.suite = std::string(plan::name(report.plan.arch)), .name = "bound"};
    if (did.found) {
        bound.verdict = Case::Verdict::skip;
        bound.text = "the first finding ends a search";
    } else if (oracle::outcome(did) != oracle::Outcome::pass) {
        bound.verdict = Case::Verdict::error;
        const std::string end = end_of(did);
        bound.text = "not all of the bound was searched" + (end.empty() ? "" : ": " + end);
    }
    return bound;
}

std::string advice(const ExploreReport& report) {
    if (report.exploration.found) {
        return report.schedule_file
                   ? fmt::format("To repeat exactly this: nmistorm replay {}", *report.schedule_file)
                   : fmt::format("To find it again and keep it: {} --schedule FILE",
                                 report.provenance.reproduce);
    }
    if (report.resume_file) {
        return fmt::format("To go on: {} --resume {}", report.provenance.reproduce, *report.resume_file);
    }
    return oracle::outcome(report.exploration) == oracle::Outcome::pass
               ? ""
               : "To repeat this exploration: " + report.provenance.reproduce;
}

}  // namespace

Document document(const ExploreReport& report) {
    const Exploration& did = report.exploration;
    double stepping = 0;
    for (const oracle::Round& round : did.rounds) {
        stepping += round.seconds;
    }
    const plan::ExplorePlan& plan = report.plan;
    Document document{.command = report.command,
                      .verdict = oracle::outcome(did),
                      .interrupted = did.interrupted,
                      .end = end_of(did),
                      .headline = fmt::format("{}, {}, {} steps ({}/s)", elapsed(did.seconds),
                                              counted(oracle::schedules(did), "schedule"), grouped(did.steps),
                                              grouped(whole(per_second(did.steps, stepping)))),
                      .provenance = report.provenance,
                      .guest = guest_text(plan.arch, report.image, plan.guest_build, report.image_fault),
                      .rows = {{"bound", bound(plan)}},
                      .limits = did.limits,
                      .tables = {rounds(did), coverage(did)},
                      .advice = advice(report),
                      .seconds = did.seconds,
                      .figures = to_json(report)};
    if (!did.unjudged.empty()) {
        document.notes.push_back(
            fmt::format("The image lacks {}: what needs them was not judged.", did.unjudged));
    }
    if (did.shards_disagree) {
        document.notes.emplace_back(
            "This shard met a shared word that smaller bounds do not show: shards may overlap or leave "
            "gaps.");
    }
    if (did.found) {
        document.findings = {finding(*did.found)};
    }
    document.cases = rule_cases(std::string(plan::name(plan.arch)), document.limits, document.findings);
    if (did.found) {
        add_ends(document, did.found->ends, did.found->finding.vcpu);
    }
    document.cases.push_back(bound_case(report));
    return document;
}

}  // namespace nmistorm::report
