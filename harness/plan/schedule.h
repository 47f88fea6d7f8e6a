// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace nmistorm::plan {

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

/// "cpu0 x17", "nmi cpu1"
std::string to_string(const Move& move);

/// Adds one instruction of @p cpu.
void add_step(Schedule& schedule, unsigned cpu);

/// Instructions in all.
std::uint64_t steps_of(const Schedule& schedule);

/// How often another vCPU goes on than before, whether or not that one could have gone on.
unsigned switches_of(const Schedule& schedule);

}  // namespace nmistorm::plan
