// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "plan/names.h"
#include "report/exit_code.h"
#include "report/explore_report.h"
#include "report/figures.h"
#include "report/page.h"

namespace nmistorm::report {
namespace {

using oracle::Exploration;
using oracle::Outcome;

void verdict(Page& page, const ExploreReport& report) {
    const Exploration& did = report.exploration;
    const char* how = did.found                ? ""
                      : did.interrupted        ? " (interrupted)"
                      : did.out_of_budget      ? " (out of budget)"
                      : did.out_of_memory      ? " (--memory is used up)"
                      : oracle::exhausted(did) ? " (exhausted)"
                                               : "";
    page.line("{}{}  {}, {}, {} steps ({}/s)", page.banner(oracle::outcome(did)), how, elapsed(did.seconds),
              counted(oracle::schedules(did), "schedule"), grouped(did.steps),
              grouped(whole(per_second(did.steps, did.seconds))));
}

void setting(Page& page, const ExploreReport& report) {
    const plan::ExplorePlan& plan = report.plan;
    page.row("host", fmt::format("{}, Linux {}", report.kvm_backend, report.kernel));
    page.row("guest", fmt::format("{}, {} image{}, fault {}", plan::name(plan.arch), report.image,
                                  plan.guest_build ? " by " + *plan.guest_build : "", report.image_fault));
    page.row("bound", fmt::format("{}, cycle {}, {}, {}, {}, reduction {}, shard {}",
                                  counted(plan.swaps, "swap"), plan::name(plan.cycle),
                                  counted(plan.vcpus, "vCPU"), counted(plan.preemptions, "preemption"),
                                  counted(plan.nmis, "NMI"), name(plan.reduction), to_string(plan.shard)));
}

void rounds(Page& page, const Exploration& did) {
    page.line("");
    page.line("  {:<12} {:>11} {:<10} {:>10} {:>10} {:>10} {:>11} {:>8}", "targets", "preemptions", "",
              "schedules", "whole", "states", "steps", "seconds");
    for (const oracle::Round& round : did.rounds) {
        page.line("  {:<12} {:>11} {:<10} {:>10} {:>10} {:>10} {:>11} {:>8.2f}", name(round.condition),
                  round.preemptions, oracle::name(round.end), grouped(round.tally.ended + round.tally.merged),
                  grouped(round.tally.ended), grouped(round.tally.states), grouped(round.steps),
                  round.seconds);
    }
}

void coverage(Page& page, const Exploration& did) {
    page.line("");
    page.line("  {:<20} {:>8} {:>5}  not reached from", "function", "reached", "of");
    for (const oracle::Covered& covered : did.coverage) {
        std::string missed;
        for (const GuestVirt at : covered.missed) {
            missed += fmt::format(" {:#x}", at.value);
        }
        page.line("  {:<20} {:>8} {:>5} {}", covered.function, covered.reached, covered.all, missed);
    }
}

void found(Page& page, const ExploreReport& report) {
    const oracle::Found& found = *report.exploration.found;
    page.line("");
    page.line("{} (judges {}), vCPU {}, after {:.2f} s", page.painted("1", oracle::name(found.finding.rule)),
              oracle::name(oracle::judges(found.finding.rule)), found.finding.vcpu.value_or(0),
              found.seconds);
    page.line("  {}", found.finding.detail);
    page.line("  at {}", found.finding.where);
    page.line("  {}, {}, {}; targets {}", counted(found.preemptions, "preemption"),
              counted(found.nmis, "NMI"), counted(plan::steps_of(found.schedule), "step"),
              name(found.condition));
    for (const plan::Move& move : found.schedule) {
        page.line("    {}", to_string(move));
    }
    page.line("");
    for (const std::string& line : found.listing) {
        page.line("  {}", line);
    }
    if (report.schedule_file) {
        page.line("\nTo repeat exactly this: nmistorm replay {}", *report.schedule_file);
    } else {
        page.line("\nTo find it again and keep it: {} --schedule FILE", report.reproduce);
    }
}

}  // namespace

int exit_code(const ExploreReport& report) {
    return exit_code(oracle::outcome(report.exploration), report.exploration.interrupted);
}

std::string summary(const ExploreReport& report, bool colour) {
    Page page(colour);
    const Exploration& did = report.exploration;
    verdict(page, report);
    setting(page, report);
    rounds(page, did);
    coverage(page, did);
    if (!did.unjudged.empty()) {
        page.line("\nThe image lacks {}: what needs them was not judged.", did.unjudged);
    }
    if (did.shards_disagree) {
        page.line(
            "\nThis shard met a shared word that smaller bounds do not show: shards may overlap or leave "
            "gaps.");
    }
    if (report.resume_file) {
        page.line("\nTo go on: {} --resume {}", report.reproduce, *report.resume_file);
    }
    if (did.found) {
        found(page, report);
    }
    return std::move(page).text();
}

std::string explore_line(const ExploreFigures& figures, std::size_t width) {
    const std::string line =
        fmt::format("{}  {}, {}, {} schedules, {} states, {} steps", elapsed(figures.elapsed_s),
                    name(figures.condition), counted(figures.preemptions, "preemption"),
                    grouped(figures.schedules), grouped(figures.states), grouped(figures.steps));
    return line.substr(0, width);
}

}  // namespace nmistorm::report
