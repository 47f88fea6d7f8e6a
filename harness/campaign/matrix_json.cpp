// SPDX-License-Identifier: GPL-2.0-or-later
#include <string_view>

#include "campaign/matrix_report.h"
#include "plan/names.h"
#include "report/json_parts.h"
#include "report/schemas.h"

namespace nmistorm::campaign {
namespace {

using report::Json;
using report::list_json;

Json asked_json(const MatrixReport& report) {
    plan::MatrixPlan plan = report.plan;
    plan.jobs = report.jobs;  // what was not asked for was decided
    return report::plan_json(plan);
}

Json counts_json(const MatrixReport& report) {
    auto counts = count_verdicts(report);
    Json json = Json::object();
    for (const RowVerdict verdict : all_row_verdicts) {
        json[std::string(name(verdict))] = counts[verdict];
    }
    json["storms"] = count_storms(report);
    return json;
}

Json storm_json(const MatrixRow& row, const Trial& trial) {
    return {{"seed", trial.plan.seed},
            {"verdict", name(verdict(row, trial))},
            {"findings", list_json(trial.findings, report::finding_json)},
            {"failure", trial.failure.empty() ? Json(nullptr) : Json(trial.failure)},
            {"seconds", trial.seconds},
            {"nmis", trial.nmis},
            {"swaps", trial.swaps},
            {"grace_periods", trial.grace_periods},
            {"overlaps", trial.overlaps},
            {"idle_nmis", trial.idle_nmis},
            {"reproduce", trial.reproduce}};
}

template <typename Figure>
Json spread_json(const MatrixRow& row, Figure Trial::*figure) {
    const auto spread = spread_of(row, figure);
    return {{"median", spread ? Json(spread->median) : Json(nullptr)},
            {"p95", spread ? Json(spread->p95) : Json(nullptr)}};
}

Json or_null(std::string_view text) {
    return text.empty() ? Json(nullptr) : Json(text);
}

Json explored_json(const MatrixRow& row, const ExploredImage& explored) {
    const oracle::Exploration* did = explored.did ? &*explored.did : nullptr;
    const oracle::Found* found = did != nullptr && did->found ? &*did->found : nullptr;
    return {{"verdict", name(verdict(row, explored))},
            {"not_shown", or_null(explored.not_shown)},
            {"failure", or_null(std::string_view(explored.failure))},
            {"finding", found != nullptr ? report::finding_json(found->finding) : Json(nullptr)},
            {"preemptions", found != nullptr ? Json(found->preemptions) : Json(nullptr)},
            {"steps", found != nullptr ? Json(plan::steps_of(found->schedule)) : Json(nullptr)},
            {"found_after_s", found != nullptr ? Json(found->seconds) : Json(nullptr)},
            {"schedules", did != nullptr ? Json(schedules(*did)) : Json(nullptr)},
            {"seconds", did != nullptr ? Json(did->seconds) : Json(nullptr)},
            {"reproduce", explored.reproduce}};
}

Json row_json(const MatrixRow& row) {
    const auto storm = [&row](const Trial& trial) { return storm_json(row, trial); };
    return {{"fault", plan::name(row.plan.fault)},
            {"arch", plan::name(row.plan.arch)},
            {"build", report::or_null(row.plan.guest_build)},
            {"wrong", or_null(row.wrong)},
            {"rules", list_json(row.rules, [](Rule rule) { return oracle::name(rule); })},
            {"plan", report::plan_json(row.plan)},
            {"verdict", name(verdict(row))},
            {"not_shown", or_null(row.not_shown)},
            {"seconds", spread_json(row, &Trial::seconds)},
            {"nmis", spread_json(row, &Trial::nmis)},
            {"swaps", spread_json(row, &Trial::swaps)},
            {"grace_periods", spread_json(row, &Trial::grace_periods)},
            {"overlaps", spread_json(row, &Trial::overlaps)},
            {"idle_nmis", spread_json(row, &Trial::idle_nmis)},
            {"storms", list_json(row.trials, storm)},
            {"explored", row.explored ? explored_json(row, *row.explored) : Json(nullptr)}};
}

}  // namespace

Json to_json(const MatrixReport& report) {
    return {{"schema", report::matrix_schema},
            {"command", "matrix"},
            {"verdict", oracle::name(outcome(report.rows))},
            {"interrupted", report.interrupted},
            {"reproduce", report.provenance.reproduce},
            {"host", report::host_json(report.provenance)},
            {"plan", asked_json(report)},
            {"counts", counts_json(report)},
            {"rows", list_json(report.rows, row_json)},
            {"duration_s", report.duration_s}};
}

}  // namespace nmistorm::campaign
