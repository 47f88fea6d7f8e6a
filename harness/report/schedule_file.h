// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "plan/schedule.h"
#include "report/json_value.h"

namespace nmistorm::report {

template <>
struct JsonWord<plan::Condition> {
    static constexpr auto parse = plan::parse_condition;
};

/// The file of `explore --schedule`, which `replay` reads: a schedule with everything needed to repeat it.
/// include/nmistorm/schema/nmistorm.schedule.2.schema.json describes it.
std::string text_of(const plan::ScheduleFile& file);

/// The moves of a schedule, each as a word.
Json moves_json(const plan::Schedule& schedule);
/// The inverse. Throws Misfit for no moves, too many, or a vCPU that there is not.
plan::Schedule moves_of(const Json& json, unsigned vcpus);

/// The inverse of text_of(). @p name is for errors. Throws UsageError, one sentence, for any other text.
plan::ScheduleFile parse_schedule_file(std::string_view text, const std::string& name);

}  // namespace nmistorm::report
