// SPDX-License-Identifier: GPL-2.0-or-later
#include "engines/explore/minimize.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace nmistorm::engines::explore {
namespace {

constexpr Move run(unsigned cpu, std::uint32_t steps) {
    return {Move::What::run, cpu, steps};
}
constexpr Move nmi(unsigned cpu) {
    return {Move::What::nmi, cpu, 0};
}

/// The schedule as it is after it was played: no two runs of the same vCPU in a row.
Schedule joined(const Schedule& schedule) {
    Schedule result;
    for (const Move& move : schedule) {
        for (std::uint32_t i = 0; i < move.steps; ++i) {
            add_step(result, move.cpu);
        }
        if (move.what == Move::What::nmi) {
            result.push_back(move);
        }
    }
    return result;
}

unsigned switches_of(const Schedule& schedule) {
    unsigned switches = 0;
    for (std::size_t i = 1; i < schedule.size(); ++i) {
        switches += schedule[i].cpu != schedule[i - 1].cpu ? 1 : 0;
    }
    return switches;
}

/// Breaks the rule if vCPU 0 has run at least @p steps instructions and then got an NMI; nothing else
/// matters.
std::optional<Cost> needs_steps_and_nmi(const Schedule& schedule, std::uint32_t steps) {
    std::uint32_t ran = 0;
    unsigned nmis = 0;
    bool broken = false;
    for (const Move& move : schedule) {
        ran += move.what == Move::What::run && move.cpu == 0 ? move.steps : 0;
        nmis += move.what == Move::What::nmi ? 1 : 0;
        broken |= move == nmi(0) && ran >= steps;
    }
    return broken ? std::optional(Cost{joined(schedule), switches_of(schedule), nmis}) : std::nullopt;
}

TEST(Minimize, leaves_what_is_needed_and_nothing_else) {
    const Schedule found = {run(1, 40), run(0, 300), nmi(1), run(1, 7), run(0, 20), nmi(0), run(0, 50)};
    const auto attempt = [](const Schedule& schedule) { return needs_steps_and_nmi(schedule, 123); };
    const Cost best = minimize(*attempt(found), attempt);
    EXPECT_EQ(best.schedule, (Schedule{run(0, 123), nmi(0)}));
    EXPECT_EQ(best.nmis, 1U);
    EXPECT_EQ(best.preemptions, 0U);
}

TEST(Minimize, keeps_a_schedule_that_is_as_short_as_can_be) {
    const Schedule found = {run(0, 5), nmi(0)};
    const auto attempt = [](const Schedule& schedule) { return needs_steps_and_nmi(schedule, 5); };
    EXPECT_EQ(minimize(*attempt(found), attempt).schedule, found);
}

TEST(Minimize, takes_fewer_steps_never_for_more_preemptions) {
    const auto attempt = [](const Schedule& schedule) -> std::optional<Cost> {
        return Cost{schedule, steps_of(schedule) < 10 ? 2U : 1U, 0};  // a short schedule is expensive
    };
    const Cost best = minimize({{run(0, 64)}, 1, 0}, attempt);
    EXPECT_EQ(best.preemptions, 1U);
    EXPECT_EQ(steps_of(best.schedule), 10U);
}

TEST(Schedule, adds_steps_of_the_same_vcpu_to_the_last_run) {
    Schedule schedule;
    add_step(schedule, 0);
    add_step(schedule, 0);
    add_step(schedule, 1);
    schedule.push_back(nmi(1));
    add_step(schedule, 1);
    EXPECT_EQ(schedule, (Schedule{run(0, 2), run(1, 1), nmi(1), run(1, 1)}));
    EXPECT_EQ(steps_of(schedule), 4U);
    EXPECT_EQ(switches_of(schedule), 1U);
}

}  // namespace
}  // namespace nmistorm::engines::explore
