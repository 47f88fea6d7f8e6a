// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "plan/bench_plan.h"
#include "plan/explore_plan.h"
#include "plan/matrix_plan.h"
#include "plan/run_plan.h"

/// One table for each kind of plan. Flags, keys of --config files, the command lines that repeat a plan, the
/// plans in JSON reports and in the files of `explore` are made from it.
namespace nmistorm::plan {

/// A field's value in a JSON report.
using Value =
    std::variant<std::nullptr_t, bool, std::uint64_t, double, std::string, std::vector<std::string>>;

/// Which files of `explore` hold a field.
enum class Kept {
    nowhere,
    in_schedule,  ///< it names the image of a schedule
    in_progress,  ///< it determines how a search proceeds
    in_both,      ///< it determines each run
};

/// What is said about a field.
struct Row {
    std::string name;      ///< of its flag, without "--"
    std::string label;     ///< of its value in --help; empty for a switch, whose value is "true" or "false";
                           ///< LIST for words with commas between them, which a --config file has as an array
    std::string help;      ///< ends in the default, in brackets; empty: there is no flag
    std::string accepts;   ///< completes "--name takes ..."
    std::string key = {};  ///< in JSON; empty: the name, with _ for -
    Kept kept = Kept::in_both;
    bool random = false;  ///< by default; the command line that repeats a plan then says it, as its last flag
    int rank = 0;         ///< JSON has lower ranks first, and the order of the table within a rank
};

template <typename Plan>
struct Field : Row {
    bool (*parse)(Plan& plan, const std::string& word);     ///< false: the word is not accepted
    std::optional<std::string> (*print)(const Plan& plan);  ///< the word; nothing: only no flag says it
    Value (*value)(const Plan& plan);
};

/// In the order of --help.
template <typename Plan>
const std::vector<Field<Plan>>& fields();
template <>
const std::vector<Field<RunPlan>>& fields();
template <>
const std::vector<Field<MatrixPlan>>& fields();
template <>
const std::vector<Field<ExplorePlan>>& fields();
template <>
const std::vector<Field<BenchPlan>>& fields();

/// What @p plan would be if no flag had been given, except those by which defaults of others change.
RunPlan usual(const RunPlan& plan);
inline MatrixPlan usual(const MatrixPlan&) {
    return {};
}
inline ExplorePlan usual(const ExplorePlan&) {
    return {};
}
inline BenchPlan usual(const BenchPlan&) {
    return {};
}

}  // namespace nmistorm::plan
