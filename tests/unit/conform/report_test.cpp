// SPDX-License-Identifier: GPL-2.0-or-later
#include "conform/report.h"

#include <gmock/gmock.h>

#include "base/exit_code.h"
#include "conform/model/model.h"
#include "report/renderers.h"
#include "schema.h"

namespace nmistorm::conform {
namespace {

using testing::HasSubstr;

const report::Provenance somewhere = {"nmistorm conform", "kvm_x", "6.1"};
const Deviation kept_all = {"kept-all", model::Clause::set_bounded, "kvm_x", {}, {}, "x.c", "f()",
                            "keeps all"};
const Case many = {.source = Source::events, .nmis = 255};

model::Trace seen(const Case& of, const std::vector<model::Clause>& broken = {}) {
    return *permitted(scenario_of(of), model::Switches::without(broken)).begin();
}

Results results(const std::vector<Judged>& cases) {
    return {.cases = cases, .known = {kept_all}, .whole = true, .seconds = 1.5, .vms = 2};
}

const Judged passed = judge({}, seen({}), {});
const Judged known = judge(many, seen(many, {model::Clause::set_bounded}), {kept_all});
const Judged wrong = judge({}, seen({}, {model::Clause::comes}), {kept_all});
const Judged cannot = {
    .of = {.arch = plan::Arch::i386}, .result = Result::unsupported, .says = "no such guest"};

TEST(ConformReport, is_green_where_only_what_is_known_is_wrong) {
    const report::Document document = conform::document(results({passed, known, cannot}), somewhere, false);
    EXPECT_EQ(exit_code(document), exit_pass);
    const std::string text = terminal_text(document, false);
    EXPECT_THAT(text, HasSubstr("PASS  3 cases: 1 as permitted, 1 known, 0 not permitted, 1 unsupported"));
    EXPECT_THAT(text, HasSubstr("kept-all"));
    EXPECT_THAT(text, HasSubstr("x.c f()"));
    EXPECT_THAT(text, HasSubstr("unsupported: 1 case of i386/kernel: no such guest"));
}

TEST(ConformReport, is_red_where_something_else_is_wrong_and_says_how_to_see_it_again) {
    const report::Document document = conform::document(results({passed, wrong}), somewhere, false);
    EXPECT_EQ(exit_code(document), exit_violation);
    const std::string text = terminal_text(document, false);
    EXPECT_THAT(text, HasSubstr("x86_64/kernel/plain/kvm-nmi/1/none is against comes"));
    EXPECT_THAT(text, HasSubstr("seen       end\n"));
    EXPECT_THAT(text, HasSubstr("permitted  NMI at body+0 (IF), end\n"));
    EXPECT_THAT(text, HasSubstr("nmistorm conform --filter x86_64/kernel/plain/kvm-nmi/1/none"));
    EXPECT_THAT(text, HasSubstr("nmistorm conform --emit-c x86_64/kernel/plain/kvm-nmi/1/none"));
}

TEST(ConformReport, says_that_a_known_deviation_has_gone_if_every_case_ran) {
    Results all = results({passed});
    EXPECT_THAT(terminal_text(conform::document(all, somewhere, false), false),
                HasSubstr("kept-all has gone"));
    Results half = results({passed, cannot});
    EXPECT_THAT(terminal_text(conform::document(half, somewhere, false), false),
                testing::Not(HasSubstr("gone")));
    all.whole = false;
    const std::string text = terminal_text(conform::document(all, somewhere, false), false);
    EXPECT_THAT(text, testing::Not(HasSubstr("gone")));
    EXPECT_THAT(text, HasSubstr("not seen"));
}

TEST(ConformReport, is_inconclusive_where_no_case_ran) {
    EXPECT_EQ(exit_code(conform::document(results({cannot}), somewhere, false)), exit_inconclusive);
    Results stopped = results({});
    stopped.interrupted = true;
    EXPECT_EQ(exit_code(conform::document(stopped, somewhere, false)), exit_interrupted);
}

TEST(ConformReport, has_a_line_for_each_case_where_that_is_asked_for) {
    const std::string text =
        terminal_text(conform::document(results({passed, known}), somewhere, true), false);
    EXPECT_THAT(text, HasSubstr("x86_64/kernel/plain/kvm-nmi/1/none"));
    EXPECT_THAT(text, HasSubstr("x86_64/kernel/plain/events/255/none"));
}

TEST(ConformReport, has_a_test_case_for_each_case) {
    const report::Document document =
        conform::document(results({passed, known, wrong, cannot}), somewhere, false);
    using Verdict = report::Case::Verdict;
    std::vector<Verdict> verdicts;
    for (const report::Case& each : document.cases) {
        verdicts.push_back(each.verdict);
    }
    EXPECT_THAT(verdicts, testing::ElementsAre(Verdict::pass, Verdict::skip, Verdict::fail, Verdict::skip));
}

TEST(ConformReport, obeys_its_schema) {
    const report::Json schema = report::schema("conform", 1);
    const report::Json json =
        conform::document(results({passed, known, wrong, cannot}), somewhere, false).figures;
    EXPECT_EQ(json["schema"], report::Json("nmistorm.conform/1"));
    EXPECT_EQ(json["counts"]["deviation"], 1);
    EXPECT_EQ(json["deviations"][0]["cases"], 1);
    EXPECT_EQ(json["cases"][2]["clauses"][0], "comes");
    report::expect_same_properties(schema, json);
    std::set<std::string> clauses;
    for (const model::Clause clause : model::all_clauses) {
        clauses.emplace(name(clause));
    }
    EXPECT_EQ(report::allowed(schema, "/$defs/clause/enum"), clauses);
}

}  // namespace
}  // namespace nmistorm::conform
