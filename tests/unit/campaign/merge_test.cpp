// SPDX-License-Identifier: GPL-2.0-or-later
#include "campaign/merge.h"

#include <gmock/gmock.h>

#include <sstream>

#include "base/error.h"
#include "campaign/matrix_report.h"
#include "matrix_sample.h"
#include "plan/names.h"
#include "report/explore_report.h"
#include "report/renderers.h"
#include "report/run_report.h"
#include "schema.h"

namespace nmistorm::campaign {
namespace {

using oracle::Outcome;
using testing::HasSubstr;

Result read(const std::string& text, const std::string& file = "a.json") {
    std::istringstream from(text);
    return read_result(from, file);
}

oracle::Finding finding(oracle::Rule rule) {
    oracle::Finding finding{};
    finding.rule = rule;
    finding.detail = "it was freed";
    return finding;
}

report::RunReport storm(plan::Shard shard, std::uint64_t seed) {
    report::RunReport report;
    report.command = "storm";
    report.provenance = {"nmistorm storm --seed 9", "kvm_amd", "6.1"};
    report.shard = shard;
    report.observation.plan.seed = seed;
    report.observation.vcpus.resize(2);
    report.observation.vcpus[1].target = true;
    report.observation.vcpus[1].delivery.entries = 100;
    report.tally.facts = 1;
    report.tally.swaps = 7;
    report.duration_s = 2;
    return report;
}

Result storm_result(plan::Shard shard, const std::string& file, bool broken = false) {
    report::RunReport report = storm(shard, shard.index);
    if (broken) {
        report.findings.push_back(finding(oracle::Rule::reclaim));
    }
    return read(to_json(report).dump(), file);
}

TEST(MergedReport, has_what_the_reports_say) {
    const std::vector<Result> results = {storm_result({0, 2}, "a.json"),
                                         storm_result({1, 2}, "b.json", true)};
    EXPECT_NO_THROW(check_shards(results));
    const report::Document merged = document(results, {"nmistorm report", "none", "6.12"});
    EXPECT_EQ(merged.verdict, Outcome::violation);
    EXPECT_EQ(merged.headline, "2 reports: 1 pass, 1 violation");
    EXPECT_EQ(merged.rows.front().text, "200 handled, 14 swaps, 0 grace periods, 0 overlaps");
    EXPECT_EQ(merged.advice, "To repeat the run of b.json: nmistorm storm --seed 9");
    const std::string text = terminal_text(merged, false);
    EXPECT_THAT(text,
                HasSubstr("b.json  storm    2/2    violation      2.0   100          0  kvm_amd, Linux 6.1"));
    EXPECT_THAT(text, HasSubstr("it was freed"));
    ASSERT_EQ(merged.cases.size(), 2U);
    EXPECT_EQ(merged.cases[0].verdict, report::Case::Verdict::pass);
    EXPECT_EQ(merged.cases[1].verdict, report::Case::Verdict::fail);
    EXPECT_EQ(merged.cases[1].text, "violation; to repeat it: nmistorm storm --seed 9");
    EXPECT_EQ(merged.figures["nmis"], 200);
    EXPECT_EQ(merged.figures["reports"][1]["findings"], 1);
    report::expect_same_properties(report::schema("merged", 1), merged.figures);
}

TEST(MergedReport, is_inconclusive_where_one_is_and_none_is_a_violation) {
    Result inconclusive = storm_result({}, "a.json");
    inconclusive.verdict = Outcome::inconclusive;
    inconclusive.interrupted = true;
    const report::Document merged = document({storm_result({}, "b.json"), inconclusive}, {});
    EXPECT_EQ(merged.verdict, Outcome::inconclusive);
    EXPECT_TRUE(merged.interrupted);
}

TEST(MergedReport, has_each_row_of_a_matrix_once_with_the_storms_of_all_shards) {
    MatrixReport report;
    report.rows.push_back(
        {.plan = {.fault = abi::Fault::leak}, .wrong = "w", .rules = {Rule::allocation}, .not_shown = {}});
    Trial found;
    found.findings = {finding(Rule::allocation)};
    found.nmis = 5;
    report.rows[0].trials = {found, found};
    report.plan.shard = {0, 2};
    Result first = read(to_json(report).dump(), "a.json");
    report.rows[0].trials[1].findings.clear();
    report.rows[0].trials[1].reproduce = "nmistorm storm --fault leak";
    report.plan.shard = {1, 2};
    report.plan.seed = 99;  // random by default
    const Result second = read(to_json(report).dump(), "b.json");
    EXPECT_NO_THROW(check_shards({first, second}));
    const report::Document merged = document({first, second}, {});
    EXPECT_EQ(merged.verdict, Outcome::violation);
    ASSERT_EQ(merged.figures["rows"].size(), 1U);
    EXPECT_EQ(merged.figures["rows"][0]["verdict"], "missed");
    EXPECT_EQ(merged.figures["rows"][0]["storms"], 4);
    EXPECT_EQ(merged.figures["rows"][0]["well"], 3);
    EXPECT_EQ(merged.figures["nmis"], 20);
    EXPECT_THAT(terminal_text(merged, false), HasSubstr("nmistorm storm --fault leak"));
    report::expect_same_properties(report::schema("merged", 1), merged.figures);
}

/// What of the cases of rows a matrix and its merged report must have in common.
std::vector<std::string> cases_of(const report::Document& document) {
    std::vector<std::string> cases;
    for (const report::Case& each : document.cases) {
        if (each.suite != "matrix") {  // else it is a file
            const bool skipped = each.verdict == report::Case::Verdict::skip;
            cases.push_back(fmt::format("{}/{} {}{}", each.suite, each.name, static_cast<int>(each.verdict),
                                        skipped ? ": " + each.text : ""));
        }
    }
    return cases;
}

TEST(MergedReport, has_the_cases_of_a_matrix_as_the_matrix_itself_has_them) {
    MatrixReport report = matrix({clean_row(), fault_row(), not_shown_row()});
    const report::Document alone = document({read(to_json(report).dump())}, {});
    EXPECT_EQ(cases_of(alone), cases_of(document(report)));
    EXPECT_EQ(cases_of(alone).back(),
              "unset-to-null/x86_64 unset 3: cannot be shown: null is the dummy there");
    for (MatrixRow& row : report.rows) {
        row.plan.guest_build = "gcc-O0";
        row.trials.resize(row.trials.empty() ? 0 : 1);
        row.explored = explored_until(Rule::publish);
    }
    report.rows[0].explored = explored_whole();
    report.rows[2].explored = ExploredImage{.plan = {}, .not_shown = "stepping sees no null"};
    report.rows[1].trials[0].findings.clear();
    const report::Document built = document({read(to_json(report).dump())}, {});
    EXPECT_EQ(cases_of(built), cases_of(document(report)));
    EXPECT_THAT(cases_of(built)[1], HasSubstr("torn-publish/x86_64 replace gcc-O0 1"));
}

TEST(MergedReport, skips_a_row_only_if_no_shard_showed_it) {
    MatrixReport report = matrix({not_shown_row()});
    report.plan.shard = {0, 2};
    report.rows[0].explored = explored_until(Rule::publish);
    const Result first = read(to_json(report).dump(), "a.json");
    report.plan.shard = {1, 2};
    report.rows[0].explored.reset();
    const report::Document merged = document({first, read(to_json(report).dump(), "b.json")}, {});
    EXPECT_EQ(merged.cases.back().suite, "unset-to-null");
    EXPECT_EQ(merged.cases.back().verdict, report::Case::Verdict::pass);
}

TEST(MergedReport, takes_explorations_too) {
    report::ExploreReport report;
    report.command = "explore";
    report.plan.shard = {1, 2};
    report.exploration.rounds.resize(1);
    report.exploration.rounds[0].tally.ended = 30;
    const Result result = read(to_json(report).dump());
    EXPECT_EQ(to_string(result.shard), "2/2");
    EXPECT_EQ(result.schedules, 30U);
    EXPECT_EQ(result.command, "explore");
}

TEST(MergedReport, says_why_an_exploration_shows_nothing) {
    report::ExploreReport report;
    report.command = "explore";
    report.exploration.rounds.resize(1);
    report.exploration.rounds[0].end = oracle::SearchEnd::exhausted;
    EXPECT_EQ(terminal_text(document({read(to_json(report).dump())}, {}), false).find("bound: "),
              std::string::npos);
    const auto said_with = [&report](auto set) {
        report::ExploreReport other = report;
        set(other.exploration);
        const report::Document merged = document({read(to_json(other).dump())}, {});
        EXPECT_EQ(merged.verdict, Outcome::inconclusive);
        return terminal_text(merged, false);
    };
    using oracle::Exploration;
    EXPECT_THAT(said_with([](Exploration& did) { did.shards_disagree = true; }),
                HasSubstr("bound: it met a shared word that smaller bounds do not show"));
    EXPECT_THAT(said_with([](Exploration& did) { did.unjudged = "symbols"; }),
                HasSubstr("bound: the image lacks symbols: what needs them was not judged"));
    const auto stopped = [](bool Exploration::*why) {
        return [why](Exploration& did) {
            did.rounds[0].end = oracle::SearchEnd::stopped;
            did.*why = true;
        };
    };
    EXPECT_THAT(said_with(stopped(&Exploration::interrupted)), HasSubstr("bound: it was interrupted"));
    EXPECT_THAT(said_with(stopped(&Exploration::out_of_budget)),
                HasSubstr("bound: its --budget was used up"));
    EXPECT_THAT(said_with(stopped(&Exploration::out_of_memory)),
                HasSubstr("bound: its --memory was used up"));
}

std::string complaint_about(const std::vector<Result>& results) {
    try {
        check_shards(results);
    } catch (const UsageError& error) {
        return error.what();
    }
    return "";
}

TEST(MergedReport, lacks_no_shard_and_has_none_twice) {
    const Result first = storm_result({0, 3}, "a.json");
    const Result second = storm_result({1, 3}, "b.json");
    const Result third = storm_result({2, 3}, "c.json");
    EXPECT_EQ(complaint_about({third, first, second}), "");
    EXPECT_EQ(complaint_about({first, third}),
              "shard 2/3 is missing of the storm to which a.json belongs; name its report, too");
    EXPECT_EQ(complaint_about({first, second, storm_result({0, 3}, "d.json"), third}),
              "a.json and d.json are both shard 1/3; name each once");
    EXPECT_EQ(complaint_about({first, second, third, first}), "a.json is named twice; name each report once");
    EXPECT_EQ(complaint_about({storm_result({}, "x.json"), storm_result({}, "y.json")}), "") << "no campaign";
    report::RunReport other = storm({2, 3}, 2);
    other.observation.plan.vcpus = 3;
    const Result differs = read(to_json(other).dump(), "d.json");
    EXPECT_EQ(
        complaint_about({first, second, differs}),
        "a.json is shard 1/3 and d.json is shard 3/3, but the flags of their runs differ: --vcpus (2, 3); "
        "name shards of one storm");
    EXPECT_THAT(complaint_about({first, differs}), HasSubstr("shard 2/3 is missing")) << "nobody has it";
}

TEST(MergedReport, names_every_flag_by_which_a_shard_is_of_another_campaign) {
    report::RunReport other = storm({1, 2}, 2);
    other.observation.plan.guest_build = "gcc-O0";
    other.observation.plan.fault = abi::Fault::leak;
    const Result differs = read(to_json(other).dump(), "b.json");
    EXPECT_THAT(complaint_about({storm_result({0, 2}, "a.json"), differs}),
                HasSubstr(" differ: --fault (none, leak), --guest-build (none, gcc-O0); name"));
    EXPECT_THAT(complaint_about({storm_result({0, 2}, "a.json"), storm_result({1, 2}, "c.json"), differs}),
                HasSubstr("shard 1/2 is missing of the storm to which b.json belongs"))
        << "the other one is whole";
}

std::string complaint_about_text(const std::string& text) {
    try {
        (void)read(text);
    } catch (const UsageError& error) {
        return error.what();
    }
    return "it was accepted";
}

TEST(MergedReport, refuses_what_is_no_report) {
    EXPECT_THAT(complaint_about_text("{"), HasSubstr("a.json: is no JSON"));
    EXPECT_THAT(complaint_about_text("[]"), HasSubstr("a.json: "));
    EXPECT_THAT(complaint_about_text(R"({"schema": "nmistorm.run/1"})"), HasSubstr("its schema is"));
    EXPECT_THAT(complaint_about_text(R"({"schema": "nmistorm.doctor/1"})"), HasSubstr("its schema is"));
    report::Json json = to_json(storm({0, 2}, 0));
    for (const auto& [key, value] : json.items()) {
        for (const report::Json& wrong : {report::Json(nullptr), report::Json(-1), report::Json("\x1b")}) {
            report::Json damaged = json;
            damaged[key] = wrong;
            const std::string said = complaint_about_text(damaged.dump());
            EXPECT_EQ(said.find('\x1b'), std::string::npos) << said;
        }
    }
}

}  // namespace
}  // namespace nmistorm::campaign
