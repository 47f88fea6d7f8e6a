// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "plan/fields.h"
#include "report/json_value.h"

/// What the files have in common that `explore` writes and nmistorm reads back: schedules and progress.
namespace nmistorm::report {

struct StateFile {
    const char* what;       ///< "a schedule"
    const char* schema;     ///< the version that is written and read
    const char* text_form;  ///< how such a file began before it was JSON
    const char* otherwise;  ///< what to do without the file
};

/// The object in @p text, a whole file. Throws Misfit unless it is JSON of @p kind's schema. No object in it
/// has a key twice.
Json parsed(std::string_view text, const StateFile& kind);

/// What @p make makes of that object. Throws UsageError, one sentence about the file @p name, instead of
/// Misfit.
auto read_state(std::string_view text, const StateFile& kind, const std::string& name, auto make) {
    try {
        return make(parsed(text, kind));
    } catch (const Misfit& misfit) {
        throw UsageError(fmt::format("{}: {}", name, misfit.why));
    }
}

/// @p object as text: each key on a line of its own, and so is each element of a list or an object in it.
std::string in_lines(const Json& object);

/// The fields of @p plan that such a file has, each as the word of its flag. @p file: Kept::in_schedule or
/// Kept::in_progress.
Json kept_json(const plan::ExplorePlan& plan, plan::Kept file);

/// The inverse. Throws Misfit if @p json has not exactly these fields, or a value that the flag does not
/// take.
plan::ExplorePlan kept_plan(const Json& json, plan::Kept file);

}  // namespace nmistorm::report
