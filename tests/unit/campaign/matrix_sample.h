// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <utility>

#include "campaign/matrix_report.h"

namespace nmistorm::campaign {

/// The storm of @p row with this seed; it passed after 1,000 NMIs for each second of @p seconds.
inline Trial trial(const MatrixRow& row, std::uint64_t seed, double seconds) {
    Trial trial;
    trial.plan = row.plan;
    trial.plan.seed = seed;
    trial.reproduce = "nmistorm storm --seed " + std::to_string(seed);
    trial.seconds = seconds;
    trial.nmis = static_cast<std::uint64_t>(seconds * 1000);
    trial.swaps = trial.nmis / 10;
    trial.grace_periods = trial.swaps;
    trial.overlaps = trial.nmis / 100;
    trial.idle_nmis = trial.nmis / 20;
    return trial;
}

/// The same, but @p rule ended it.
inline Trial found(const MatrixRow& row, std::uint64_t seed, double seconds, oracle::Rule rule) {
    Trial trial = campaign::trial(row, seed, seconds);
    oracle::Finding& finding = trial.findings.emplace_back();
    finding.rule = rule;
    finding.detail = "the handler saw what it must not";
    finding.where = "do_nmi+0x1c guest/nmi/nmi.cpp:88";
    return trial;
}

/// All of 1,234 schedules were explored without a finding.
inline ExploredImage explored_whole() {
    oracle::Exploration did;
    oracle::Round& round = did.rounds.emplace_back();
    round.end = oracle::SearchEnd::exhausted;
    round.tally.ended = 1'000;
    round.tally.merged = 234;
    did.seconds = 5.25;
    return {.plan = {}, .not_shown = {}, .did = did, .failure = {}, .reproduce = "nmistorm explore"};
}

/// @p rule was broken after half a second.
inline ExploredImage explored_until(oracle::Rule rule) {
    ExploredImage explored = explored_whole();
    oracle::Found& found = explored.did->found.emplace();
    found.finding.rule = rule;
    found.finding.detail = "the handler saw what it must not";
    found.schedule = {{plan::Move::What::run, 0, 12}, {plan::Move::What::run, 1, 4}};
    found.preemptions = 1;
    found.seconds = 0.5;
    return explored;
}

inline MatrixRow clean_row() {
    MatrixRow row;
    row.trials = {trial(row, 7, 5), trial(row, 8, 5)};
    return row;
}

inline MatrixRow fault_row() {
    MatrixRow row;
    row.plan.fault = abi::Fault::torn_publish;
    row.plan.cycle = abi::Cycle::replace;
    row.wrong = "the callback is stored in two halves";
    row.rules = {oracle::Rule::publish, oracle::Rule::reclaim};
    row.trials = {found(row, 7, 1, oracle::Rule::publish), found(row, 8, 2, oracle::Rule::publish)};
    return row;
}

inline MatrixRow not_shown_row() {
    MatrixRow row;
    row.plan.fault = abi::Fault::unset_to_null;
    row.wrong = "unset stores null";
    row.rules = {oracle::Rule::publish};
    row.not_shown = "null is the dummy there";
    return row;
}

/// Two storms for each of @p rows.
inline MatrixReport matrix(std::vector<MatrixRow> rows) {
    MatrixReport report;
    report.provenance.reproduce = "nmistorm matrix --seeds 2 --seed 7";
    report.provenance.kvm_backend = "kvm_amd";
    report.provenance.kernel = "6.1.0";
    report.plan.seeds = 2;
    report.plan.seed = 7;
    report.rows = std::move(rows);
    report.duration_s = 13.25;
    return report;
}

}  // namespace nmistorm::campaign
