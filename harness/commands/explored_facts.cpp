// SPDX-License-Identifier: GPL-2.0-or-later
#include "commands/explored_facts.h"

#include <algorithm>

#include "cli/reproduce.h"
#include "commands/host.h"
#include "engines/guest_image.h"
#include "guests/stepped/explored_guest.h"
#include "guests/stepped/limits.h"
#include "report/facts_file.h"

namespace nmistorm::commands {

namespace {

/// An exploration that includes the schedule, as far as there is one, by flags that do not contradict each
/// other.
plan::ExplorePlan plan_with(const plan::ScheduleFile& file, const engines::explore::Cost& done) {
    plan::ExplorePlan plan = file.plan;
    if (plan.guest_file) {
        plan.fault = abi::Fault::none;
        plan.guest_build.reset();
    }
    if (plan.vcpus == 1) {
        plan.condition.reset();
    }
    plan.preemptions = std::max(plan.preemptions, std::min(done.preemptions, plan::preemptions_max));
    plan.nmis = std::max(plan.nmis, done.nmis);
    return plan;
}

}  // namespace

std::string facts_of(const plan::ScheduleFile& file, const image::Image& image,
                     const engines::explore::ReplayResult& result) {
    const plan::ExplorePlan plan = plan_with(file, result.done);
    report::ExploreReport report{.provenance = provenance_of(""),
                                 .image = plan.guest_file.value_or("embedded"),
                                 .image_fault = image.fault(),
                                 .image_build = engines::build_of_guest(plan),
                                 .build_id = image.build_id(),
                                 .plan = {},
                                 .exploration = {},
                                 .schedule_file = {},
                                 .resume_file = {}};
    report.exploration.unjudged = guests::Landmarks(image).missing();
    report.exploration.limits = guests::limits_of_stepping(plan, "one schedule exercises what it exercises");
    const oracle::Found played{.finding = {},
                               .condition = file.plan.condition.value_or(plan::Condition::busy),
                               .schedule = result.done.schedule,
                               .preemptions = result.done.preemptions,
                               .nmis = result.done.nmis,
                               .seconds = 0,
                               .listing = {},
                               .ends = {}};
    std::string text = report::facts_begin(cli::command_of(plan));
    for (const oracle::Record& record : result.records) {
        text += report::facts_line(record);
    }
    return text + report::facts_end(report, played);
}

}  // namespace nmistorm::commands
