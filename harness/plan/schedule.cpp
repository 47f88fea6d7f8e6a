// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/schedule.h"

#include "plan/names.h"

namespace nmistorm::plan {
namespace {

constexpr std::uint32_t most_steps = 100'000'000;

/// "cpu0" -> 0
std::optional<unsigned> parse_cpu(std::string_view word) {
    const auto number =
        word.starts_with("cpu") ? parse_number(word.substr(3), 0, explored_vcpus_max - 1) : std::nullopt;
    return number ? std::optional(static_cast<unsigned>(*number)) : std::nullopt;
}

}  // namespace

std::string to_string(const Move& move) {
    const std::string cpu = "cpu" + std::to_string(move.cpu);
    return move.what == Move::What::nmi ? "nmi " + cpu : cpu + " x" + std::to_string(move.steps);
}

std::optional<Move> parse_move(std::string_view word) {
    const std::size_t blank = word.find(' ');
    const std::string_view first = word.substr(0, blank);
    const std::string_view second = blank == std::string_view::npos ? "" : word.substr(blank + 1);
    if (first == "nmi") {
        const auto cpu = parse_cpu(second);
        return cpu ? std::optional(Move{Move::What::nmi, *cpu, 0}) : std::nullopt;
    }
    const auto cpu = parse_cpu(first);
    const auto steps = second.starts_with('x') ? parse_number(second.substr(1), 1, most_steps) : std::nullopt;
    return cpu && steps ? std::optional(Move{Move::What::run, *cpu, static_cast<std::uint32_t>(*steps)})
                        : std::nullopt;
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

}  // namespace nmistorm::plan
