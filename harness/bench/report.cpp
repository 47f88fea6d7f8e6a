// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/report.h"

#include <fmt/format.h>

#include "plan/fields.h"
#include "plan/names.h"
#include "report/figures.h"
#include "report/json_parts.h"
#include "report/schemas.h"

namespace nmistorm::bench {
namespace {

using report::Align;

double us(std::uint64_t ns) {
    return static_cast<double>(ns) / 1000;
}

std::string rate(const Spread& spread) {
    return report::grouped(report::whole(spread.median));
}

/// "0.98 (0.95 to 1.02)"
std::string ratio(const Compared& compared) {
    return fmt::format("{:.2f} ({:.2f} to {:.2f})", compared.ratio.median, compared.ratio.least,
                       compared.ratio.most);
}

report::Table rates(const Figures& figures) {
    report::Table table{.title = "NMIs handled a second on one vCPU, beside the floor",
                        .columns = {{"source"},
                                    {"vCPU"},
                                    {"lockstep", Align::right},
                                    {"floor", Align::right},
                                    {"ratio"},
                                    {"pipelined", Align::right},
                                    {"floor", Align::right},
                                    {"ratio"}},
                        .indent = 2};
    for (const NmiFigures& each : figures.nmis) {
        table.rows.push_back({std::string(plan::name(each.target.source)), each.target.state(),
                              rate(each.lockstep.harness), rate(each.lockstep.floor), ratio(each.lockstep),
                              rate(each.pipelined.harness), rate(each.pipelined.floor),
                              ratio(each.pipelined)});
    }
    return table;
}

report::Table latencies(const Figures& figures) {
    report::Table table{.title = "Microseconds from the request of an NMI, in lockstep",
                        .columns = {{"source"}, {"vCPU"}, {"until"}},
                        .indent = 2};
    for (const char* heading : {"p50", "p99", "p99.9", "max", "floor p50"}) {
        table.columns.push_back({heading, Align::right});
    }
    const auto row = [&table](const Target& target, const char* until, const oracle::Histogram& harness,
                              const oracle::Histogram& floor) {
        std::vector<std::string> cells = {std::string(plan::name(target.source)), target.state(), until};
        for (const std::uint64_t ns : {harness.quantile(0.5), harness.quantile(0.99), harness.quantile(0.999),
                                       harness.max(), floor.quantile(0.5)}) {
            cells.push_back(fmt::format("{:.1f}", us(ns)));
        }
        table.rows.push_back(std::move(cells));
    };
    for (const NmiFigures& each : figures.nmis) {
        row(each.target, "entry", each.harness.entry, each.floor.entry);
        row(each.target, "exit", each.harness.exit, each.floor.exit);
    }
    return table;
}

report::Table grace_periods(const Figures& figures) {
    report::Table table{.title = "Microseconds that a grace period takes in a storm, beside one without NMIs",
                        .columns = {{"vCPUs", Align::right},
                                    {"p50", Align::right},
                                    {"without", Align::right},
                                    {"ratio"},
                                    {"p99", Align::right},
                                    {"without", Align::right},
                                    {"ratio"},
                                    {"NMIs/s", Align::right}},
                        .indent = 2};
    for (const GracePeriodFigures& each : figures.grace_periods) {
        const auto time = [](const Spread& spread) { return fmt::format("{:.1f}", spread.median); };
        table.rows.push_back({std::to_string(each.vcpus), time(each.p50_us.harness), time(each.p50_us.floor),
                              ratio(each.p50_us), time(each.p99_us.harness), time(each.p99_us.floor),
                              ratio(each.p99_us), rate(each.nmis_per_s)});
    }
    return table;
}

/// One for each figure; what was measured has passed.
std::vector<report::Case> cases_of(const Figures& figures) {
    std::vector<report::Case> cases;
    for (const NmiFigures& each : figures.nmis) {
        cases.push_back({.suite = "nmis",
                         .name = fmt::format("{} {}", plan::name(each.target.source), each.target.state()),
                         .text = fmt::format("lockstep {}/s, pipelined {}/s", rate(each.lockstep.harness),
                                             rate(each.pipelined.harness))});
    }
    for (const GracePeriodFigures& each : figures.grace_periods) {
        cases.push_back({.suite = "grace-periods",
                         .name = report::counted(each.vcpus, "vCPU"),
                         .text = fmt::format("p50 {:.1f} us", each.p50_us.harness.median)});
    }
    for (const std::string& left_out : figures.left_out) {
        cases.push_back({.suite = "nmis",
                         .name = left_out.substr(0, left_out.find(':')),
                         .verdict = report::Case::Verdict::skip,
                         .text = left_out});
    }
    return cases;
}

/// How the latencies of the table spread, beside the floor's.
std::vector<report::Chart> charts(const Figures& figures) {
    constexpr double us_of_ns = 1e-3;
    std::vector<report::Chart> charts;
    const auto chart = [&charts](const Target& target, const char* until, const oracle::Histogram& harness,
                                 const oracle::Histogram& floor) {
        charts.push_back(report::distribution(fmt::format("From the request to the {}: {}, {}", until,
                                                          plan::name(target.source), target.state()),
                                              "microseconds", us_of_ns,
                                              {{"harness", harness}, {"floor", floor}}));
    };
    for (const NmiFigures& each : figures.nmis) {
        chart(each.target, "entry", each.harness.entry, each.floor.entry);
        chart(each.target, "exit", each.harness.exit, each.floor.exit);
    }
    return charts;
}

report::Json json_of(const Spread& spread) {
    return {{"median", spread.median}, {"least", spread.least}, {"most", spread.most}};
}

report::Json json_of(const Compared& compared) {
    return {{"harness", json_of(compared.harness)},
            {"floor", json_of(compared.floor)},
            {"ratio", json_of(compared.ratio)}};
}

report::Json json_of(const oracle::Histogram& times) {
    return {{"count", times.count()},
            {"p50", us(times.quantile(0.5))},
            {"p99", us(times.quantile(0.99))},
            {"p999", us(times.quantile(0.999))},
            {"max", us(times.max())}};
}

report::Json json_of(const Latency& latency) {
    return {{"entry", json_of(latency.entry)}, {"exit", json_of(latency.exit)}};
}

report::Json json_of(const NmiFigures& figures) {
    return {{"source", plan::name(figures.target.source)},
            {"halted", figures.target.halted},
            {"lockstep_per_s", json_of(figures.lockstep)},
            {"pipelined_per_s", json_of(figures.pipelined)},
            {"latency_us", {{"harness", json_of(figures.harness)}, {"floor", json_of(figures.floor)}}}};
}

report::Json json_of(const GracePeriodFigures& figures) {
    return {{"vcpus", figures.vcpus},
            {"p50_us", json_of(figures.p50_us)},
            {"p99_us", json_of(figures.p99_us)},
            {"nmis_per_s", json_of(figures.nmis_per_s)}};
}

}  // namespace

report::Document document(const plan::BenchPlan& plan, const Figures& figures,
                          const report::Provenance& provenance) {
    report::Document document{
        .command = "bench",
        .verdict = oracle::Outcome::pass,
        .interrupted = figures.interrupted,
        .end = figures.interrupted ? "interrupted" : "",
        .headline = fmt::format("{} of {} each, medians with the least and the most",
                                report::counted(plan.rounds, "round"), plan::to_string(plan.duration)),
        .provenance = provenance,
        .guest = report::guest_text(plan.arch, "embedded", std::nullopt, "none"),
        .tables = {rates(figures), latencies(figures), grace_periods(figures)},
        .cases = cases_of(figures),
        .charts = charts(figures)};
    for (const std::string& source : figures.left_out) {
        document.notes.push_back("left out: " + source);
    }
    const auto json = [](const auto& each) { return json_of(each); };
    document.figures = {{"schema", report::bench_schema},
                        {"command", "bench"},
                        {"interrupted", figures.interrupted},
                        {"reproduce", provenance.reproduce},
                        {"host", report::host_json(provenance)},
                        {"plan", report::plan_json(plan)},
                        {"nmis", report::list_json(figures.nmis, json)},
                        {"grace_periods", report::list_json(figures.grace_periods, json)},
                        {"left_out", figures.left_out}};
    return document;
}

}  // namespace nmistorm::bench
