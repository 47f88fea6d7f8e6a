// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/names.h"
#include "report/ends.h"
#include "report/explore_report.h"
#include "report/json_parts.h"
#include "report/schedule_file.h"
#include "report/schemas.h"

namespace nmistorm::report {
namespace {

Json round_json(const oracle::Round& round) {
    return {{"condition", name(round.condition)},
            {"preemptions", round.preemptions},
            {"end", oracle::name(round.end)},
            {"schedules", round.tally.ended + round.tally.merged},
            {"whole", round.tally.ended},
            {"states", round.tally.states},
            {"steps", round.steps},
            {"seconds", round.seconds}};
}

Json covered_json(const oracle::Covered& covered) {
    return {{"function", covered.function},
            {"reached", covered.reached},
            {"all", covered.all},
            {"missed_from", list_json(covered.missed, [](GuestVirt at) { return at.value; })}};
}

Json found_json(const oracle::Found& found) {
    return {{"finding", finding_json(found.finding)},  {"condition", name(found.condition)},
            {"preemptions", found.preemptions},        {"nmis", found.nmis},
            {"steps", plan::steps_of(found.schedule)}, {"seconds", found.seconds},
            {"schedule", moves_json(found.schedule)},  {"listing", found.listing},
            {"ends", list_json(found.ends, end_json)}};
}

}  // namespace

Json to_json(const ExploreReport& report) {
    const oracle::Exploration& did = report.exploration;
    return {{"schema", explore_schema},
            {"command", report.command},
            {"verdict", oracle::name(oracle::outcome(did))},
            {"exhausted", oracle::exhausted(did)},
            {"interrupted", did.interrupted},
            {"out_of_budget", did.out_of_budget},
            {"out_of_memory", did.out_of_memory},
            {"shards_disagree", did.shards_disagree},
            {"unjudged", did.unjudged},
            {"not_judged", list_json(did.limits, limit_json)},
            {"reproduce", report.provenance.reproduce},
            {"host", host_json(report.provenance)},
            {"guest",
             {{"arch", plan::name(report.plan.arch)},
              {"image", report.image},
              {"fault", report.image_fault},
              {"build", or_null(report.image_build)},
              {"build_id", report.build_id}}},
            {"plan", plan_json(report.plan)},
            {"rounds", list_json(did.rounds, round_json)},
            {"coverage", list_json(did.coverage, covered_json)},
            {"found", did.found ? found_json(*did.found) : Json(nullptr)},
            {"steps", did.steps},
            {"duration_s", did.seconds}};
}

}  // namespace nmistorm::report
