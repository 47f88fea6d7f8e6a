// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/explore_plan.h"

#include "base/enum_names.h"
#include "plan/names.h"

namespace nmistorm::plan {
namespace {

constexpr std::string_view condition_names[] = {"busy", "preempt-off", "idle"};
constexpr std::string_view reduction_names[] = {"none", "visible"};

}  // namespace

std::string_view name(Condition condition) {
    return condition_names[static_cast<std::size_t>(condition)];
}
std::string_view name(Reduction reduction) {
    return reduction_names[static_cast<std::size_t>(reduction)];
}
std::optional<Condition> parse_condition(std::string_view word) {
    return find_name<Condition>(condition_names, word);
}
std::optional<Reduction> parse_reduction(std::string_view word) {
    return find_name<Reduction>(reduction_names, word);
}

}  // namespace nmistorm::plan
