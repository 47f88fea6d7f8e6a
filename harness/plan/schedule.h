// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plan/explore_plan.h"

namespace nmistorm::plan {

/// One line of a schedule: a vCPU runs `steps` instructions, or gets an NMI.
struct Move {
    enum class What : std::uint8_t { run, nmi };
    What what = What::run;
    unsigned cpu = 0;
    std::uint32_t steps = 0;  ///< of a run, at least 1
    bool operator==(const Move&) const = default;
};

/// The exact order of one explored run, from the state in which exploring starts.
using Schedule = std::vector<Move>;

/// A schedule with everything needed to repeat it.
struct ScheduleFile {
    std::string build_id;  ///< of the image; a schedule is good for no other
    ExplorePlan plan;      ///< what its fields say is in a schedule (plan/fields.h); else defaults
    std::string rule;      ///< the one that it breaks
    Schedule schedule;
    bool operator==(const ScheduleFile&) const = default;
};

/// "cpu0 x17", "nmi cpu1"
std::string to_string(const Move& move);
std::optional<Move> parse_move(std::string_view word);

/// Appends one instruction of @p cpu.
void add_step(Schedule& schedule, unsigned cpu);

/// Total number of instructions.
std::uint64_t steps_of(const Schedule& schedule);

}  // namespace nmistorm::plan
