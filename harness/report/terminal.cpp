// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/terminal.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "plan/names.h"
#include "report/fact_text.h"
#include "report/figures.h"
#include "report/page.h"

namespace nmistorm::report {
namespace {

constexpr std::size_t vcpus_one_by_one = 8;
constexpr std::size_t findings_shown = 10;
constexpr std::size_t symbols_shown = 20;

void verdict(Page& page, const RunReport& report, const NmiTotals& nmi) {
    const auto rate = whole(per_second(nmi.handled, report.duration_s));
    page.line("{}{}  {}, {} handled on {} ({}/s)", page.banner(oracle::outcome(report.findings)),
              report.interrupted ? " (interrupted)" : "", elapsed(report.duration_s),
              counted(nmi.handled, "NMI"), counted(nmi.per_cpu.size(), "vCPU"), grouped(rate));
}

void setting(Page& page, const RunReport& report) {
    const plan::RunPlan& plan = report.observation.plan;
    page.row("host", fmt::format("{}, Linux {}", report.kvm_backend, report.kernel));
    page.row("guest", fmt::format("{}, {} image{}, fault {}", name(plan.arch), report.image,
                                  plan.guest_build ? " by " + *plan.guest_build : "", report.image_fault));
    page.row("storm", fmt::format("{}, pace {}{}, targets {}, cycle {}, {}seed {}", name(plan.source),
                                  to_string(plan.pace),
                                  plan.injector == plan::Injector::central ? ", injector central"
                                  : plan.slice ? ", slice " + plan::to_string(*plan.slice)
                                               : "",
                                  to_string(plan.targets), plan::name(plan.cycle),
                                  plan.handlers == abi::handlers_all
                                      ? ""
                                      : fmt::format("handlers {}, ", plan::handlers_text(plan.handlers)),
                                  plan.seed));
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

/// At how many instructions of each function an NMI arrived.
void arrivals(Page& page, const oracle::Observation& observation) {
    std::string functions;
    for (const oracle::ArrivalsIn& in : observation.arrivals) {
        functions += fmt::format("{}{} {}/{}", functions.empty() ? "" : ", ", in.function, in.reached(),
                                 in.by_instruction.size());
    }
    if (!functions.empty()) {
        page.row("arrivals", functions);
    }
}

void accounting(Page& page, const RunReport& report, const NmiTotals& nmi) {
    page.row("NMIs", fmt::format("{} requested, {} accepted, {} coalesced, {} handled, {} by default",
                                 grouped(nmi.requested), grouped(nmi.accepted), grouped(nmi.coalesced),
                                 grouped(nmi.handled), grouped(nmi.defaulted)));
    page.row("by default", fmt::format("{} for the dummy, {} for handlers that declined", grouped(nmi.dummy),
                                       grouped(nmi.declined)));
    page.row("by vCPU", by_vcpu(report.observation));
    const Exercised did = exercised(report);
    page.row("exercised", fmt::format("{}, {}, {} freed, {}, {} from idle", counted(did.swaps, "swap"),
                                      counted(did.grace_periods, "grace period"), counted(did.freed, "block"),
                                      counted(did.overlaps, "overlap"), counted(did.idle_nmis, "NMI")));
    if (report.observation.plan.cycle == abi::Cycle::unload) {
        page.row("unloaded", fmt::format("the code of {}", counted(did.unloaded, "handler")));
    }
    if (report.observation.plan.hotplug) {
        page.row("hotplug",
                 fmt::format("online {}{}, {} while offline", counted(did.onlines, "time"),
                             did.onlines_in_grace_period ? fmt::format(", {} in a grace period",
                                                                       grouped(*did.onlines_in_grace_period))
                                                         : "",
                             counted(did.offline_nmis, "NMI")));
    }
    if (const auto times = grace_period_times(report)) {
        page.row("grace period", fmt::format("p50 {:.1f} us, p99 {:.1f} us, max {:.1f} us", times->p50,
                                             times->p99, times->max));
    }
    if (report.slices.count() != 0) {
        page.row("slices", fmt::format("p50 {} us, p99 {} us; {} overlaps/s",
                                       grouped(report.slices.quantile(0.50) / 1000),
                                       grouped(report.slices.quantile(0.99) / 1000),
                                       grouped(whole(per_second(did.overlaps, report.duration_s)))));
    }
    arrivals(page, report.observation);
    page.row("events", fmt::format("{} judged, {} lost{}", grouped(report.tally.facts),
                                   grouped(report.observation.events_lost),
                                   report.holds != 0 ? fmt::format("; vCPUs waited {} for the judge",
                                                                   counted(report.holds, "time"))
                                                     : ""));
}

/// Prints the events around it only @p with_events: the findings of one rule have similar events.
void finding(Page& page, const oracle::Finding& finding, bool with_events) {
    page.line("");
    page.line("{} (judges {}){}{}", page.painted("1", oracle::name(finding.rule)),
              oracle::name(oracle::judges(finding.rule)),
              finding.vcpu ? fmt::format(", vCPU {}", *finding.vcpu) : "",
              finding.generation ? fmt::format(", generation {}", *finding.generation) : "");
    page.line("  {}", finding.detail);
    if (!finding.where.empty()) {
        page.line("  at {}", finding.where);
    } else if (finding.at) {
        page.line("  at {:#x}", finding.at->value);
    }
    for (std::size_t i = 0; with_events && i < finding.around.size(); ++i) {
        page.line("    {}", fact_line(finding.around[i]));
    }
}

/// Where NMIs hit the guest, hottest first.
void profile(Page& page, const RunReport& report) {
    page.line("\nNMIs hit the guest in   {}, {} lost", counted(report.observation.samples, "sample"),
              grouped(report.observation.samples_lost));
    const std::size_t shown = std::min(report.profile.size(), symbols_shown);
    for (std::size_t i = 0; i < shown; ++i) {
        const ProfileLine& line = report.profile[i];
        page.line("  {:>5.1f} %  {:>11}  {}", share(line, report.profile), grouped(line.count), line.symbol);
    }
    if (shown < report.profile.size()) {
        page.line("  and {}; --json has all", counted(report.profile.size() - shown, "more symbol"));
    }
}

}  // namespace

std::string summary(const RunReport& report, bool colour) {
    Page page(colour);
    const NmiTotals nmi = nmi_totals(report.observation);
    verdict(page, report, nmi);
    setting(page, report);
    accounting(page, report, nmi);
    const std::size_t shown = std::min(report.findings.size(), findings_shown);
    for (std::size_t i = 0; i < shown; ++i) {
        const bool same_rule = i > 0 && report.findings[i - 1].rule == report.findings[i].rule;
        finding(page, report.findings[i], !same_rule);
    }
    if (shown < report.findings.size()) {
        page.line("\nand {}; --json has all", counted(report.findings.size() - shown, "more finding"));
    }
    if (exit_code(report) != 0) {
        page.line("\nTo repeat this run: {}", report.reproduce);
    }
    if (report.observation.plan.profile) {
        profile(page, report);
    }
    return std::move(page).text();
}

}  // namespace nmistorm::report
