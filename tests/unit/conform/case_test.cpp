// SPDX-License-Identifier: GPL-2.0-or-later
#include "conform/case.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstring>
#include <set>

#include "conform/emit_c.h"
#include "conform/guest_code.h"
#include "conform/judge.h"
#include "conform/model/model.h"
#include "conform/walk.h"

namespace nmistorm::conform {
namespace {

using testing::HasSubstr;

std::vector<std::string> names(const std::vector<Case>& cases) {
    std::vector<std::string> names;
    for (const Case& each : cases) {
        names.push_back(name(each));
    }
    return names;
}

TEST(Battery, has_thousands_of_cases_with_names_of_their_own) {
    const std::vector<std::string> all = names(product());
    EXPECT_GT(all.size(), 3000U);
    EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), all.size());
    EXPECT_EQ(all, names(battery("*", 1, 0)).size() == all.size() ? all : std::vector<std::string>());
}

TEST(Battery, has_every_state_and_source_of_each_kind_of_guest) {
    for (const plan::Arch arch : {plan::Arch::i386, plan::Arch::x86_64}) {
        for (const State state : all_states) {
            EXPECT_TRUE(std::ranges::any_of(
                product(), [&](const Case& each) { return each.arch == arch && each.state == state; }));
        }
        for (const Source source : all_sources) {
            EXPECT_TRUE(std::ranges::any_of(
                product(), [&](const Case& each) { return each.arch == arch && each.source == source; }));
        }
    }
}

TEST(Battery, leaves_out_what_a_vcpu_without_an_apic_cannot_do) {
    EXPECT_THAT(battery("*/none/*/msi/*", 1, 0), testing::IsEmpty());
    EXPECT_THAT(battery("*/none/*/ipi/*", 1, 0), testing::IsEmpty());
    EXPECT_THAT(battery("*/none/waiting-for-sipi/*", 1, 0), testing::IsEmpty());
    EXPECT_THAT(battery("*/split/waiting-for-sipi/*", 1, 0), testing::Not(testing::IsEmpty()));
}

TEST(Battery, is_filtered_by_a_pattern_or_by_one_name) {
    EXPECT_THAT(names(battery("x86_64/kernel/plain/events/255/none", 1, 0)),
                testing::ElementsAre("x86_64/kernel/plain/events/255/none"));
    EXPECT_THAT(names(battery("x86_64/*/in-handler/*", 1, 0)),
                testing::Each(testing::MatchesRegex("x86_64/.*/in-handler/.*")));
    EXPECT_THAT(battery("nothing", 1, 0), testing::IsEmpty());
}

TEST(Battery, has_walks_by_their_numbers) {
    EXPECT_THAT(names(battery("x86_64/none/walk/*", 7, 2)),
                testing::ElementsAre("x86_64/none/walk/7", "x86_64/none/walk/8"));
    EXPECT_THAT(names(battery("i386/split/walk/4000000000", 1, 0)),
                testing::ElementsAre("i386/split/walk/4000000000"));
    for (const char* word :
         {"i386/split/walk/", "i386/split/walk/01", "i386/split/walk/1x", "i386/walk/1", ""}) {
        EXPECT_FALSE(parse_walk(word)) << word;
    }
}

TEST(Battery, has_scenarios_that_the_model_can_run_and_that_fit_into_a_guest) {
    std::vector<Case> cases = battery("*", 0, 200);
    for (const Case& each : cases) {
        const model::Scenario scenario = scenario_of(each);
        const auto traces = permitted(scenario);
        EXPECT_GE(traces.size(), 1U) << name(each);
        for (const model::Trace& trace : traces) {
            EXPECT_NE(trace.back().kind, model::Event::Kind::stuck) << name(each);
        }
        EXPECT_NO_THROW(GuestCode(each.arch, scenario)) << name(each);
    }
}

TEST(Walk, of_one_number_is_always_the_same) {
    const model::Scenario one = random_walk(42, true);
    EXPECT_EQ(one.body, random_walk(42, true).body);
    EXPECT_NE(one.body, random_walk(43, true).body);
    EXPECT_LE(one.body.size(), 12U);
    for (std::uint32_t number = 0; number < 200; ++number) {
        EXPECT_EQ(std::ranges::count(random_walk(number, false).body, model::Op::self_nmi), 0);
    }
}

TEST(GuestCode, knows_each_ops_address_and_no_other) {
    const model::Scenario scenario = scenario_of({.state = State::in_handler});
    for (const plan::Arch arch : {plan::Arch::i386, plan::Arch::x86_64}) {
        const GuestCode code(arch, scenario);
        EXPECT_EQ(code.position(code.rip()), (model::Position{model::Block::body, 0}));
        EXPECT_EQ(code.position(code.rip() + 1), (model::Position{model::Block::body, 1}));
        const std::uint64_t nmi = GuestCode::block_base(model::Block::nmi);
        EXPECT_EQ(code.position(nmi), (model::Position{model::Block::nmi, 0}));
        EXPECT_EQ(code.position(nmi + 5), (model::Position{model::Block::nmi, 0}))
            << "before it has its place";
        EXPECT_EQ(code.position(nmi + 16), (model::Position{model::Block::nmi, 1})) << "inside the record";
        EXPECT_EQ(code.position(0), std::nullopt);
        EXPECT_EQ(code.position(code.rip() + 0x400), std::nullopt);
        EXPECT_EQ(code.position(UINT64_MAX), std::nullopt);
    }
}

