// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <vector>

namespace nmistorm::drive::explore {

/// One line of a schedule: a vCPU runs so many instructions, or gets an NMI.
struct Move {
    enum class What : std::uint8_t { run, nmi };
    What what = What::run;
    unsigned cpu = 0;
    std::uint32_t steps = 0;  ///< of a run, at least 1
    bool operator==(const Move&) const = default;
};

/// The exact order of one explored run, from the state in which exploring starts.
using Schedule = std::vector<Move>;

/// Adds one instruction of @p cpu.
void add_step(Schedule& schedule, unsigned cpu);

/// Instructions in all.
std::uint64_t steps_of(const Schedule& schedule);

/// How often another vCPU goes on than before, whether or not that one could have gone on.
unsigned switches_of(const Schedule& schedule);

}  // namespace nmistorm::drive::explore
