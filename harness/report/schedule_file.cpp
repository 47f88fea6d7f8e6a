// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/schedule_file.h"

#include <algorithm>

#include "oracle/finding.h"
#include "report/schemas.h"
#include "report/state_file.h"

namespace nmistorm::report {
namespace {

constexpr StateFile schedule_kind = {
    "a schedule", schedule_schema, "nmistorm-schedule",
    "find it again with this nmistorm, by 'nmistorm explore --schedule FILE'"};
constexpr std::size_t longest_id = 128;
constexpr std::size_t most_moves = 100'000;

}  // namespace

Json moves_json(const plan::Schedule& schedule) {
    Json moves = Json::array();
    for (const plan::Move& move : schedule) {
        moves.push_back(to_string(move));
    }
    return moves;
}

plan::Schedule moves_of(const Json& json, unsigned vcpus) {
    std::vector<std::string> words;
    read(json, words);
    if (words.empty() || words.size() > most_moves) {
        throw Misfit{fmt::format("it has {} moves, and needs 1 to {}", words.size(), most_moves)};
    }
    plan::Schedule schedule;
    for (const std::string& word : words) {
        const auto move = plan::parse_move(word);
        if (!move || move->cpu >= vcpus) {
            throw Misfit{
                fmt::format("move {} is {}, but a move reads \"cpu0 x17\" or \"nmi cpu1\", with a "
                            "vCPU that there is",
                            schedule.size() + 1, shown(word))};
        }
        schedule.push_back(*move);
    }
    const auto nmis = std::ranges::count(schedule, plan::Move::What::nmi, &plan::Move::what);
    if (nmis > plan::explored_nmis_max) {
        throw Misfit{fmt::format("it has {} NMIs, and may have {}", nmis, plan::explored_nmis_max)};
    }
    return schedule;
}

namespace {

plan::ScheduleFile file_of(const Json& json) {
    plan::ScheduleFile file;
    read(member(json, "build_id"), file.build_id);
    if (file.build_id.size() > longest_id ||
        file.build_id.find_first_not_of("0123456789abcdef") != std::string::npos) {
        throw Misfit{fmt::format("{} is no build id", shown(file.build_id))};
    }
    file.plan = kept_plan(member(json, "plan"), plan::Kept::in_schedule);
    if (!file.plan.condition) {
        throw Misfit{"it is of one \"condition\", not of all"};
    }
    read(member(json, "breaks"), file.rule);
    if (std::ranges::none_of(oracle::all_rules, [&](auto rule) { return name(rule) == file.rule; })) {
        throw Misfit{fmt::format("there is no rule {}", shown(file.rule))};
    }
    file.schedule = moves_of(member(json, "moves"), file.plan.vcpus);
    return file;
}

}  // namespace

std::string text_of(const plan::ScheduleFile& file) {
    return in_lines({{"schema", schedule_schema},
                     {"build_id", file.build_id},
                     {"plan", kept_json(file.plan, plan::Kept::in_schedule)},
                     {"breaks", file.rule},
                     {"moves", moves_json(file.schedule)}});
}

plan::ScheduleFile parse_schedule_file(std::string_view text, const std::string& name) {
    return read_state(text, schedule_kind, name, file_of);
}

}  // namespace nmistorm::report