TEST(GuestCode, puts_frames_that_an_iret_takes_one_after_the_other) {
    const GuestCode code(plan::Arch::x86_64, scenario_of({.state = State::iret_to_itself}));
    const auto word = [&code](std::uint64_t at) {
        std::uint64_t value = 0;
        std::memcpy(&value, code.memory().data() + at, sizeof(value));
        return value;
    };
    EXPECT_EQ(word(code.rsp()), code.rip()) << "to itself";
    EXPECT_EQ(word(code.rsp() + 8), 8U) << "code segment";
    EXPECT_EQ(word(code.rsp() + 16), 0x202U) << "flags";
    EXPECT_EQ(word(code.rsp() + 24), code.rsp() + 40) << "where the next frame is";
    EXPECT_EQ(word(code.rsp() + 40), code.rip() + 2) << "behind the IRET";
}

/// What a KVM would show that breaks @p clauses in @p of.
model::Trace seen_without(const std::vector<model::Clause>& clauses, const Case& of) {
    return *permitted(scenario_of(of), model::Switches::without(clauses)).begin();
}

constexpr Deviation kept_all = {"kept-all", model::Clause::set_bounded, "kvm_x", {}, {}, "x.c", "x()", "x"};

const Case many = {.source = Source::events, .nmis = 255};

TEST(Judge, passes_what_is_permitted) {
    const Judged judged = judge(many, seen_without({}, many), {});
    EXPECT_EQ(judged.result, Result::pass);
    EXPECT_TRUE(judged.clauses.empty() && judged.permitted.empty());
}

TEST(Judge, names_the_clause_that_is_broken) {
    const Judged judged = judge(many, seen_without({model::Clause::set_bounded}, many), {});
    EXPECT_EQ(judged.result, Result::deviation);
    EXPECT_THAT(judged.clauses, testing::ElementsAre(model::Clause::set_bounded));
    EXPECT_EQ(judged.permitted.size(), 1U);
}

TEST(Judge, knows_a_deviation_of_this_kvm_and_only_that) {
    const Judged judged = judge(many, seen_without({model::Clause::set_bounded}, many), {kept_all});
    EXPECT_EQ(judged.result, Result::known);
    EXPECT_THAT(judged.known, testing::ElementsAre("kept-all"));
    EXPECT_EQ(judge(many, seen_without({model::Clause::comes}, many), {kept_all}).result, Result::deviation);
}

TEST(Judge, says_that_nothing_explains_what_no_model_does) {
    const model::Trace odd = {{.kind = model::Event::Kind::died}};
    const Judged judged = judge(many, odd, {kept_all});
    EXPECT_EQ(judged.result, Result::deviation);
    EXPECT_TRUE(judged.clauses.empty());
}

/// A model that is wrong in any one clause does in some case what the right one does not permit.
TEST(Judge, notices_each_clause_that_is_broken) {
    const std::vector<Case> cases = battery("x86_64/kernel/*", 1, 0);
    for (const model::Clause clause : model::all_clauses) {
        const bool noticed = std::ranges::any_of(cases, [&](const Case& each) {
            const model::Scenario scenario = scenario_of(each);
            return permitted(scenario) != permitted(scenario, model::Switches::without({clause}));
        });
        EXPECT_TRUE(noticed) << name(clause);
    }
}

TEST(Known, is_by_backend_and_kernel) {
    const auto ids = [](const char* backend, const char* release) {
        std::set<std::string_view> found;
        for (const Deviation& each : known_for(backend, release)) {
            found.insert(each.id);
        }
        return found;
    };
    EXPECT_TRUE(ids("kvm_amd", "6.1.0-57-cloud-amd64").contains("amd-set-bounded"));
    EXPECT_TRUE(ids("kvm_amd", "6.3.9").contains("amd-set-bounded"));
    EXPECT_FALSE(ids("kvm_amd", "6.4.0").contains("amd-set-bounded"));
    EXPECT_FALSE(ids("kvm_pvm", "6.1").contains("amd-set-bounded"));
    EXPECT_THAT(ids("unknown", "6.1"), testing::IsEmpty());
    EXPECT_THAT(ids("kvm_amd", "unknown"), testing::IsEmpty());
}

TEST(Known, has_ids_of_their_own_and_says_where_the_kernel_does_it) {
    std::set<std::string_view> ids;
    for (const Deviation& each : all_deviations()) {
        EXPECT_TRUE(ids.insert(each.id).second) << each.id;
        EXPECT_FALSE(each.file.empty() || each.function.empty() || each.says.empty()) << each.id;
    }
}

TEST(CProgram, says_what_is_right_and_why_in_plain_ioctls) {
    const std::string text = c_program(many);
    EXPECT_THAT(text, HasSubstr("255 NMIs by KVM_SET_VCPU_EVENTS"));
    EXPECT_THAT(text, HasSubstr("2 x NMI at body+0 (IF), end"));
    EXPECT_THAT(text, HasSubstr("of the NMIs that are set as pending no more are kept"));
    EXPECT_THAT(text, HasSubstr("int main(void)"));
    EXPECT_EQ(text, c_program(many));
}

}  // namespace
}  // namespace nmistorm::conform
