// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/explore_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sample.h"
#include "schema.h"
#include "summary.h"

namespace nmistorm::report {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

ExploreReport sample() {
    ExploreReport report;
    report.provenance.reproduce = "nmistorm explore --condition idle";
    report.provenance.kvm_backend = "kvm_pvm";
    report.provenance.kernel = "6.18";
    report.image = "embedded";
    report.image_fault = "none";
    report.build_id = "0f3a";
    oracle::Round round;
    round.condition = plan::Condition::idle;
    round.preemptions = 2;
    round.tally.ended = 13;
    round.tally.merged = 1'221;
    round.tally.states = 7'148;
    round.steps = 296'739;
    round.seconds = 2.5;
    report.exploration.rounds = {round};
    report.exploration.coverage = {{"do_nmi", 66, 177, {GuestVirt{0x100c50}}}};
    report.exploration.limits = {{oracle::Rule::delivery, false, "the harness delivers the NMIs"},
                                 {oracle::Rule::count, true, "events are off"}};
    report.exploration.steps = round.steps;
    report.exploration.seconds = round.seconds;
    return report;
}

ExploreReport sample_with_finding() {
    ExploreReport report = sample();
    report.exploration.rounds.back().end = oracle::SearchEnd::found;
    oracle::Found found;
    found.finding = {
        oracle::Rule::reclaim, 1, GuestVirt{0x100753}, {}, "an NMI handler reads what was freed", {},
        "nmi_data_begin+0x1"};
    found.schedule = {{plan::Move::What::run, 0, 178}, {plan::Move::What::nmi, 1, 0}};
    found.preemptions = 2;
    found.nmis = 1;
    found.seconds = 1.25;
    found.listing = {"vCPU 0", "  ... 178 more"};
    found.ends = {in_handler()};
    report.exploration.found = found;
    return report;
}

TEST(ExploreSummary, has_the_time_of_everything_and_the_speed_of_the_rounds) {
    ExploreReport report = sample_with_finding();
    report.exploration.seconds = 4;  // as where it also minimized
    const Document told = document(report);
    EXPECT_THAT(told.headline, testing::StartsWith("4.0 s, "));
    EXPECT_THAT(told.headline, testing::EndsWith("296,739 steps (118,695/s)"));
}

TEST(ExploreSummary, says_how_the_guest_was_compiled_where_that_was_asked_for) {
    ExploreReport report = sample();
    report.image_build = "gcc-O2";
    EXPECT_THAT(summary(report, false), HasSubstr("x86_64, embedded image, fault none\n"));
    EXPECT_EQ(Json::parse(json_text(document(report)))["guest"]["build"], "gcc-O2");
    report.plan.guest_build = "gcc-O0";
    EXPECT_THAT(summary(report, false), HasSubstr("x86_64, embedded image by gcc-O0, fault none\n"));
    EXPECT_EQ(Json::parse(json_text(document(report)))["plan"]["guest_build"], "gcc-O0");
}

TEST(ExploreJson, has_exactly_the_properties_of_its_schema) {
    for (const ExploreReport& report : {sample(), sample_with_finding()}) {
        expect_same_properties(schema("explore"), Json::parse(json_text(document(report))));
    }
}

TEST(ExploreJson, has_the_figures_of_the_exploration) {
    const Json json = Json::parse(json_text(document(sample_with_finding())));
    EXPECT_EQ(json["verdict"], "violation");
    EXPECT_EQ(json["rounds"][0]["schedules"], 1'234);
    EXPECT_EQ(json["rounds"][0]["whole"], 13);
    EXPECT_EQ(json["coverage"][0]["missed_from"][0], 0x100c50);
    EXPECT_EQ(json["found"]["schedule"], Json({"cpu0 x178", "nmi cpu1"}));
    EXPECT_EQ(json["found"]["steps"], 178);
    EXPECT_EQ(json["found"]["ends"][0]["stack"], Json({"do_nmi+0x1c nmi/nmi.cpp:88"}));
    EXPECT_EQ(Json::parse(json_text(document(sample())))["found"], Json(nullptr));
}

TEST(ExploreSchema, knows_every_rule) {
    std::set<std::string> rules;
    for (const oracle::Rule rule : oracle::all_rules) {
        rules.emplace(oracle::name(rule));
    }
    EXPECT_EQ(allowed(schema("explore"), "/properties/found/properties/finding/properties/rule/enum"), rules);
    EXPECT_EQ(allowed(schema("explore"), "/properties/not_judged/items/properties/rule/enum"), rules);
}

TEST(ExploreSummary, says_that_the_bound_is_exhausted) {
    const std::string text = summary(sample(), false);
    EXPECT_THAT(text, StartsWith("PASS (exhausted)  2.5 s, 1,234 schedules, 296,739 steps (118,695/s)\n"));
    EXPECT_THAT(text, HasSubstr("do_nmi                     66   177  0x100c50\n"));
    EXPECT_THAT(text, Not(HasSubstr("To go on")));
}

TEST(ExploreSummary, of_one_that_ended_early_ends_in_the_command_that_repeats_it) {
    ExploreReport report = sample();
    report.exploration.rounds.back().end = oracle::SearchEnd::stopped;
    report.exploration.out_of_budget = true;
    EXPECT_THAT(summary(report, false),
                testing::EndsWith("\n\nTo repeat this exploration: nmistorm explore --condition idle\n"));
    report.resume_file = "f.progress";
    EXPECT_THAT(summary(report, false),
                testing::EndsWith("To go on: nmistorm explore --condition idle --resume f.progress\n"));
}

TEST(ExploreSummary, of_a_finding_has_rule_schedule_listing_and_how_to_repeat_it) {
    ExploreReport report = sample_with_finding();
    EXPECT_THAT(summary(report, false), HasSubstr("To find it again and keep it: nmistorm explore"));
    report.schedule_file = "f.schedule";
    const std::string text = summary(report, false);
    EXPECT_THAT(text, StartsWith("VIOLATION  "));
    EXPECT_THAT(text, HasSubstr("reclaim (judges guest), vCPU 1, after 1.25 s\n"));
    EXPECT_THAT(text,
                HasSubstr("2 preemptions, 1 NMI, 178 steps; targets busy\n    cpu0 x178\n    nmi cpu1\n"));
    EXPECT_THAT(text, HasSubstr("    ... 178 more\n"));
    EXPECT_THAT(text, HasSubstr("running, in an NMI  counting_callback+0x0 handlers/counting.cpp:12\n"));
    EXPECT_THAT(text, HasSubstr("To repeat exactly this: nmistorm replay f.schedule\n"));
}

TEST(ExploreExitCode, is_pass_only_where_everything_was_explored_and_could_be_judged) {
    EXPECT_EQ(exit_code(document(sample())), 0);
    EXPECT_EQ(exit_code(document(sample_with_finding())), 1);

    ExploreReport stopped = sample();
    stopped.exploration.rounds.back().end = oracle::SearchEnd::stopped;
    stopped.exploration.out_of_budget = true;
    EXPECT_EQ(exit_code(document(stopped)), 3);

    ExploreReport full = stopped;
    full.exploration.out_of_budget = false;
    full.exploration.out_of_memory = true;
    EXPECT_EQ(exit_code(document(full)), 3);
    EXPECT_THAT(summary(full, false), StartsWith("INCONCLUSIVE (--memory is used up)  "));

    ExploreReport interrupted = stopped;
    interrupted.exploration.interrupted = true;
    EXPECT_EQ(exit_code(document(interrupted)), 130);

    ExploreReport blind = sample();
    blind.exploration.unjudged = "nmi_callback";
    EXPECT_EQ(exit_code(document(blind)), 3);

    ExploreReport apart = sample();
    apart.exploration.shards_disagree = true;
    EXPECT_EQ(exit_code(document(apart)), 3);

    ExploreReport nothing = sample();
    nothing.exploration.rounds.clear();
    EXPECT_EQ(exit_code(document(nothing)), 3);
}

TEST(ExploreSummary, says_which_rules_no_exploration_judges) {
    ExploreReport report = sample();
    EXPECT_THAT(summary(report, false), HasSubstr("reduction visible, shard 1/1\n"
                                                  "  not judged    delivery: the harness delivers the NMIs\n"
                                                  "  in part       count: events are off\n"
                                                  "\n"));
    EXPECT_THAT(to_json(report)["not_judged"],
                testing::Contains(Json({{"rule", "count"}, {"in_part", true}, {"why", "events are off"}})));
    EXPECT_EQ(exit_code(document(report)), 0);
}

TEST(ExploreSummary, says_what_the_image_lacks) {
    ExploreReport report = sample();
    report.exploration.unjudged = "kfree";
    EXPECT_THAT(summary(report, false),
                HasSubstr("\nThe image lacks kfree: what needs them was not judged.\n"));
    EXPECT_EQ(to_json(report)["unjudged"], "kfree");
}

}  // namespace
}  // namespace nmistorm::report
