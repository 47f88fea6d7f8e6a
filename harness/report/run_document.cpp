// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <cctype>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "plan/names.h"
#include "report/cases.h"
#include "report/ends.h"
#include "report/fact_text.h"
#include "report/figures.h"
#include "report/run_report.h"

namespace nmistorm::report {
namespace {

constexpr std::size_t vcpus_one_by_one = 8;
constexpr std::size_t findings_shown = 10;
constexpr std::size_t symbols_shown = 20;

std::string storm(const plan::RunPlan& plan) {
    return fmt::format(
        "{}, pace {}{}, targets {}, cycle {}, {}seed {}", sources_text(plan.sources), to_string(plan.pace),
        plan.injector == plan::Injector::central ? ", injector central"
        : plan.slice                             ? ", slice " + plan::to_string(*plan.slice)
                                                 : "",
        to_string(plan.targets), plan::name(plan.cycle),
        plan.handlers == abi::handlers_all ? ""
                                           : fmt::format("handlers {}, ", plan::handlers_text(plan.handlers)),
        plan.seed);
}

/// One figure for each target if there are at most eight, else how they spread.
std::string by_vcpu(const oracle::Observation& observation) {
    std::vector<std::string> each;
    std::vector<std::uint64_t> handled;
    for (std::size_t vcpu = 0; vcpu < observation.vcpus.size(); ++vcpu) {
        if (observation.vcpus[vcpu].target) {
            handled.push_back(observation.vcpus[vcpu].delivery.entries);
            each.push_back(fmt::format("{}: {}", vcpu, grouped(handled.back())));
        }
    }
    if (each.size() <= vcpus_one_by_one) {
        return fmt::format("{}", fmt::join(each, "   "));
    }
    std::sort(handled.begin(), handled.end());
    return fmt::format("min {}, median {}, max {} of {} targets", grouped(handled.front()),
                       grouped(handled[handled.size() / 2]), grouped(handled.back()), handled.size());
}

/// The requests of each, and how many of them were not accepted if any.
std::string by_source(const std::vector<oracle::SourceAccount>& accounts) {
    std::vector<std::string> each;
    each.reserve(accounts.size());
    for (const oracle::SourceAccount& account : accounts) {
        each.push_back(fmt::format("{}: {}{}", plan::name(account.source), grouped(account.requested),
                                   account.accepted == account.requested
                                       ? ""
                                       : fmt::format(", {} accepted", grouped(account.accepted))));
    }
    return fmt::format("{}", fmt::join(each, "   "));
}

/// At how many instructions of each function an NMI arrived.
std::string arrivals(const oracle::Observation& observation) {
    std::vector<std::string> functions;
    for (const oracle::ArrivalsIn& in : observation.arrivals) {
        functions.push_back(fmt::format("{} {}/{}", in.function, in.reached(), in.by_instruction.size()));
    }
    return fmt::format("{}", fmt::join(functions, ", "));
}

std::vector<Row> rows_of(const RunReport& report, const NmiTotals& nmi) {
    std::vector<Row> rows;
    const auto row = [&rows](const char* label, std::string text) {
        rows.push_back({label, std::move(text)});
    };
    row("storm", storm(report.observation.plan));
    if (report.shard.of > 1) {
        row("shard", to_string(report.shard));
    }
    row("NMIs", fmt::format("{} requested, {} accepted, {} coalesced, {} handled, {} by default",
                            grouped(nmi.requested), grouped(nmi.accepted), grouped(nmi.coalesced),
                            grouped(nmi.handled), grouped(nmi.defaulted)));
    if (report.observation.sources.size() > 1) {
        row("by source", by_source(report.observation.sources));
    }
    for (const std::string& source : report.observation.left_out) {
        row("left out", source);
    }
    row("by default", fmt::format("{} for the dummy, {} for handlers that declined", grouped(nmi.dummy),
                                  grouped(nmi.declined)));
    row("by vCPU", by_vcpu(report.observation));
    const Exercised did = exercised(report);
    row("exercised", fmt::format("{}, {}, {} freed, {}, {} from idle", counted(did.swaps, "swap"),
                                 counted(did.grace_periods, "grace period"), counted(did.freed, "block"),
                                 counted(did.overlaps, "overlap"), counted(did.idle_nmis, "NMI")));
    if (report.observation.plan.cycle == abi::Cycle::unload) {
        row("unloaded", fmt::format("the code of {}", counted(did.unloaded, "handler")));
    }
    if (report.observation.plan.hotplug) {
        row("hotplug",
            fmt::format("online {}{}, {} while offline", counted(did.onlines, "time"),
                        did.onlines_in_grace_period
                            ? fmt::format(", {} in a grace period", grouped(*did.onlines_in_grace_period))
                            : "",
                        counted(did.offline_nmis, "NMI")));
    }
    if (const auto times = grace_period_times(report)) {
        row("grace period",
            fmt::format("p50 {:.1f} us, p99 {:.1f} us, max {:.1f} us", times->p50, times->p99, times->max));
    }
    if (report.slices.count() != 0) {
        row("slices",
            fmt::format("p50 {} us, p99 {} us; {} overlaps/s", grouped(report.slices.quantile(0.50) / 1000),
                        grouped(report.slices.quantile(0.99) / 1000),
                        grouped(whole(per_second(did.overlaps, report.duration_s)))));
    }
    if (report.observation.plan.churn) {
        const auto ms = [&report](double q) {
            return static_cast<double>(report.stopped_for.quantile(q)) / 1e6;
        };
        row("churn",
            fmt::format("the VM was replaced {}{}", counted(report.observation.churns, "time"),
                        report.stopped_for.count() != 0
                            ? fmt::format(", stopped for p50 {:.1f} ms, p99 {:.1f} ms", ms(0.50), ms(0.99))
                            : ""));
    }
    if (!report.observation.arrivals.empty()) {
        row("arrivals", arrivals(report.observation));
    }
    row("events",
        fmt::format(
            "{} judged, {} lost{}", grouped(report.tally.facts), grouped(report.observation.events_lost),
            report.holds != 0 ? fmt::format("; vCPUs waited {} for the judge", counted(report.holds, "time"))
                              : ""));
    return rows;
}

/// The events around it only @p with_events: the findings of one rule have similar events.
FindingText finding_text(const oracle::Finding& finding, bool with_events) {
    FindingText text{
        .outcome = oracle::outcome({finding}),
        .title = std::string(oracle::name(finding.rule)),
        .text = fmt::format(" (judges {}){}{}", oracle::name(oracle::judges(finding.rule)),
                            finding.vcpu ? fmt::format(", vCPU {}", *finding.vcpu) : "",
                            finding.generation ? fmt::format(", generation {}", *finding.generation) : ""),
        .lines = {"  " + finding.detail}};
    if (!finding.where.empty()) {
        text.lines.push_back("  at " + finding.where);
    } else if (finding.at) {
        text.lines.push_back(fmt::format("  at {:#x}", finding.at->value));
    }
    if (with_events) {
        text.around = finding.around;
    }
    for (const oracle::Recorded& fact : text.around) {
        text.lines.push_back("    " + fact_line(fact));
    }
    return text;
}

std::vector<FindingText> findings_of(const RunReport& report) {
    std::vector<FindingText> texts;
    std::optional<oracle::Rule> last;
    for (const oracle::Finding& finding : report.findings) {
        texts.push_back(finding_text(finding, finding.rule != last));
        last = finding.rule;
    }
    return texts;
}

/// Where NMIs hit the guest, hottest first.
Table profile(const RunReport& report) {
    Table table{.title = fmt::format("NMIs hit the guest in   {}, {} lost",
                                     counted(report.observation.samples, "sample"),
                                     grouped(report.observation.samples_lost)),
                .columns = {{"", Align::right, 7}, {"", Align::right, 11}, {""}},
                .indent = 2};
    const std::size_t shown = std::min(report.profile.size(), symbols_shown);
    for (std::size_t i = 0; i < shown; ++i) {
        const ProfileLine& line = report.profile[i];
        table.rows.push_back(
            {fmt::format("{:.1f} %", share(line, report.profile)), grouped(line.count), line.symbol});
    }
    if (shown < report.profile.size()) {
        table.rest =
            fmt::format("and {}; --json has all", counted(report.profile.size() - shown, "more symbol"));
    }
    return table;
}

Table by_vcpu_table(const oracle::Observation& observation) {
    Table table{.title = "NMIs by vCPU", .columns = {{"vCPU", Align::right}, {"target"}}};
    for (const char* heading : {"requested", "accepted", "handled", "by default", "for the dummy", "declined",
                                "from idle", "injected by KVM"}) {
        table.columns.push_back({heading, Align::right});
    }
    for (std::size_t n = 0; n < observation.vcpus.size(); ++n) {
        const oracle::VcpuObservation& vcpu = observation.vcpus[n];
        std::vector<std::string> cells = {std::to_string(n), vcpu.target ? "yes" : "no"};
        for (const std::uint64_t figure :
             {vcpu.delivery.requested, vcpu.delivery.accepted, vcpu.delivery.entries,
              vcpu.counters.nmi_defaulted, vcpu.counters.nmi_dummy, vcpu.counters.nmi_declined,
              vcpu.counters.nmi_idle}) {
            cells.push_back(grouped(figure));
        }
        cells.push_back(vcpu.delivery.kvm_injections ? grouped(*vcpu.delivery.kvm_injections) : "unknown");
        table.rows.push_back(std::move(cells));
    }
    return table;
}

/// How often something happened in a second of each interval.
Chart rates(const RunReport& report, const std::string& what, std::uint64_t oracle::Interval::*figure) {
    std::string title = what + " over time";
    title.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(title.front())));
    Chart chart{.title = std::move(title),
                .x_title = "seconds since the first request",
                .y_title = what + " a second",
                .x = {},
                .lines = {{what + " a second", {}}}};
    double begin_s = 0;
    for (const oracle::Interval& interval : report.series) {
        chart.x.push_back(interval.end_s);
        chart.lines[0].y.emplace_back(per_second(interval.*figure, interval.end_s - begin_s));
        begin_s = interval.end_s;
    }
    return chart;
}

