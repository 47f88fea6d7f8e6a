// SPDX-License-Identifier: GPL-2.0-or-later
#include <chrono>

#include "plan/names.h"
#include "report/explore_report.h"
#include "report/json_parts.h"
#include "report/schemas.h"

namespace nmistorm::report {
namespace {

Json asked_json(const plan::ExplorePlan& plan) {
    std::optional<double> budget_s;
    if (plan.budget) {
        budget_s = std::chrono::duration<double>(*plan.budget).count();
    }
    return {{"arch", plan::name(plan.arch)},
            {"guest_file", or_null(plan.guest_file)},
            {"fault", plan::name(plan.fault)},
            {"guest_build", or_null(plan.guest_build)},
            {"vcpus", plan.vcpus},
            {"cycle", plan::name(plan.cycle)},
            {"condition", plan.condition ? Json(name(*plan.condition)) : Json("all")},
            {"swaps", plan.swaps},
            {"preemptions", plan.preemptions},
            {"nmis", plan.nmis},
            {"reduction", name(plan.reduction)},
            {"shard", to_string(plan.shard)},
            {"budget_s", or_null(budget_s)},
            {"memory_bytes", or_null(plan.memory)},
            {"seed", plan.seed}};
}

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
    Json missed = Json::array();
    for (const GuestVirt at : covered.missed) {
        missed.push_back(at.value);
    }
    return {{"function", covered.function},
            {"reached", covered.reached},
            {"all", covered.all},
            {"missed_from", missed}};
}

Json found_json(const oracle::Found& found) {
    Json schedule = Json::array();
    for (const plan::Move& move : found.schedule) {
        schedule.push_back(to_string(move));
    }
    return {{"finding", finding_json(found.finding)},
            {"condition", name(found.condition)},
            {"preemptions", found.preemptions},
            {"nmis", found.nmis},
            {"steps", plan::steps_of(found.schedule)},
            {"seconds", found.seconds},
            {"schedule", schedule},
            {"listing", found.listing}};
}

template <typename List, typename ToJson>
Json list_json(const List& list, ToJson to_json) {
    Json json = Json::array();
    for (const auto& each : list) {
        json.push_back(to_json(each));
    }
    return json;
}

}  // namespace

std::string json_text(const ExploreReport& report) {
    const oracle::Exploration& did = report.exploration;
    return text_of({{"schema", explore_schema},
                    {"command", "explore"},
                    {"verdict", oracle::name(oracle::outcome(did))},
                    {"exhausted", oracle::exhausted(did)},
                    {"interrupted", did.interrupted},
                    {"out_of_budget", did.out_of_budget},
                    {"out_of_memory", did.out_of_memory},
                    {"shards_disagree", did.shards_disagree},
                    {"unjudged", did.unjudged},
                    {"reproduce", report.reproduce},
                    {"host", host_json(report.kvm_backend, report.kernel)},
                    {"guest",
                     {{"arch", plan::name(report.plan.arch)},
                      {"image", report.image},
                      {"fault", report.image_fault},
                      {"build", or_null(report.image_build)},
                      {"build_id", report.build_id}}},
                    {"plan", asked_json(report.plan)},
                    {"rounds", list_json(did.rounds, round_json)},
                    {"coverage", list_json(did.coverage, covered_json)},
                    {"found", did.found ? found_json(*did.found) : Json(nullptr)},
                    {"steps", did.steps},
                    {"duration_s", did.seconds}});
}

}  // namespace nmistorm::report
