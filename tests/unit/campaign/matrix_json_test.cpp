// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include <nmistorm/abi/fault.h>

#include "matrix_sample.h"
#include "report/renderers.h"
#include "schema.h"

namespace nmistorm::campaign {
namespace {

using report::allowed;
using report::expect_same_properties;
using report::Json;
using report::keys;
using report::schema;

template <typename Names>
std::set<std::string> names_of(const Names& all) {
    std::set<std::string> names;
    for (const auto each : all) {
        names.emplace(name(each));
    }
    return names;
}

TEST(MatrixJson, has_exactly_the_properties_of_its_schema) {
    MatrixReport report = matrix({clean_row(), fault_row(), not_shown_row()});
    report.rows[1].trials.push_back(trial(report.rows[1], 9, 10));
    report.rows[1].explored = explored_until(Rule::publish);
    expect_same_properties(schema("matrix"), to_json(report));
}

TEST(MatrixJson, has_what_was_asked_for_and_how_it_ended) {
    MatrixReport report = matrix({clean_row(), fault_row(), not_shown_row()});
    report.plan.faults = {abi::Fault::none, abi::Fault::unset_to_null, abi::Fault::torn_publish};
    report.jobs = 4;
    const Json json = to_json(report);
    EXPECT_EQ(json["schema"], "nmistorm.matrix/2");
    EXPECT_EQ(json["command"], "matrix");
    EXPECT_EQ(json["verdict"], "pass");
    EXPECT_EQ(json["interrupted"], false);
    EXPECT_EQ(json["reproduce"], "nmistorm matrix --seeds 2 --seed 7");
    EXPECT_EQ(json["host"], Json::parse(R"({"kvm_backend": "kvm_amd", "kernel": "6.1.0"})"));
    EXPECT_EQ(json["plan"],
              Json::parse(R"({"arch": "x86_64", "faults": ["none", "unset-to-null", "torn-publish"],
                                            "guest_builds": [], "injector": "own", "seeds": 2, "seed": 7, "duration_s": 10.0, "explore": false, "shard": "1/1", "jobs": 4})"));
    EXPECT_EQ(json["counts"],
              Json::parse(R"({"found": 1, "clean": 1, "missed": 0, "wrong-rule": 0, "flagged": 0,
        "failed": 0, "inconclusive": 0, "not-shown": 1, "not-run": 0, "storms": 4})"));
    EXPECT_EQ(json["duration_s"], 13.25);
}

TEST(MatrixJson, has_each_row_with_its_figures_and_its_storms) {
    const Json row = to_json(matrix({fault_row()}))["rows"][0];
    EXPECT_EQ(row["fault"], "torn-publish");
    EXPECT_EQ(row["arch"], "x86_64");
    EXPECT_EQ(row["wrong"], "the callback is stored in two halves");
    EXPECT_EQ(row["rules"], Json::parse(R"(["publish", "reclaim"])"));
    EXPECT_EQ(row["plan"]["cycle"], "replace");
    EXPECT_EQ(row["verdict"], "found");
    EXPECT_EQ(row["not_shown"], nullptr);
    EXPECT_EQ(row["seconds"], Json::parse(R"({"median": 1.5, "p95": 1.95})"));
    EXPECT_EQ(row["nmis"], Json::parse(R"({"median": 1500.0, "p95": 1950.0})"));
    EXPECT_EQ(row["swaps"]["median"], 150);
    EXPECT_EQ(row["overlaps"]["median"], 15);
    EXPECT_EQ(row["idle_nmis"]["median"], 75);
    EXPECT_EQ(row["storms"][0], Json::parse(R"({
        "seed": 7, "verdict": "found",
        "findings": [{"rule": "publish", "judges": "guest", "vcpu": null,
                      "where": "do_nmi+0x1c guest/nmi/nmi.cpp:88", "detail": "the handler saw what it must not"}],
        "failure": null, "seconds": 1.0, "nmis": 1000, "swaps": 100, "grace_periods": 100, "overlaps": 10,
        "idle_nmis": 50, "reproduce": "nmistorm storm --seed 7"})"));
}

TEST(MatrixJson, has_the_builds_that_were_asked_for) {
    MatrixReport report = matrix({clean_row(), clean_row()});
    report.plan.guest_builds = {"gcc-O0"};
    report.rows[1].plan.guest_build = "gcc-O0";
    const Json json = to_json(report);
    EXPECT_EQ(json["plan"]["guest_builds"], Json::parse(R"(["gcc-O0"])"));
    EXPECT_EQ(json["rows"][0]["build"], nullptr);
    EXPECT_EQ(json["rows"][1]["build"], "gcc-O0");
    EXPECT_EQ(json["rows"][1]["plan"]["guest_build"], "gcc-O0");
}

TEST(MatrixJson, has_what_exploring_showed) {
    MatrixReport report = matrix({fault_row(), clean_row(), clean_row()});
    report.rows[0].explored = explored_until(Rule::publish);
    report.rows[1].explored = explored_whole();
    const Json rows = to_json(report)["rows"];
    EXPECT_EQ(rows[0]["explored"], Json::parse(R"({
        "verdict": "found", "not_shown": null, "failure": null,
        "finding": {"rule": "publish", "judges": "guest", "vcpu": null, "where": "",
                    "detail": "the handler saw what it must not"},
        "preemptions": 1, "steps": 16, "found_after_s": 0.5, "schedules": 1234, "seconds": 5.25,
        "reproduce": "nmistorm explore"})"));
    EXPECT_EQ(rows[1]["explored"]["verdict"], "clean");
    EXPECT_EQ(rows[1]["explored"]["finding"], nullptr);
    EXPECT_EQ(rows[1]["explored"]["steps"], nullptr);
    EXPECT_EQ(rows[2]["explored"], nullptr);
}

TEST(MatrixJson, has_null_for_what_there_is_not) {
    MatrixReport report = matrix({clean_row(), not_shown_row()});
    report.rows[0].trials[0].failure = "KVM_RUN: Bad address";
    const Json rows = to_json(report)["rows"];
    EXPECT_EQ(rows[0]["wrong"], nullptr);
    EXPECT_EQ(rows[0]["storms"][0]["verdict"], "failed");
    EXPECT_EQ(rows[0]["storms"][0]["failure"], "KVM_RUN: Bad address");
    EXPECT_EQ(rows[0]["storms"][1]["findings"], Json::array());
    EXPECT_EQ(rows[1]["not_shown"], "null is the dummy there");
    EXPECT_EQ(rows[1]["seconds"], Json::parse(R"({"median": null, "p95": null})"));
    EXPECT_EQ(rows[1]["storms"], Json::array());
}

TEST(MatrixJson, is_text_that_ends_its_line) {
    const MatrixReport report = matrix({clean_row()});
    EXPECT_EQ(Json::parse(json_text(document(report))), to_json(report));
    EXPECT_EQ(json_text(document(report)).back(), '\n');
}

TEST(MatrixSchema, knows_every_fault_rule_and_verdict) {
    const Json whole = schema("matrix");
    EXPECT_EQ(allowed(whole, "/$defs/fault/enum"),
              std::set<std::string>(std::begin(abi::fault_names), std::end(abi::fault_names)));
    EXPECT_EQ(allowed(whole, "/$defs/rule/enum"), names_of(oracle::all_rules));
    auto verdicts = names_of(all_row_verdicts);
    EXPECT_EQ(allowed(whole, "/properties/rows/items/properties/verdict/enum"), verdicts);
    verdicts.erase("not-shown");
    verdicts.erase("not-run");
    EXPECT_EQ(allowed(whole, "/$defs/storm/properties/verdict/enum"), verdicts);
}

TEST(MatrixSchema, knows_of_a_plan_and_a_finding_what_the_schema_of_a_run_knows) {
    Json plan = schema("run")["properties"]["plan"]["properties"];
    Json here = schema("matrix")["properties"]["rows"]["items"]["properties"]["plan"]["properties"];
    for (const char* by_reference : {"arch", "fault", "seed"}) {
        plan.erase(by_reference);
        here.erase(by_reference);
    }
    EXPECT_EQ(here, plan);
    EXPECT_EQ(keys(schema("matrix")["$defs"]["finding"]["properties"]),
              keys(schema("run")["properties"]["findings"]["items"]["properties"]));
}

}  // namespace
}  // namespace nmistorm::campaign