Chart grace_periods_over_time(const RunReport& report) {
    Chart chart{.title = "Grace periods over time",
                .x_title = "seconds since the first request",
                .y_title = "microseconds",
                .x = {},
                .lines = {},
                .log_y = true};
    for (const oracle::Interval& interval : report.series) {
        chart.x.push_back(interval.end_s);
    }
    const auto line = [&](const char* name, std::uint64_t oracle::Interval::*figure) {
        Chart::Line& added = chart.lines.emplace_back(Chart::Line{name, {}});
        for (const oracle::Interval& interval : report.series) {
            added.y.push_back(interval.timed == 0
                                  ? std::nullopt
                                  : std::optional(us_of_ticks(interval.*figure, report.tsc_khz)));
        }
    };
    line("p50", &oracle::Interval::p50);
    line("p99", &oracle::Interval::p99);
    line("max", &oracle::Interval::max);
    return chart;
}

std::vector<Chart> charts_of(const RunReport& report) {
    std::vector<Chart> charts;
    const bool timed = grace_period_times(report).has_value();
    if (!report.series.empty()) {
        charts = {rates(report, "NMIs", &oracle::Interval::handled),
                  rates(report, "overlaps", &oracle::Interval::overlaps),
                  rates(report, "swaps", &oracle::Interval::swaps)};
        if (timed) {
            charts.push_back(grace_periods_over_time(report));
        }
    }
    const auto times = [&charts](const char* title, double scale, const oracle::Histogram& values) {
        if (values.count() != 0) {
            charts.push_back(distribution(title, "microseconds", scale, {{"how many", values}}));
        }
    };
    if (timed) {
        times("How long grace periods took", us_of_ticks(1, report.tsc_khz), report.tally.grace_period_ticks);
    }
    constexpr double us_of_ns = 1e-3;
    times("How long slices were", us_of_ns, report.slices);
    times("How long vCPUs stood still while the VM was replaced", us_of_ns, report.stopped_for);
    return charts;
}

}  // namespace

