// SPDX-License-Identifier: GPL-2.0-or-later
#include <set>

#include <gtest/gtest.h>

#include <nmistorm/abi/fault.h>
#include <nmistorm/abi/version.h>

#include "report/renderers.h"
#include "sample.h"
#include "schema.h"

namespace nmistorm::report {
namespace {

TEST(JsonReport, has_exactly_the_properties_of_its_schema) {
    RunReport report = passed();
    report.findings = {use_after_free(), worthless()};
    report.observation.plan.profile = true;
    report.profile = {{"do_nmi", 1}};
    report.observation.limits = {{oracle::Rule::count, true, "no events"}};
    report.series = {{.end_s = 1}};
    report.ends = {in_handler()};
    expect_same_properties(schema("run"), to_json(report));
}

TEST(JsonReport, has_the_figures_of_the_run) {
    const Json json = to_json(passed());
    EXPECT_EQ(json["schema"], "nmistorm.run/2");
    EXPECT_EQ(json["command"], "storm");
    EXPECT_EQ(json["verdict"], "pass");
    EXPECT_EQ(json["interrupted"], false);
    EXPECT_EQ(json["reproduce"], "nmistorm storm --seed 7");
    EXPECT_EQ(json["host"], Json::parse(R"({"kvm_backend": "kvm_amd", "kernel": "6.1.0"})"));
    EXPECT_EQ(json["guest"],
              Json::parse(R"({"arch": "x86_64", "image": "embedded", "fault": "none", "build": "gcc-O2"})"));
    EXPECT_EQ(json["nmi"],
              Json::parse(R"({"requested": 3006, "accepted": 3003, "coalesced": 3, "handled": 3000,
                                           "defaulted": 300, "dummy": 270, "declined": 30, "sources": [], "left_out": [], "per_cpu": [1000, 2000], "rate_per_s": 1500.0,
                                           "slice_us": null})"));
    EXPECT_EQ(json["rcu"]["swaps"], 20);
    EXPECT_EQ(json["rcu"]["overlaps_per_s"], 2.5);
    EXPECT_EQ(json["holds"], 0);
    EXPECT_EQ(json["rcu"]["grace_period_us"]["max"], 10.0);
    EXPECT_EQ(json["findings"], Json::array());
    EXPECT_EQ(json["duration_s"], 2.0);
}

TEST(JsonReport, has_the_whole_plan) {
    RunReport report = passed();
    plan::RunPlan& plan = report.observation.plan;
    EXPECT_EQ(to_json(report)["plan"], Json::parse(R"({
        "arch": "x86_64", "guest_file": null, "fault": "none", "guest_build": null, "vcpus": 2,
        "source": "kvm-nmi", "pace": "lockstep", "injector": "own", "slice_us": null, "targets": "all", "cycle": "unset", "handlers": "all", "work": "all",
        "duration_s": 10.0, "nmis": null, "until_covered": false, "apic": "x2apic", "observe": "events", "hotplug": false, "churn_s": null, "interrupts_off": false, "pin": false, "profile": false, "seed": 7})"));
    plan.guest_file = "g.elf";
    plan.guest_build = "gcc-O0";
    plan.duration.reset();
    plan.nmis = 5;
    plan.seed = UINT64_MAX;
    plan.injector = plan::Injector::central;
    plan.slice = std::chrono::microseconds(1500);
    const Json json = to_json(report)["plan"];
    EXPECT_EQ(json["injector"], "central");
    EXPECT_EQ(json["slice_us"], 1500.0);
    EXPECT_EQ(json["guest_file"], "g.elf");
    EXPECT_EQ(json["guest_build"], "gcc-O0");
    EXPECT_EQ(json["duration_s"], nullptr);
    EXPECT_EQ(json["nmis"], 5);
    EXPECT_EQ(json["seed"], UINT64_MAX);
}

TEST(JsonReport, has_the_slices_and_how_often_a_vcpu_was_held_where_vcpus_inject_for_themselves) {
    RunReport report = passed();
    for (std::uint64_t us = 1; us <= 100; ++us) {
        report.slices.record(us * 1000);
    }
    report.holds = 3;
    const Json json = to_json(report);
    EXPECT_NEAR(json["nmi"]["slice_us"]["p50"].get<double>(), 50, 1);
    EXPECT_NEAR(json["nmi"]["slice_us"]["p99"].get<double>(), 99, 2);
    EXPECT_EQ(json["holds"], 3);
}

TEST(JsonReport, has_what_was_done_over_time_and_null_where_that_is_not_known) {
    RunReport report = passed();
    EXPECT_EQ(to_json(report)["series"], nullptr);
    report.series = {{.end_s = 0.5,
                      .handled = 1'000,
                      .swaps = 3,
                      .overlaps = 2,
                      .grace_periods = 4,
                      .timed = 4,
                      .p50 = 2'000,
                      .p99 = 4'000,
                      .max = 6'000},
                     {.end_s = 0.75, .handled = 2'000, .swaps = 0, .overlaps = 0, .grace_periods = 0}};
    EXPECT_EQ(to_json(report)["series"], Json::parse(R"({
        "end_s": [0.5, 0.75], "handled": [1000, 2000], "swaps": [3, 0], "overlaps": [2, 0], "grace_periods": [4, 0],
        "grace_period_us": {"p50": [1.0, null], "p99": [2.0, null], "max": [3.0, null]}})"));
    report.tsc_khz = 0;
    EXPECT_EQ(to_json(report)["series"]["grace_period_us"]["max"], Json::parse("[null, null]"));
}

TEST(JsonReport, has_where_each_vcpu_was_at_the_end) {
    RunReport report = passed();
    EXPECT_EQ(to_json(report)["ends"], Json::array());
    report.ends = {in_handler()};
    EXPECT_EQ(to_json(report)["ends"], Json::parse(R"([{
        "vcpu": 1, "halted": false, "in_nmi": true, "ip": 65600,
        "where": "counting_callback+0x0 handlers/counting.cpp:12",
        "registers": {"rax": 7, "rip": 65600}, "rcu": {"rcu.dynticks": 3, "offline": 0},
        "code": ["0x10040  mov (%rax), %ecx"], "stack": ["do_nmi+0x1c nmi/nmi.cpp:88"]}])"));
}

TEST(JsonReport, has_where_nmis_arrived) {
    RunReport report = passed();
    EXPECT_EQ(to_json(report)["arrivals"], Json::array());
    report.observation.arrivals = {
        {.function = "do_nmi", .nmis = 3, .by_instruction = {{GuestVirt{4096}, 3}, {GuestVirt{4098}, 0}}}};
    EXPECT_EQ(to_json(report)["arrivals"], Json::parse(R"([
        {"function": "do_nmi", "nmis": 3, "instructions": [{"ip": 4096, "nmis": 3}, {"ip": 4098, "nmis": 0}]}])"));
}

TEST(JsonReport, has_each_finding_and_null_for_no_vcpu) {
    RunReport report = passed();
    report.findings = {use_after_free(), worthless()};
    const Json json = to_json(report);
    EXPECT_EQ(json["verdict"], "violation");
    EXPECT_EQ(json["findings"], Json::parse(R"([
        {"rule": "reclaim", "judges": "guest", "vcpu": 1, "where": "counting_callback+0x0 handlers/counting.cpp:12",
         "detail": "the handler used generation 42 after its free"},
        {"rule": "coverage", "judges": "run", "vcpu": null, "where": "", "detail": "no NMI overlapped a swap"}])"));
}

TEST(JsonReport, has_what_was_not_judged) {
    RunReport report = passed();
    EXPECT_EQ(to_json(report)["not_judged"], Json::array());
    report.observation.limits = {{oracle::Rule::count, true, "no events"}};
    EXPECT_EQ(to_json(report)["not_judged"],
              Json::parse(R"([{"rule": "count", "in_part": true, "why": "no events"}])"));
}

TEST(JsonReport, has_the_profile_where_it_was_asked_for_and_else_null) {
    RunReport report = passed();
    report.profile = {{"run_worker", 3}, {"cpu_idle", 1}};
    report.observation.samples_lost = 2;
    EXPECT_EQ(to_json(report)["profile"], nullptr);
    report.observation.plan.profile = true;
    EXPECT_EQ(to_json(report)["profile"], Json::parse(R"([{"symbol": "run_worker", "count": 3, "percent": 75.0
},
        {"symbol": "cpu_idle", "count": 1, "percent": 25.0}])"));
    EXPECT_EQ(to_json(report)["samples_lost"], 2);
}

TEST(JsonReport, has_null_where_no_grace_period_was_timed) {
    RunReport report = passed();
    report.tsc_khz = 0;
    EXPECT_EQ(to_json(report)["rcu"]["grace_period_us"],
              Json::parse(R"({"p50": null, "p99": null, "max": null})"));
}

TEST(JsonReport, is_text_even_where_a_file_name_is_none) {
    RunReport report = passed();
    report.image = "bad\xff.elf";
    EXPECT_EQ(Json::parse(json_text(document(report)))["guest"]["image"], "bad\xef\xbf\xbd.elf");
    EXPECT_EQ(json_text(document(report)).back(), '\n');
}

TEST(RunSchema, knows_every_rule_fault_and_vcpu) {
    const Json properties = schema("run")["properties"];
    std::set<std::string> rules;
    for (const oracle::Rule rule : oracle::all_rules) {
        rules.emplace(oracle::name(rule));
    }
    const Json& finding = properties["findings"]["items"]["properties"];
    EXPECT_EQ(finding["rule"]["enum"].get<std::set<std::string>>(), rules);
    EXPECT_EQ(allowed(schema("run"), "/properties/not_judged/items/properties/rule/enum"), rules);
    EXPECT_EQ(finding["vcpu"]["maximum"], abi::max_cpus - 1);
    EXPECT_EQ(properties["plan"]["properties"]["fault"]["enum"].get<std::set<std::string>>(),
              std::set<std::string>(std::begin(abi::fault_names), std::end(abi::fault_names)));
    EXPECT_EQ(properties["plan"]["properties"]["vcpus"]["maximum"], abi::max_cpus);
    EXPECT_EQ(properties["nmi"]["properties"]["per_cpu"]["maxItems"], abi::max_cpus);
}

}  // namespace
}  // namespace nmistorm::report
