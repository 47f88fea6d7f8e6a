// SPDX-License-Identifier: GPL-2.0-or-later
// Each clause of the model, from literals: what it permits, and what a model that breaks it does instead.
#include "conform/model/model.h"

#include <gmock/gmock.h>

#include "base/error.h"

namespace nmistorm::conform::model {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

using Texts = std::vector<std::string>;

Texts texts(const Scenario& scenario, const Switches& switches = {}) {
    Texts texts;
    for (const Trace& trace : permitted(scenario, switches)) {
        texts.push_back(to_string(trace));
    }
    return texts;
}

/// What a model does that breaks @p clause each time.
Texts broken(Clause clause, const Scenario& scenario) {
    return texts(scenario, Switches::without({clause}));
}

constexpr Position body(std::size_t index) {
    return {Block::body, index};
}

/// @p nmis by KVM_NMI before a start that @p change made special.
template <typename Change>
Scenario scenario(unsigned nmis, Change change) {
    Scenario made{.start = {},
                  .body = {Op::nop, Op::nop, Op::end},
                  .nmi = {Op::record, Op::iret},
                  .actions = {{.nmis = nmis}}};
    change(made);
    return made;
}
Scenario scenario(unsigned nmis) {
    return scenario(nmis, [](Scenario&) {});
}

/// Masked, with an IRET first that goes to @p index.
Scenario at_iret(unsigned nmis, std::size_t index = 1) {
    return scenario(nmis, [index](Scenario& made) {
        made.start.masked = true;
        made.start.frames = {{.at = body(index)}};
        made.body = {Op::iret, Op::nop, Op::nop, Op::end};
    });
}

TEST(Model, of_an_nmi_to_a_running_guest_is_one_that_comes_at_once) {
    EXPECT_THAT(texts(scenario(0)), ElementsAre("end"));
    EXPECT_THAT(texts(scenario(1)), ElementsAre("NMI at body+0 (IF), end"));
    const Scenario off = scenario(1, [](Scenario& made) { made.start.iff = false; });
    EXPECT_THAT(texts(off), ElementsAre("NMI at body+0, end"));
    EXPECT_THAT(broken(Clause::comes, scenario(1)), ElementsAre("end"));
    EXPECT_THAT(
        broken(Clause::prompt, scenario(1)),
        UnorderedElementsAre("end with 1 pending", "NMI at body+1 (IF), end", "NMI at body+2 (IF), end"));
}

TEST(Model, keeps_two_of_the_nmis_that_come_at_once) {
    for (const unsigned nmis : {2U, 3U, 255U}) {
        EXPECT_THAT(texts(scenario(nmis)), ElementsAre("2 x NMI at body+0 (IF), end")) << nmis;
    }
    EXPECT_THAT(broken(Clause::two_wait, scenario(2)), ElementsAre("NMI at body+0 (IF), end"));
}

TEST(Model, keeps_two_of_those_that_are_set_as_pending) {
    const Scenario set = scenario(255, [](Scenario& made) { made.actions[0].by = By::events; });
    EXPECT_THAT(texts(set), ElementsAre("2 x NMI at body+0 (IF), end"));
    EXPECT_THAT(broken(Clause::set_bounded, set), ElementsAre("255 x NMI at body+0 (IF), end"));
}

TEST(Model, sets_how_many_are_pending_and_does_not_add) {
    const Scenario set = scenario(1, [](Scenario& made) {
        made.body = {Op::stop, Op::end};
        made.start.masked = true;
        made.actions = {{.nmis = 1}, {.by = By::events, .nmis = 0, .between = Between::look}};
    });
    EXPECT_THAT(texts(set), ElementsAre("1 pending and masked, end with 1 pending masked"));
}

/// The second one comes while the first one is handled.
Scenario in_handler(unsigned nmis, Between between = Between::none) {
    return scenario(1, [=](Scenario& made) {
        made.nmi = {Op::record, Op::stop, Op::iret};
        made.actions = {{.nmis = 1}, {.nmis = nmis, .between = between}};
    });
}

TEST(Model, masks_nmis_in_the_handler_and_keeps_one_of_them) {
    for (const unsigned nmis : {1U, 2U, 3U}) {
        EXPECT_THAT(texts(in_handler(nmis)), ElementsAre("2 x NMI at body+0 (IF), end")) << nmis;
    }
    EXPECT_THAT(broken(Clause::masks, in_handler(1)), ElementsAre("NMI at body+0 (IF), NMI at nmi+2, end"));
    EXPECT_THAT(broken(Clause::one_latched, in_handler(3)), ElementsAre("3 x NMI at body+0 (IF), end"));
    EXPECT_THAT(broken(Clause::iret_unmasks, in_handler(1)),
                ElementsAre("NMI at body+0 (IF), end with 1 pending masked"));
    EXPECT_THAT(broken(Clause::after_iret, in_handler(1)),
                ElementsAre("NMI at body+0 (IF), NMI at body+1 (IF), end"));
}

TEST(Model, has_a_mask_that_is_set_and_that_iret_ends) {
    EXPECT_THAT(texts(at_iret(1)), ElementsAre("NMI at body+1 (IF), end"));
    EXPECT_THAT(broken(Clause::mask_set, at_iret(1)), ElementsAre("NMI at body+0 (IF), end"));
    EXPECT_THAT(broken(Clause::after_iret, at_iret(1)), ElementsAre("NMI at body+2 (IF), end"));
}

TEST(Model, has_an_iret_to_itself_that_unmasks_as_any_other) {
    const Scenario itself = scenario(1, [](Scenario& made) {
        made.start.masked = true;
        made.start.frames = {{.at = body(0)}, {.at = body(1)}};
        made.body = {Op::iret, Op::nop, Op::end};
    });
    EXPECT_THAT(texts(itself), ElementsAre("NMI at body+0 (IF), end"));
    EXPECT_THAT(broken(Clause::iret_to_itself, itself), ElementsAre("NMI at body+1 (IF), end"));
}

TEST(Model, leaves_open_whether_an_iret_that_faults_unmasks) {
    const Scenario faults = scenario(1, [](Scenario& made) {
        made.start.masked = true;
        made.start.frames = {{.at = body(1), .bad = true}};
        made.body = {Op::iret, Op::end};
    });
    EXPECT_THAT(texts(faults), UnorderedElementsAre("#GP at body+0 (IF), NMI at fault+1, end",
                                                    "#GP at body+0 (IF), end with 1 pending",
                                                    "#GP at body+0 (IF), end with 1 pending masked",
                                                    "NMI at fault+0, #GP at body+0 (IF), end"));
    EXPECT_THAT(broken(Clause::fault_flags, faults),
                testing::Contains("NMI at fault+0, #GP at body+0 (IF TF), end"));
}

Scenario shadow(std::vector<Op> code = {Op::nop, Op::nop, Op::end}) {
    return scenario(1, [&code](Scenario& made) {
        made.start.shadow_ss = true;
        made.body = code;
    });
}

TEST(Model, has_a_shadow_that_may_hold_an_nmi_back_for_one_instruction) {
    EXPECT_THAT(texts(shadow()), UnorderedElementsAre("NMI at body+0 (IF), end", "NMI at body+1 (IF), end"));
    EXPECT_THAT(broken(Clause::shadow_ends, shadow()),
                UnorderedElementsAre("NMI at body+0 (IF), end", "NMI at body+2 (IF), end"));
    EXPECT_THAT(broken(Clause::frame_flags, shadow()),
                testing::Contains("NMI at body+1 (IF TF), #DB at body+2 (IF TF DR6.BS), end"));
}

TEST(Model, has_a_pushf_that_pushes_the_guests_own_flags) {
    const std::vector<Op> code = {Op::pushf, Op::pop_flags, Op::end};
    EXPECT_THAT(texts(shadow(code)), UnorderedElementsAre("NMI at body+0 (IF), PUSHF at body+0 (IF), end",
                                                          "NMI at body+1 (IF), PUSHF at body+0 (IF), end"));
    EXPECT_THAT(broken(Clause::own_flags, shadow(code)),
                UnorderedElementsAre("NMI at body+0 (IF), PUSHF at body+0 (IF), end",
                                     "NMI at body+1 (IF), PUSHF at body+0 (IF TF), end"));
}

TEST(Model, has_a_halted_vcpu_that_an_nmi_wakes_up) {
    const Scenario hlt = scenario(0, [](Scenario& made) {
        made.body = {Op::hlt, Op::nop, Op::end};
        made.actions = {{}, {.nmis = 1}};
    });
    EXPECT_THAT(texts(hlt), ElementsAre("asleep, NMI at body+1 (IF), end"));
    EXPECT_THAT(broken(Clause::hlt_wakes, hlt), ElementsAre("2 x asleep"));
    EXPECT_THAT(broken(Clause::hlt_frame, hlt), ElementsAre("asleep, NMI at body+0 (IF), asleep"));
}

TEST(Model, has_a_halted_vcpu_that_a_masked_nmi_does_not_wake_up) {
    const Scenario hlt = scenario(1, [](Scenario& made) {
        made.start.masked = true;
        made.body = {Op::hlt, Op::nop, Op::end};
    });
    EXPECT_THAT(texts(hlt), ElementsAre("asleep"));
    EXPECT_THAT(broken(Clause::hlt_sleeps, hlt), ElementsAre("end with 1 pending masked"));
}

/// The guest sends itself an NMI with the trap flag set: both are due behind that.
Scenario traps() {
    return scenario(0, [](Scenario& made) {
        made.start.tf = true;
        made.body = {Op::self_nmi, Op::nop, Op::end};
    });
}

TEST(Model, has_a_debug_trap_come_before_an_nmi) {
    EXPECT_THAT(texts(traps()), ElementsAre("NMI at debug+0 (DR6.BS), #DB at body+1 (IF TF DR6.BS), end"));
    EXPECT_THAT(
        broken(Clause::trap_first, traps()),
        ElementsAre(
            "#DB at nmi+0 (DR6.BS), NMI at body+1 (IF TF DR6.BS), #DB at body+2 (IF TF DR6.BS), end"));
    EXPECT_THAT(broken(Clause::trap_kept, traps()),
                ElementsAre("NMI at body+1 (IF TF), #DB at body+2 (IF TF DR6.BS), end"));
    EXPECT_THAT(broken(Clause::debug_status, traps()),
                ElementsAre("NMI at debug+0, #DB at body+1 (IF TF), end"));
}

TEST(Model, has_no_trap_flag_in_a_handler) {
    const Scenario trapped = scenario(1, [](Scenario& made) { made.start.tf = true; });
    EXPECT_THAT(texts(trapped), ElementsAre("NMI at body+0 (IF TF), #DB at body+1 (IF TF DR6.BS), end"));
    EXPECT_THAT(
        broken(Clause::tf_cleared, trapped),
        ElementsAre("NMI at body+0 (IF TF), #DB at nmi+1 (TF DR6.BS), #DB at body+1 (IF TF DR6.BS), end"));
}

TEST(Model, restores_the_trap_flag_by_an_iret_with_another_nmi_latched) {
    const Scenario trapped = scenario(2, [](Scenario& made) { made.start.tf = true; });
    EXPECT_THAT(texts(trapped), ElementsAre("2 x NMI at body+0 (IF TF), #DB at body+1 (IF TF DR6.BS), end"));
    EXPECT_THAT(broken(Clause::tf_restored, trapped),
                ElementsAre("NMI at body+0 (IF TF), NMI at body+0 (IF), end"));
}

TEST(Model, has_a_vcpu_that_waits_for_a_sipi_and_perhaps_keeps_an_nmi) {
    const Scenario waits = scenario(1, [](Scenario& made) {
        made.start.waiting = true;
        made.actions.push_back({.start = true});
    });
    EXPECT_THAT(texts(waits), UnorderedElementsAre("asleep, end", "asleep, NMI at body+0 (IF), end"));
    EXPECT_THAT(broken(Clause::init_waits, waits), ElementsAre("NMI at body+0 (IF), end"));
}

TEST(Model, tells_what_is_pending_and_restores_what_it_told) {
    const Scenario two = scenario(2, [](Scenario& made) { made.actions[0].between = Between::fresh; });
    EXPECT_THAT(texts(two), ElementsAre("2 pending, 2 x NMI at body+0 (IF), end"));
    EXPECT_THAT(broken(Clause::pending_told, two), ElementsAre("1 pending, NMI at body+0 (IF), end"));
    EXPECT_THAT(texts(in_handler(1, Between::same)),
                ElementsAre("NMI at body+0 (IF), 1 pending and masked, NMI at body+0 (IF), end"));
    EXPECT_THAT(broken(Clause::mask_told, in_handler(1, Between::same)),
                ElementsAre("NMI at body+0 (IF), 1 pending, NMI at nmi+2, end"));
    Scenario shadowed = shadow();
    shadowed.actions[0].between = Between::look;
    EXPECT_THAT(texts(shadowed), testing::Each(testing::StartsWith("1 pending in a shadow, ")));
    EXPECT_THAT(broken(Clause::shadow_told, shadowed), testing::Each(testing::StartsWith("1 pending, ")));
}

TEST(Model, has_an_nmi_delivered_again_whose_delivery_faulted) {
    const Scenario fresh = scenario(1, [](Scenario& made) { made.start.untouched = Untouched::idt; });
    EXPECT_THAT(texts(fresh), ElementsAre("NMI at body+0 (IF), end"));
    EXPECT_THAT(broken(Clause::delivery_faults, fresh), ElementsAre("end"));
}

TEST(Model, may_break_a_clause_and_keep_it_in_one_run) {
    EXPECT_THAT(texts(scenario(2), Switches::perhaps_without({Clause::comes})),
                UnorderedElementsAre("end", "NMI at body+0 (IF), end", "2 x NMI at body+0 (IF), end"));
}

TEST(Model, refuses_code_that_cannot_be_run) {
    EXPECT_THROW(texts(scenario(0, [](Scenario& made) { made.body = {Op::nop}; })), Error);
    EXPECT_THROW(texts(scenario(0, [](Scenario& made) { made.body = {Op::iret, Op::end}; })), Error);
}

TEST(Clauses, each_say_what_is_right_where_it_is_written_and_what_is_wrong) {
    std::set<std::string_view> names;
    for (const Clause clause : all_clauses) {
        EXPECT_TRUE(names.insert(name(clause)).second) << name(clause);
        EXPECT_FALSE(right(clause).empty() || wrong(clause).empty()) << name(clause);
        EXPECT_THAT(std::string(source(clause)), testing::ContainsRegex("SDM|APM|api.rst|x86.c"))
            << name(clause);
    }
}

}  // namespace
}  // namespace nmistorm::conform::model