Document document(const RunReport& report) {
    const plan::RunPlan& plan = report.observation.plan;
    const NmiTotals nmi = nmi_totals(report.observation);
    Document document{
        .command = report.command,
        .verdict = oracle::outcome(report.findings),
        .interrupted = report.interrupted,
        .end = report.interrupted ? "interrupted" : "",
        .headline = fmt::format("{}, {} handled on {} ({}/s)", elapsed(report.duration_s),
                                counted(nmi.handled, "NMI"), counted(nmi.per_cpu.size(), "vCPU"),
                                grouped(whole(per_second(nmi.handled, report.duration_s)))),
        .provenance = report.provenance,
        .guest = guest_text(plan.arch, report.image, plan.guest_build, report.image_fault),
        .rows = rows_of(report, nmi),
        .limits = report.observation.limits,
        .findings = findings_of(report),
        .findings_shown = findings_shown,
        .seconds = report.duration_s,
        .details = {by_vcpu_table(report.observation)},
        .charts = charts_of(report),
        .figures = to_json(report)};
    document.cases = rule_cases(std::string(plan::name(plan.arch)), document.limits, document.findings);
    if (document.verdict == oracle::Outcome::violation) {
        add_ends(document, report.ends, report.findings.front().vcpu);
    }
    if (exit_code(document) != 0) {
        document.advice = "To repeat this run: " + report.provenance.reproduce;
    }
    if (plan.profile) {
        document.appendix.push_back(profile(report));
    }
    return document;
}

}  // namespace nmistorm::report
