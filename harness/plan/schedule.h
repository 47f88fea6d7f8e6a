// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

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

/// "cpu0 x17", "nmi cpu1"
std::string to_string(const Move& move);

/// Appends one instruction of @p cpu.
void add_step(Schedule& schedule, unsigned cpu);

/// Total number of instructions.
std::uint64_t steps_of(const Schedule& schedule);

/// How often the schedule changes to another vCPU, even if the previous one could not go on.
unsigned switches_of(const Schedule& schedule);

}  // namespace nmistorm::plan
