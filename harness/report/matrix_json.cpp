// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/matrix_json.h"

#include <chrono>
#include <string_view>

#include "plan/names.h"
#include "report/json_parts.h"
#include "report/schemas.h"

namespace nmistorm::report {
namespace {

using oracle::MatrixRow;
using oracle::Trial;

Json asked_json(const MatrixReport& report) {
    Json faults = Json::array();
    for (const abi::Fault fault : report.plan.faults) {
        faults.push_back(plan::name(fault));
    }
    return {{"arch", plan::name(report.plan.arch)},
            {"faults", faults},
            {"guest_builds", report.plan.guest_builds},
            {"injector", plan::name(report.plan.injector)},
            {"seeds", report.plan.seeds},
            {"seed", report.plan.seed},
            {"duration_s", std::chrono::duration<double>(report.plan.duration).count()},
            {"explore", report.plan.explore},
            {"jobs", report.jobs}};
}

Json counts_json(const MatrixReport& report) {
    auto counts = count_verdicts(report);
    Json json = Json::object();
    for (const oracle::RowVerdict verdict : oracle::all_row_verdicts) {
        json[std::string(name(verdict))] = counts[verdict];
    }
    json["storms"] = count_storms(report);
    return json;
}

Json storm_json(const MatrixRow& row, const Trial& trial) {
    return {{"seed", trial.plan.seed},
            {"verdict", name(verdict(row, trial))},
            {"findings", findings_json(trial.findings)},
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

Json explored_json(const MatrixRow& row, const oracle::ExploredImage& explored) {
    const oracle::Exploration* did = explored.did ? &*explored.did : nullptr;
    const oracle::Found* found = did != nullptr && did->found ? &*did->found : nullptr;
    return {{"verdict", name(verdict(row, explored))},
            {"not_shown", or_null(explored.not_shown)},
            {"failure", or_null(std::string_view(explored.failure))},
            {"finding", found != nullptr ? finding_json(found->finding) : Json(nullptr)},
            {"preemptions", found != nullptr ? Json(found->preemptions) : Json(nullptr)},
            {"steps", found != nullptr ? Json(plan::steps_of(found->schedule)) : Json(nullptr)},
            {"found_after_s", found != nullptr ? Json(found->seconds) : Json(nullptr)},
            {"schedules", did != nullptr ? Json(schedules(*did)) : Json(nullptr)},
            {"seconds", did != nullptr ? Json(did->seconds) : Json(nullptr)},
            {"reproduce", explored.reproduce}};
}

Json row_json(const MatrixRow& row) {
    Json rules = Json::array();
    for (const oracle::Rule rule : row.rules) {
        rules.push_back(oracle::name(rule));
    }
    Json storms = Json::array();
    for (const Trial& trial : row.trials) {
        storms.push_back(storm_json(row, trial));
    }
    return {{"fault", plan::name(row.plan.fault)},
            {"arch", plan::name(row.plan.arch)},
            {"build", report::or_null(row.plan.guest_build)},
            {"wrong", or_null(row.wrong)},
            {"rules", rules},
            {"plan", plan_json(row.plan)},
            {"verdict", name(verdict(row))},
            {"not_shown", or_null(row.not_shown)},
            {"seconds", spread_json(row, &Trial::seconds)},
            {"nmis", spread_json(row, &Trial::nmis)},
            {"swaps", spread_json(row, &Trial::swaps)},
            {"grace_periods", spread_json(row, &Trial::grace_periods)},
            {"overlaps", spread_json(row, &Trial::overlaps)},
            {"idle_nmis", spread_json(row, &Trial::idle_nmis)},
            {"storms", storms},
            {"explored", row.explored ? explored_json(row, *row.explored) : Json(nullptr)}};
}

}  // namespace

Json to_json(const MatrixReport& report) {
    Json rows = Json::array();
    for (const MatrixRow& row : report.rows) {
        rows.push_back(row_json(row));
    }
    return {{"schema", matrix_schema},
            {"command", "matrix"},
            {"verdict", oracle::name(oracle::outcome(report.rows))},
            {"interrupted", report.interrupted},
            {"reproduce", report.reproduce},
            {"host", host_json(report.kvm_backend, report.kernel)},
            {"plan", asked_json(report)},
            {"counts", counts_json(report)},
            {"rows", rows},
            {"duration_s", report.duration_s}};
}

std::string json_text(const MatrixReport& report) {
    return text_of(to_json(report));
}

}  // namespace nmistorm::report
