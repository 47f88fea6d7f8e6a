// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/schedule.h"

namespace nmistorm::plan {

std::string to_string(const Move& move) {
    const std::string cpu = "cpu" + std::to_string(move.cpu);
    return move.what == Move::What::nmi ? "nmi " + cpu : cpu + " x" + std::to_string(move.steps);
}

void add_step(Schedule& schedule, unsigned cpu) {
    if (schedule.empty() || schedule.back().what != Move::What::run || schedule.back().cpu != cpu) {
        schedule.push_back({Move::What::run, cpu, 0});
    }
    ++schedule.back().steps;
}

std::uint64_t steps_of(const Schedule& schedule) {
    std::uint64_t steps = 0;
    for (const Move& move : schedule) {
        steps += move.steps;
    }
    return steps;
}

unsigned switches_of(const Schedule& schedule) {
    unsigned switches = 0;
    for (std::size_t i = 1; i < schedule.size(); ++i) {
        switches += schedule[i].cpu != schedule[i - 1].cpu ? 1 : 0;
    }
    return switches;
}

}  // namespace nmistorm::plan
